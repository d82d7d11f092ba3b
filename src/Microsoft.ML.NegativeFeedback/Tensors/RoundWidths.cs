using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// Zeros behind the rows and columns of matrices, up to a round number: the products are the same numbers, and at widths that are no multiple of 8 MKL loses up to
/// a half of its speed. A network that allows it is trained at round widths from its parameters on; elsewhere factors are copied where that pays.
/// </summary>
internal static class RoundWidths
{
    // What the zeros may add to a width: beyond this they cost what they save.
    private const double LargestGrowth = 1.05;

    // Numbers of a product: of smaller ones the copies would show.
    private const long LargeProduct = 1 << 24;

    // On AMD's processors MKL runs at half its speed there ([25000, 231]·[231, 231]: 63 GFLOP/s, with 232: 132), on Intel's with AVX-512 at five sixths, which copies
    // of every factor do not win back.
    private static readonly bool IsAmd = X86Base.IsSupported && X86Base.CpuId(0, 0) is { Ebx: 0x68747541, Edx: 0x69746e65, Ecx: 0x444d4163 };

    /// <summary>The next multiple of 16, or of 8, that is not much larger; the size itself where there is none.</summary>
    public static long Of(long size)
    {
        foreach (long multiple in (ReadOnlySpan<long>)[16, 8])
        {
            long round = (size + multiple - 1) / multiple * multiple;
            if (round <= LargestGrowth * size)
                return round;
        }

        return size;
    }

    /// <summary>Lays matrices or vectors out at round widths, each for itself.</summary>
    /// <param name="values">[parts · rows, columns] or [parts · rows].</param>
    /// <param name="parts">How many lie behind each other.</param>
    /// <returns>The values themselves where they are round.</returns>
    public static Tensor Keep(Tensor values, int parts)
    {
        var split = values.view([parts, values.shape[0] / parts, .. values.shape[1..]]);
        var padded = Pad(split, rows: values.dim() > 1);
        return ReferenceEquals(padded, split) ? values : padded.flatten(0, 1);
    }

    /// <summary>What <see cref="Keep"/> has laid out, without the zeros.</summary>
    /// <param name="kept">As it lies.</param>
    /// <param name="shape">As it was.</param>
    /// <param name="parts">As there.</param>
    /// <returns>The tensor itself where it has no zeros; otherwise a view [parts, rows] or [parts, rows, columns] of it.</returns>
    public static Tensor Inside(Tensor kept, long[] shape, int parts)
    {
        if (kept.shape.SequenceEqual(shape))
            return kept;
        var inside = kept.view([parts, kept.shape[0] / parts, .. kept.shape[1..]]).narrow(1, 0, shape[0] / parts);
        return shape.Length == 1 ? inside : inside.narrow(2, 0, shape[1]);
    }

    /// <summary>Whether a layer's product is so much faster at round widths that its factors are copied for it.</summary>
    public static bool PayForCopies(Tensor values, Tensor weight)
        => IsAmd && values.device_type == DeviceType.CPU && values.numel() * weight.shape[0] >= LargeProduct
            && (Of(weight.shape[0]) != weight.shape[0] || Of(weight.shape[1]) != weight.shape[1]);

    /// <summary>x·Wᵀ + b by factors at round widths: [.., in], W [out, in], b [out] → [.., out].</summary>
    public static Tensor Linear(Tensor values, Tensor weight, Tensor? bias)
        => nn.functional.linear(Pad(values, rows: false), Pad(weight, rows: true), bias is null ? null : Pad(bias, rows: false)).narrow(-1, 0, weight.shape[0]);

    /// <summary>The values with zeros behind each row, and rows of zeros behind them where asked; the values themselves where they are round.</summary>
    public static Tensor Pad(Tensor values, bool rows)
    {
        long behindColumns = Of(values.shape[^1]) - values.shape[^1], behindRows = rows ? Of(values.shape[^2]) - values.shape[^2] : 0;
        return behindColumns + behindRows == 0 ? values : nn.functional.pad(values, rows ? [0, behindColumns, 0, behindRows] : [0, behindColumns]);
    }
}
