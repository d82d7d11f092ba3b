using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// Zeros behind the rows and columns of matrices, up to a round number: the products are the same numbers, and at widths that are no multiple of 8 MKL loses up to
/// a half of its speed.
/// </summary>
internal static class RoundWidths
{
    // What the zeros may add to a width: beyond this they cost what they save.
    private const double LargestGrowth = 1.05;

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

    /// <summary>The values with zeros behind each row, and rows of zeros behind them where asked; the values themselves where they are round.</summary>
    public static Tensor Pad(Tensor values, bool rows)
    {
        long behindColumns = Of(values.shape[^1]) - values.shape[^1], behindRows = rows ? Of(values.shape[^2]) - values.shape[^2] : 0;
        return behindColumns + behindRows == 0 ? values : nn.functional.pad(values, rows ? [0, behindColumns, 0, behindRows] : [0, behindColumns]);
    }
}
