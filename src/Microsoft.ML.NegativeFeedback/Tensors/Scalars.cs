using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// Numbers for torch's operators. TorchSharp's own frees its native memory in a finalizer and is not kept alive by the call that it is made for: where another
/// thread's collection comes between, torch reads freed memory (seen in add and index_add_, as an error in toFloat, once in hours of training). Every number is
/// therefore made here; BannedSymbols.txt turns away those that TorchSharp would make unasked.
/// </summary>
#pragma warning disable RS0030 // this is where numbers are made
internal static class Scalars
{
    // A call takes two at most, and is over before its thread makes more.
    private const int Kept = 8;

    public static readonly Scalar Zero = 0, One = 1, MinusOne = -1;

    [ThreadStatic]
    private static Scalar[]? t_latest;

    [ThreadStatic]
    private static int t_next;

    /// <summary>A number that lives until its thread has made some more.</summary>
    public static Scalar Of(double value) => Keep(value);

    /// <summary>A whole number that lives until its thread has made some more.</summary>
    public static Scalar Of(long value) => Keep(value);

    /// <summary>start, start + 1, …: what torch.arange makes, by numbers of its own.</summary>
    public static Tensor Range(long start, long count, Device device)
    {
        if (device.type == DeviceType.CUDA)
            return full([count], One, dtype: ScalarType.Int64, device: device).cumsum(0).add_(Of(start - 1), One);
        var values = new long[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = start + i;
        return TorchMemory.Of(values, device);
    }

    private static Scalar Keep(Scalar value)
    {
        var latest = t_latest ??= new Scalar[Kept];
        t_next = (t_next + 1) % Kept;
        return latest[t_next] = value;
    }
}
