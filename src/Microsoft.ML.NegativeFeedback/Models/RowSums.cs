using System.Numerics;
using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// Adds rows to rows of a table. On a CPU torch's operator makes a small operation of every row, which takes several times as long as adding it.
/// </summary>
internal static class RowSums
{
    /// <summary>table[indices[i]] += rows[i], in the order of i.</summary>
    /// <param name="table">[rows, d], contiguous.</param>
    /// <param name="indices">[n] rows of the table.</param>
    /// <param name="rows">[n, d].</param>
    public static void Add(Tensor table, long[] indices, Tensor rows)
    {
        if (table.device_type != DeviceType.CPU || table.numel() > int.MaxValue / sizeof(float))
        {
            using var index = Tensors.Of(indices, table.device);
            table.index_add_(0, index, rows, Scalars.One);
            return;
        }

        using var contiguous = rows.contiguous();
        int width = (int)table.shape[1];
        var sums = MemoryMarshal.Cast<byte, float>(table.bytes);
        var values = MemoryMarshal.Cast<byte, float>(contiguous.bytes);
        for (int i = 0; i < indices.Length; i++)
            Add(sums.Slice((int)indices[i] * width, width), values.Slice(i * width, width));
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
