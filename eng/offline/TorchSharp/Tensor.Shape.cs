namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor view(params long[] shape) => Aten.Call("view", this, shape);

        public Tensor reshape(params long[] shape) => Aten.Call("reshape", this, shape);

        public Tensor transpose(long dim0, long dim1) => Aten.Call("transpose.int", this, dim0, dim1);

        public Tensor t() => Aten.Call("t", this);

        public Tensor unsqueeze(long dim) => Aten.Call("unsqueeze", this, dim);

        public Tensor squeeze(long? dim = null) => dim is null ? Aten.Call("squeeze", this) : Aten.Call("squeeze.dim", this, dim.Value);

        public Tensor narrow(long dim, long start, long length) => Aten.Call("narrow", this, dim, start, length);

        public Tensor[] split(long size, int dim = 0) => Aten.CallList("split.Tensor", (shape[dim] + size - 1) / size, this, size, (long)dim);

        public Tensor[] split(long[] sizes, long dim = 0) => Aten.CallList("split_with_sizes", sizes.Length, this, sizes, dim);

        public Tensor[] unbind(long dimension = 0) =>
            Aten.CallList("unbind.int", shape[dimension < 0 ? shape.Length + dimension : dimension], this, dimension);

        public Tensor triu_(long diagonal = 0) => Aten.CallInPlace("triu_", this, diagonal);
    }
}
