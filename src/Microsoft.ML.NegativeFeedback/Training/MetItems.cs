using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What sampling reads of each row, worked out once for all epochs.</summary>
internal sealed class MetItems
{
    private readonly int[] _offsets;
    private readonly int[] _items;
    private readonly int[] _skipOffsets;
    private readonly int[] _skips;

    /// <summary>Reads the rows.</summary>
    /// <param name="data">Histories.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    public MetItems(SequenceData data, CancellationToken cancellationToken = default)
    {
        _offsets = new int[data.RowCount + 1];
        _skipOffsets = new int[data.RowCount + 1];
        var (items, skips) = (new List<int>(), new List<int>());
        var buffer = new SamplingRow();
        for (int row = 0; row < data.RowCount; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            buffer.Clear(seed: 0, position: row);
            for (int i = 0; i < data.Items(row).Length; i++)
                buffer.Add(data.Items(row)[i], data.Feedback(row)[i]);
            buffer.Complete();
            items.AddRange(buffer.Seen);
            skips.AddRange(buffer.Skips);
            (_offsets[row + 1], _skipOffsets[row + 1]) = (items.Count, skips.Count);
        }

        (_items, _skips) = ([.. items], [.. skips]);
    }

    /// <summary>Every item of the row, sorted, each once.</summary>
    public ReadOnlySpan<int> Items(int row) => _items.AsSpan(_offsets[row].._offsets[row + 1]);

    /// <summary>The skipped items that are not liked as well, sorted, each once.</summary>
    public ReadOnlySpan<int> Skips(int row) => _skips.AsSpan(_skipOffsets[row].._skipOffsets[row + 1]);
}
