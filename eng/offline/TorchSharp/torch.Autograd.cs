namespace TorchSharp;

public static partial class torch
{
    public static IDisposable no_grad() => new GradMode(false);

    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Native.ts_grad_enabled() != 0;

    public static partial class autograd
    {
        public static void backward(Tensor tensor, Tensor grad_tensor, bool? retain_graph = null, bool create_graph = false,
            IList<Tensor>? inputs = null) => backward([tensor], [grad_tensor], retain_graph, create_graph, inputs);

        public static void backward(Tensor tensor, IList<Tensor>? grad_tensors = null, bool? retain_graph = null, bool create_graph = false,
            IList<Tensor>? inputs = null) => backward([tensor], grad_tensors, retain_graph, create_graph, inputs);

        public static void backward(IList<Tensor> tensors, IList<Tensor>? grad_tensors = null, bool? retain_graph = null,
            bool create_graph = false, IList<Tensor>? inputs = null)
        {
            IntPtr[] from = Handles(tensors), grads = Handles(grad_tensors), to = Handles(inputs);
            Native.Check(Native.ts_backward(
                from, from.Length, grads, grads.Length, Flag(retain_graph ?? create_graph), Flag(create_graph), to, to.Length));
            GC.KeepAlive((tensors, grad_tensors, inputs));
        }

        public static unsafe IList<Tensor> grad(IList<Tensor> outputs, IList<Tensor> inputs, IList<Tensor>? grad_outputs = null,
            bool retain_graph = false, bool create_graph = false, bool allow_unused = false)
        {
            IntPtr[] from = Handles(outputs), to = Handles(inputs), grads = Handles(grad_outputs);
            var gradients = new IntPtr[Native.Check(Native.ts_gradients(from, from.Length, to, to.Length, grads, grads.Length,
                Flag(retain_graph), Flag(create_graph), Flag(allow_unused), out var found))];
            for (var i = 0; i < gradients.Length; i++) gradients[i] = (IntPtr)found[i];
            GC.KeepAlive((outputs, inputs, grad_outputs));
            return Array.ConvertAll(gradients, handle => new Tensor(handle)).ToList();
        }

        private static IntPtr[] Handles(IList<Tensor>? tensors) => tensors is null ? [] : tensors.Select(tensor => tensor.Handle).ToArray();

        private static byte Flag(bool value) => value ? (byte)1 : (byte)0;
    }

    /// <summary>Whether operations are recorded for gradients on this thread, until it is disposed.</summary>
    private sealed class GradMode : IDisposable
    {
        private readonly byte former = Native.ts_grad_enabled();

        public GradMode(bool enabled) => Native.ts_set_grad_enabled(enabled ? (byte)1 : (byte)0);

        public void Dispose() => Native.ts_set_grad_enabled(former);
    }
}
