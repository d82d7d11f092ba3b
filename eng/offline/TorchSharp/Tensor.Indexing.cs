using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => Put(value, i1);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(i1, i2);
            set => Put(value, i1, i2);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(i1, i2, i3);
            set => Put(value, i1, i2, i3);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3, long i4]
        {
            get => index(i1, i2, i3, i4);
            set => Put(value, i1, i2, i3, i4);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params long[] indices]
        {
            get => index(Positions(indices));
            set => index_put_(value, Positions(indices));
        }

        public unsafe Tensor index(params TensorIndex[] indices)
        {
            var bounds = stackalloc long[3 * indices.Length];
            var values = stackalloc NativeValue[indices.Length];
            Encode(indices, values, bounds);
            var found = new Tensor(Native.Check(Native.ts_index(Handle, values, indices.Length)));
            GC.KeepAlive(this);
            GC.KeepAlive(indices);
            return found;
        }

        public Tensor index(params Tensor[] indices) => index(Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) =>
            Put(indices, new NativeValue { Kind = ArgumentKind.Tensor, Bits = value.Handle }, value);

        public Tensor index_put_(Tensor value, params Tensor[] indices) => index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_put_(Tensor value, Tensor[] indices, bool accumulate = false) =>
            Aten.CallInPlace("index_put_", this, Argument.List(indices, ArgumentKind.OptionalTensors), value, accumulate);

        public Tensor index_put_(Scalar value, params TensorIndex[] indices) =>
            Put(indices, new NativeValue { Kind = value.Kind, Bits = value.Bits }, value);

        public Tensor index_put_(Scalar value, params Tensor[] indices) => index_put_(value, Array.ConvertAll(indices, TensorIndex.Tensor));

        public Tensor index_select(long dim, Tensor index) => Aten.Call("index_select", this, dim, index);

        public Tensor index_add(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Aten.Call("index_add", this, dim, Int64(index), source, alpha);

        public Tensor index_add_(long dim, Tensor index, Tensor source, Scalar alpha) =>
            Aten.CallInPlace("index_add_", this, dim, Int64(index), source, alpha);

        public Tensor index_copy(long dim, Tensor index, Tensor source) => Aten.Call("index_copy", this, dim, Int64(index), source);

        public Tensor index_copy_(long dim, Tensor index, Tensor source) =>
            Aten.CallInPlace("index_copy_", this, dim, Int64(index), source);

        public Tensor index_fill(long dim, Tensor index, Scalar value) =>
            Aten.Call("index_fill.int_Scalar", this, dim, Int64(index), value);

        public Tensor index_fill_(long dim, Tensor index, Scalar value) =>
            Aten.CallInPlace("index_fill_.int_Scalar", this, dim, Int64(index), value);

        public Tensor gather(long dim, Tensor index) => Aten.Call("gather", this, dim, index);

        public Tensor scatter(long dim, Tensor index, Tensor src) => Aten.Call("scatter.src", this, dim, index, src);

        public Tensor scatter_(long dim, Tensor index, Tensor src) => Aten.CallInPlace("scatter_.src", this, dim, index, src);

        public Tensor scatter_add(long dim, Tensor index, Tensor src) => Aten.Call("scatter_add", this, dim, index, src);

        public Tensor scatter_add_(long dim, Tensor index, Tensor src) => Aten.CallInPlace("scatter_add_", this, dim, index, src);

        public Tensor take(Tensor index) => Aten.Call("take", this, index);

        public Tensor take_along_dim(Tensor indices, long dim) => Aten.Call("take_along_dim", this, indices, dim);

        public Tensor masked_fill(Tensor mask, Scalar value) => Aten.Call("masked_fill.Scalar", this, mask, value);

        public Tensor masked_fill_(Tensor mask, Scalar value) => Aten.CallInPlace("masked_fill_.Scalar", this, mask, value);

        public Tensor masked_select(Tensor mask)
        {
            if (mask.dtype != ScalarType.Bool) throw new ArgumentException("The mask tensor must be Boolean.");
            return Aten.Call("masked_select", this, mask);
        }

        public Tensor masked_scatter(Tensor mask, Tensor value) => Aten.Call("masked_scatter", this, mask, value);

        public Tensor masked_scatter_(Tensor mask, Tensor value) => Aten.CallInPlace("masked_scatter_", this, mask, value);

        public Tensor nonzero() => Aten.Call("nonzero", this);

        public Tensor argwhere() => Aten.Call("argwhere", this);

        private static Tensor Int64(Tensor index) =>
            index.dtype == ScalarType.Int64 ? index : throw new ArgumentException("Element type of 'index' must be 'Int64'");

        private static TensorIndex[] Positions(long[] indices) => Array.ConvertAll(indices, index => TensorIndex.Single(index));

        private static unsafe void Encode(TensorIndex[] indices, NativeValue* values, long* bounds)
        {
            for (var i = 0; i < indices.Length; i++)
            {
                var index = indices[i];
                if (index.Bounds is not null) index.Bounds.CopyTo(new Span<long>(bounds + 3 * i, 3));
                values[i] = new NativeValue
                {
                    Kind = index.Kind,
                    Bits = index.Kind switch
                    {
                        ArgumentKind.Slice => (long)(bounds + 3 * i),
                        ArgumentKind.Tensor => index.Positions!.Handle,
                        _ => index.Value,
                    },
                };
            }
        }

        private void Put(Tensor value, params long[] indices)
        {
            using var place = index(Positions(indices));
            place.copy_(value);
        }

        private unsafe Tensor Put(TensorIndex[] indices, NativeValue value, object owner)
        {
            var bounds = stackalloc long[3 * indices.Length];
            var values = stackalloc NativeValue[indices.Length];
            Encode(indices, values, bounds);
            Native.Check(Native.ts_index_put(Handle, values, indices.Length, &value));
            GC.KeepAlive(indices);
            GC.KeepAlive(owner);
            return this;
        }
    }
}
