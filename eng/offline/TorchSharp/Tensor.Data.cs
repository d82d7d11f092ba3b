using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The elements in place, to read and to write. T must be the element type.</summary>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            if (ScalarTypeOf(typeof(T)) != dtype) throw new ArgumentException($"{typeof(T).Name} is not compatible with {dtype}");
            return new TensorAccessor<T>(this);
        }

        /// <summary>The only element. T must be the element type: nothing is converted.</summary>
        public T item<T>() where T : unmanaged
        {
            if (numel() != 1) throw new ArgumentException("Number of elements in the tensor must be 1");
            return data<T>()[0];
        }

        /// <summary>The memory of a contiguous tensor.</summary>
        public unsafe Span<byte> bytes
        {
            get
            {
                var length = ByteLength("Bytes()");
                if (length > int.MaxValue) throw new ArgumentException("Span only supports up to int.MaxValue elements.");
                return new Span<byte>((void*)DataPointer, (int)length);
            }
            set
            {
                if (ByteLength("SetBytes()") != value.Length) throw new ArgumentException("Mismatched data sizes in SetBytes().");
                value.CopyTo(new Span<byte>((void*)DataPointer, value.Length));
            }
        }

        internal IntPtr DataPointer => numel() == 0 ? IntPtr.Zero : Native.Check(Native.ts_data(Handle));

        private long ByteLength(string caller)
        {
            if (!IsContiguous) throw new InvalidOperationException($"{caller} called on non-contiguous tensor.");
            return numel() * Native.ts_element_size(Handle);
        }
    }
}
