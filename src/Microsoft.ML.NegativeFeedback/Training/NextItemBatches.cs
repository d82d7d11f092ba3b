
namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Batches of a model that foresees the next item by cross entropy.</summary>
internal sealed class NextItemBatches(SliceCutter cutter, NextItemModel model) : IBatchSource
{
    public int RowCount => cutter.Rows.Count;

    public Batch Cut(ReadOnlySpan<int> rows, PassKey step)
    {
        var chosen = new int[rows.Length];
        for (int i = 0; i < chosen.Length; i++)
            chosen[i] = cutter.Rows[rows[i]];
        var (slices, counts) = cutter.Cut(chosen);
        return Of(model, slices, counts);
    }

    /// <summary>Slices as a batch.</summary>
    public static Batch Of(NextItemModel model, IReadOnlyList<SequenceSlice> slices, BatchCounts counts)
        => new(
            [.. slices.Select(slice => new BatchPart(slice.Items.Length, (pass, sums) => model.AccumulateGradients(slice, counts, pass, sums)))],
            sums => model.Mean(sums, counts));
}
