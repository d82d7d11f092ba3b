using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>
/// Adds rows to rows of a table, or numbers to those of a list. On a CPU torch's operator makes a small operation of every row, which takes several times as long as adding it; on a GPU it
/// adds them in another order each time, so that no training would come out as it did before.
/// </summary>
internal static class RowSums
{
    /// <summary>table[indices[i]] += rows[i]; the same bits each time, though not the same on a CPU and on a GPU.</summary>
    /// <param name="table">[rows, d] or [rows], contiguous.</param>
    /// <param name="indices">Int64 [n], contiguous: rows of the table.</param>
    /// <param name="rows">[n, d] or [n].</param>
    public static void Add(Tensor table, Tensor indices, Tensor rows)
    {
        if (table.device_type != DeviceType.CPU)
            AddInAnyOrder(table, indices, rows);
        else if (table.dim() == 1)
            table.index_add_(0, indices, rows, Scalars.One);
        else
            Add(table, indices, rows, (0, table.shape[0]));
    }

    /// <summary>The same on a CPU for those indices alone that lie in a stretch of the table's rows.</summary>
    public static void Add(Tensor table, Tensor indices, Tensor rows, (long Start, long End) stretch)
    {
        if (table.numel() <= TorchMemory.LongestSpan)
        {
            AddInOrder(table, indices, rows, stretch.Start, stretch.End);
            return;
        }

        var chosen = indices.ge(Scalars.Of(stretch.Start)).logical_and(indices.lt(Scalars.Of(stretch.End))).nonzero().squeeze(1);
        table.index_add_(0, indices.index_select(0, chosen), rows.index_select(0, chosen), Scalars.One);
    }

    /// <summary>Sums up whole multiples of a small unit, which come to the same in any order. The unit is so small that the sums are at least as exact as those of Singles.</summary>
    internal static void AddInAnyOrder(Tensor table, Tensor indices, Tensor rows)
    {
        const long LargestSumBits = 61, SmallestExponent = -126;
        using var scope = NewDisposeScope();
        // No sum is above n times the largest value, which stays below 2⁶¹ units; what is no finite number makes the unit none, and with it the sums.
        var bits = rows.abs().max().mul(Scalars.Of(rows.shape[0])).log2().ceil();
        var unit = bits.sub(Scalars.Of(LargestSumBits)).clamp_min(Scalars.Of(SmallestExponent)).exp2();
        var multiples = rows.div(unit).to(ScalarType.Int64);
        var sums = zeros(table.shape, dtype: ScalarType.Int64, device: table.device).index_add_(0, indices, multiples, Scalars.One);
        table.add_(sums.to(ScalarType.Float32).mul_(unit), Scalars.One);
    }

    private static void AddInOrder(Tensor table, Tensor indices, Tensor rows, long start, long end)
    {
        using var contiguous = rows.contiguous();
        long tableRows = table.shape[0];
        int width = (int)table.shape[1];
        var sums = table.AsSpan();
        var values = contiguous.AsSpan();
        var numbers = MemoryMarshal.Cast<byte, long>(indices.bytes);
        for (int i = 0; i < numbers.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)numbers[i], (ulong)tableRows, nameof(indices));
            if (numbers[i] >= start && numbers[i] < end)
                Add(sums.Slice((int)numbers[i] * width, width), values.Slice(i * width, width));
        }
    }

    private static void Add(Span<float> sum, ReadOnlySpan<float> values)
    {
        var sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        for (int i = 0; i < sums.Length; i++)
            sums[i] += vectors[i];
        for (int i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
            sum[i] += values[i];
    }
}
