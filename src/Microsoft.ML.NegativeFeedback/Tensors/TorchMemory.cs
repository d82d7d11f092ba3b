using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// The way of arrays into torch. TorchSharp's own leaves the values in managed memory, at whatever address the heap has for them; some of MKL's kernels sum up
/// in an order that follows the address, so that the last bits of a training would depend on what was allocated before it. Torch's own memory begins at
/// multiples of 64 bytes. BannedSymbols.txt turns the other ways away.
/// </summary>
#pragma warning disable RS0030 // this is where arrays enter
internal static class TorchMemory
{
    /// <summary>A copy of the values, in torch's memory.</summary>
    /// <param name="values">Row-major.</param>
    /// <param name="device">Where it lies.</param>
    /// <param name="shape">Its shape; none for [values].</param>
    public static Tensor Of(float[] values, Device device, params long[] shape) => Copy(values, device, shape);

    /// <inheritdoc cref="Of(float[], Device, long[])"/>
    public static Tensor Of(long[] values, Device device, params long[] shape) => Copy(values, device, shape);

    /// <inheritdoc cref="Of(float[], Device, long[])"/>
    public static Tensor Of(int[] values, Device device, params long[] shape) => Copy(values, device, shape);

    /// <summary>The values of a tensor of Single on any device, row-major.</summary>
    public static float[] ToArray(this Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.detach().cpu().contiguous().data<float>().ToArray();
    }

    /// <summary>The values of a tensor of Single on a CPU, contiguous and of at most <see cref="LongestSpan"/> values, where they lie.</summary>
    public static Span<float> AsSpan(this Tensor values) => MemoryMarshal.Cast<byte, float>(values.bytes);

    /// <summary>As many values has a span of a tensor at most, which TorchSharp gives as bytes.</summary>
    public const int LongestSpan = int.MaxValue / sizeof(float);

    /// <summary>Whether the values of a tensor can be reached as a span, once it is contiguous.</summary>
    public static bool HasSpan(this Tensor values) => values.device_type == DeviceType.CPU && values.dtype == ScalarType.Float32 && values.numel() <= LongestSpan;

    private static Tensor Copy(Array values, Device device, long[] shape)
    {
        using var scope = NewDisposeScope();
        var lent = from_array(values, CPU);
        if (shape.Length > 0)
            lent = lent.view(shape);
        // to a GPU by way of pinned memory, so that nothing waits for the copy: torch keeps a pinned block until the device has read it
        return (device.type == DeviceType.CUDA ? lent.pin_memory().to(device, non_blocking: true) : lent.to(device, copy: true)).MoveToOuterDisposeScope();
    }
}
