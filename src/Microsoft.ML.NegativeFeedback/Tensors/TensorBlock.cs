using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// Tensors of Single behind each other in one piece of a GPU's memory, zero at first, so that what is done to all of them is one operation. Telling a GPU of a small operation takes
/// longer than the operation: a step of Adam over forty parameters would be three hundred of them. (On a CPU each tensor has memory of its own, at an address that torch chose.)
/// </summary>
internal sealed class TensorBlock : IDisposable
{
    // values between the beginnings of tensors: 256 bytes, as torch's allocator has it
    private const long Alignment = 64;

    private readonly long[][] _shapes;
    private readonly long[] _starts;

    /// <param name="shapes">The shapes of the tensors.</param>
    /// <param name="device">Where they lie.</param>
    public TensorBlock(IEnumerable<long[]> shapes, Device device)
    {
        _shapes = [.. shapes];
        _starts = new long[_shapes.Length + 1];
        for (int i = 0; i < _shapes.Length; i++)
            _starts[i + 1] = (_starts[i] + Length(i) + Alignment - 1) / Alignment * Alignment;
        using var scope = NewDisposeScope();
        All = zeros(_starts[^1], device: device).DetachFromDisposeScope();
    }

    /// <summary>A block where the device is a GPU; null on a CPU.</summary>
    public static TensorBlock? OnGpu(IEnumerable<long[]> shapes, Device device) => device.type == DeviceType.CUDA ? new TensorBlock(shapes, device) : null;

    /// <summary>[values] all of them, with zeros in between.</summary>
    public Tensor All { get; }

    /// <summary>A block of the same shapes on the same device, all zero.</summary>
    public TensorBlock Another() => new(_shapes, All.device);

    /// <summary>One of the tensors: a view of its own, for whoever asks to dispose of.</summary>
    public Tensor Part(int number)
    {
        using var flat = All.narrow(0, _starts[number], Length(number));
        return flat.view(_shapes[number]);
    }

    public void Dispose() => All.Dispose();

    private long Length(int number) => _shapes[number].Aggregate(1L, (product, size) => product * size);
}
