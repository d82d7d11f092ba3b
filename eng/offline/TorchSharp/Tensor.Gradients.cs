namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor requires_grad_(bool requires_grad = true)
        {
            Native.Check(Native.ts_set_requires_grad(Handle, requires_grad ? (byte)1 : (byte)0));
            GC.KeepAlive(this);
            return this;
        }

        public void backward() => backward(null);

        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            IntPtr[] grads = Handles(grad_tensors), to = Handles(inputs);
            Native.Check(Native.ts_backward(
                Handle, grads, grads.Length, retain_graph ? (byte)1 : (byte)0, create_graph ? (byte)1 : (byte)0, to, to.Length));
            GC.KeepAlive((this, grad_tensors, inputs));
        }

        internal static IntPtr[] Handles(IList<Tensor>? tensors)
            => tensors is null ? [] : tensors.Select(tensor => tensor.Handle).ToArray();
    }

    public static partial class autograd
    {
        public static IList<Tensor> grad(
            IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null,
            bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            IntPtr[] from = Tensor.Handles(outputs), to = Tensor.Handles(inputs), grads = Tensor.Handles(grad_outputs);
            var gradients = new IntPtr[to.Length];
            Native.Check(Native.ts_gradients(from, from.Length, to, to.Length, grads, grads.Length,
                retain_graph ? (byte)1 : (byte)0, create_graph ? (byte)1 : (byte)0, allow_unused ? (byte)1 : (byte)0, gradients));
            GC.KeepAlive((outputs, inputs, grad_outputs));
            return gradients.Select(gradient => new Tensor(gradient)).ToList();
        }
    }

    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    /// <summary>Whether operations are recorded for gradients on this thread, until it is disposed.</summary>
    private sealed class GradMode : IDisposable
    {
        private readonly byte former = Native.ts_grad_enabled();

        public GradMode(bool enabled) => Native.ts_set_grad_enabled(enabled ? (byte)1 : (byte)0);

        public void Dispose() => Native.ts_set_grad_enabled(former);
    }
}
