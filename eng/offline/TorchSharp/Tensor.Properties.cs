namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public unsafe long[] shape
        {
            get
            {
                var sizes = new long[Native.ts_dim(Handle)];
                fixed (long* start = sizes) Native.ts_sizes(Handle, start);
                return sizes;
            }
        }

        /// <summary>As in the package, a new object at each call.</summary>
        public Device device => new(device_type);

        public DeviceType device_type => DeviceType.CPU;

        /// <summary>The gradient, as a new tensor at each call; null when there is none.</summary>
        public Tensor? grad
        {
            get => Native.ts_grad(Handle) is var found && found == IntPtr.Zero ? null : new Tensor(found);
            set
            {
                Native.Check(Native.ts_set_grad(Handle, value?.Handle ?? IntPtr.Zero));
                GC.KeepAlive((this, value));
            }
        }

        internal ScalarType dtype => (ScalarType)Native.ts_dtype(Handle);

        internal bool IsContiguous => Native.ts_is_contiguous(Handle) != 0;

        public long numel() => Native.ts_numel(Handle);

        internal unsafe long[] Strides()
        {
            var strides = new long[Native.ts_dim(Handle)];
            fixed (long* start = strides) Native.ts_strides(Handle, start);
            return strides;
        }
    }
}
