namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor contiguous() => Aten.Call("contiguous", this);

        public Tensor detach() => Aten.Call("detach", this);

        public Tensor detach_() => Aten.CallInPlace("detach_", this);

        public Tensor copy_(Tensor source, bool nonBlocking = false) => Aten.CallInPlace("copy_", this, source, nonBlocking);

        /// <summary>Zeroes the elements. As in the package, the result is a new managed object for the same native tensor.</summary>
        public Tensor zero_() => Aten.Call("zeros.out", shape, this);

        /// <summary>Another managed object for the same native tensor: there is nothing to copy.</summary>
        public Tensor cpu() => new(Native.ts_alias(Handle));

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false)
        {
            var converted = Aten.Call("to.dtype", this, type, non_blocking, copy);
            if (disposeAfter) Dispose();
            return converted;
        }
    }
}
