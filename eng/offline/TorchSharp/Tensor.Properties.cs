using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public long Dimensions => Native.ts_dim(Handle);

        public long ndim => Dimensions;

        public long NumberOfElements => Native.ts_numel(Handle);

        public long ElementSize => Native.ts_element_size(Handle);

        public ScalarType dtype => (ScalarType)Native.ts_dtype(Handle);

        public long[] shape => size();

        public Device device => device_type == DeviceType.CPU ? new Device(DeviceType.CPU) : new Device(device_type, device_index);

        public DeviceType device_type => (DeviceType)Native.ts_device_type(Handle);

        public int device_index => Native.ts_device_index(Handle);

        public bool is_cuda => device_type == DeviceType.CUDA;

        public bool is_leaf => Native.ts_is_leaf(Handle) != 0;

        public bool requires_grad
        {
            get => Native.ts_requires_grad(Handle) != 0;
            set
            {
                Native.Check(Native.ts_set_requires_grad(Handle, value ? (byte)1 : (byte)0));
                GC.KeepAlive(this);
            }
        }

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

        public long dim() => Dimensions;

        public long numel() => NumberOfElements;

        public long element_size() => ElementSize;

        public unsafe long[] size()
        {
            var sizes = new long[Dimensions];
            fixed (long* start = sizes) Native.ts_sizes(Handle, start);
            return sizes;
        }

        public long size(int dim) => size()[Wrap(dim)];

        public unsafe long[] stride()
        {
            var strides = new long[Dimensions];
            fixed (long* start = strides) Native.ts_strides(Handle, start);
            return strides;
        }

        public long stride(int dim) => stride()[Wrap(dim)];

        public long storage_offset() => Native.ts_storage_offset(Handle);

        public bool is_contiguous() => Native.ts_is_contiguous(Handle) != 0;

        public bool is_cpu() => device_type == DeviceType.CPU;

        public bool is_integral() => torch.is_integral(dtype);

        public bool is_floating_point() => torch.is_floating_point(dtype);

        public bool is_nonzero()
        {
            if (numel() != 1) throw new InvalidOperationException("is_nonzero() called on non-singleton tensor");
            return Aten.CallBits("is_nonzero", this) != 0;
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        public void retain_grad()
        {
            Native.Check(Native.ts_retain_grad(Handle));
            GC.KeepAlive(this);
        }

        public void backward() => backward(null);

        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null) =>
            autograd.backward([this], grad_tensors, retain_graph, create_graph, inputs);

        public override bool Equals(object? obj) => obj is Tensor other && Equals(other);

        /// <summary>Whether both have the same shape and the same elements.</summary>
        public bool Equals(Tensor target) => target is not null && Aten.CallBits("equal", this, target) != 0;

        public override int GetHashCode() => base.GetHashCode();

        public override string ToString() => this.metastr();

        private int Wrap(int dim)
        {
            var count = (int)Dimensions;
            if (dim < -count || dim >= count)
                throw new ExternalException($"Dimension out of range (expected to be in range of [{-count}, {count - 1}], but got {dim})");
            return dim < 0 ? dim + count : dim;
        }
    }
}
