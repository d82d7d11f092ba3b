using System.Runtime.InteropServices;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        /// <summary>The elements in place, to read and to write. T must be the element type.</summary>
        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            ValidateType(typeof(T));
            return new TensorAccessor<T>(this);
        }

        /// <summary>The only element. T must be the element type: nothing is converted.</summary>
        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1) throw new ArgumentException("Number of elements in the tensor must be 1");
            return data<T>()[0];
        }

        public Scalar ToScalar()
        {
            if (NumberOfElements != 1)
                throw new ExternalException($"a Tensor with {NumberOfElements} elements cannot be converted to Scalar");
            var bits = Aten.CallBits("item", this);
            return is_floating_point() ? BitConverter.Int64BitsToDouble(bits) : dtype == ScalarType.Bool ? (Scalar)(bits != 0) : bits;
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

        internal IntPtr DataPointer => NumberOfElements == 0 ? IntPtr.Zero : Native.Check(Native.ts_data(Handle));

        public float ReadCpuSingle(long i) => ReadCpuValue<float>(i);

        public double ReadCpuDouble(long i) => ReadCpuValue<double>(i);

        public int ReadCpuInt32(long i) => ReadCpuValue<int>(i);

        public long ReadCpuInt64(long i) => ReadCpuValue<long>(i);

        public bool ReadCpuBool(long i) => ReadCpuValue<bool>(i);

        public T ReadCpuValue<T>(long i) where T : unmanaged => data<T>()[i];

        public unsafe void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            var length = ByteLength("Bytes()");
            var start = (byte*)DataPointer;
            for (long done = 0; done < length; done += bufferSize)
                stream.Write(new ReadOnlySpan<byte>(start + done, (int)long.Min(bufferSize, length - done)));
        }

        public unsafe void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            var length = ByteLength("Bytes()");
            var start = (byte*)DataPointer;
            for (long done = 0; done < length; done += bufferSize)
                stream.ReadExactly(new Span<byte>(start + done, (int)long.Min(bufferSize, length - done)));
        }

        private long ByteLength(string caller)
        {
            if (!is_contiguous()) throw new InvalidOperationException($"{caller} called on non-contiguous tensor.");
            return NumberOfElements * ElementSize;
        }

        private void ValidateType(Type type)
        {
            if (ScalarTypeOf(type) != dtype) throw new ArgumentException($"{type.Name} is not compatible with {dtype}");
        }
    }
}
