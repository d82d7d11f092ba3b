using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>The values of a tensor, which are read and written a stretch at a time, so that a checkpoint of a large table needs no copy of it.</summary>
internal abstract class TensorValues(long length)
{
    /// <summary>How many there are.</summary>
    public long Length => length;

    /// <summary>Those of an array.</summary>
    public static implicit operator TensorValues(float[] values) => new OfArray(values);

    /// <summary>Those of a contiguous tensor of Single on any device.</summary>
    public static implicit operator TensorValues(Tensor values) => new OfTensor(values);

    /// <summary>Copies the values from <paramref name="start"/> on to <paramref name="target"/>.</summary>
    public abstract void Read(long start, Span<float> target);

    /// <summary>Puts values in the place of those from <paramref name="start"/> on.</summary>
    public abstract void Write(long start, ReadOnlySpan<float> source);

    private sealed class OfArray(float[] values) : TensorValues(values.Length)
    {
        public override void Read(long start, Span<float> target) => values.AsSpan((int)start, target.Length).CopyTo(target);

        public override void Write(long start, ReadOnlySpan<float> source) => source.CopyTo(values.AsSpan((int)start));
    }

    private sealed class OfTensor(Tensor values) : TensorValues(values.numel())
    {
        private const int LargestCopy = 1 << 20;

        public override void Read(long start, Span<float> target)
        {
            using var scope = NewDisposeScope();
            MemoryMarshal.Cast<byte, float>(Stretch(start, target.Length).cpu().bytes).CopyTo(target);
        }

        public override void Write(long start, ReadOnlySpan<float> source)
        {
            using var noGradient = no_grad();
            for (int done = 0; done < source.Length; done += LargestCopy)
            {
                using var scope = NewDisposeScope();
                float[] some = source[done..Math.Min(done + LargestCopy, source.Length)].ToArray();
                Stretch(start + done, some.Length).copy_(TorchMemory.Of(some, CPU));
            }
        }

        private Tensor Stretch(long start, long length) => values.detach().view(-1).narrow(0, start, length);
    }
}
