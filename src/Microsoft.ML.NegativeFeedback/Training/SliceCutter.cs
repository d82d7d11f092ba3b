using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Cuts a batch into slices: the sequences of a kind are ordered by length and cut so that a slice holds sequences of like length and no
/// more than a number of positions. Little padding is left, and what a slice leaves in memory stays near the caches, while the
/// batch, whose gradients the slices add up to, remains the random one that was drawn.
/// </summary>
internal sealed class SliceCutter
{
    // so many positions that the products stay large, for a batch that is divided among many workers
    private const long SmallestSlice = 512;

    private readonly NextItemModel _model;
    private readonly long _largestSlice;
    private readonly int _parts;
    private readonly Dictionary<SequenceKind, SequenceWindows> _windows = [];
    private readonly SequenceWindows? _negatives;

    /// <summary>Cuts the windows of all rows.</summary>
    /// <param name="data">Histories.</param>
    /// <param name="model">The model, which says what sequences it reads.</param>
    /// <param name="largestSlice">Positions a slice at most, unless a single sequence is longer.</param>
    /// <param name="parts">How many slices a batch should at least come to, so that workers can share it evenly.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    public SliceCutter(SequenceData data, NextItemModel model, long largestSlice, int parts = 1, CancellationToken cancellationToken = default)
    {
        (_model, _largestSlice, _parts) = (model, largestSlice, parts);
        int length = model.Network.Settings.MaximumLength + 1;
        foreach (var kind in model.Network.TrainingSequences)
            _windows[kind] = new SequenceWindows(data, kind, length, model.Network.Inputs, cancellationToken);
        if (model.Network.ScoringSequence == SequenceKind.Positives && model.Contrasts(SequenceKind.Positives))
            _negatives = _windows.GetValueOrDefault(SequenceKind.Negatives) ?? new SequenceWindows(data, SequenceKind.Negatives, length, cancellationToken: cancellationToken);
        Rows = Enumerable.Range(0, data.RowCount).Where(row => _windows.Values.Any(windows => windows.Length(row) > 1)).ToArray();
    }

    /// <summary>The rows that there is something to learn from: at least two items of some kind.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <summary>Cuts the slices of a batch, longest sequences first within each kind.</summary>
    public (IReadOnlyList<SequenceSlice> Slices, BatchCounts Counts) Cut(ReadOnlySpan<int> rows)
    {
        var slices = new List<SequenceSlice>();
        long positions = PositionsPerSlice(rows);
        foreach (var windows in _windows.Values)
        {
            foreach (var group in SequenceWindows.Groups(windows.All(rows.ToArray()), positions))
                slices.Add(WithContrast(windows.ToSlice(group), windows, Array.ConvertAll(group, row => row.Row)));
        }

        return (slices, Count(slices));
    }

    private long PositionsPerSlice(ReadOnlySpan<int> rows)
    {
        long total = 0;
        foreach (var windows in _windows.Values)
        {
            foreach (int row in rows)
                total += Math.Max(0, windows.Length(row) - 1);
        }

        return Math.Clamp(total / _parts, Math.Min(SmallestSlice, _largestSlice), _largestSlice);
    }

    private SequenceSlice WithContrast(SequenceSlice slice, SequenceWindows windows, int[] rows)
    {
        if (!_model.Contrasts(slice.Kind))
            return slice;
        if (slice.Kind == SequenceKind.Whole)
            return slice with { Contrast = ContrastItems.OfWhole(Array.ConvertAll(rows, windows.Items), Array.ConvertAll(rows, windows.Feedback)) };
        int[] sequences = Array.ConvertAll(slice.Places, place => (int)(place / slice.Length));
        return slice with { Contrast = ContrastItems.OfOpposing(slice.Targets[SequenceSlice.Next], sequences, Array.ConvertAll(rows, _negatives!.Items)) };
    }

    private static BatchCounts Count(List<SequenceSlice> slices)
    {
        long positives = 0, negatives = 0, targets = 0;
        foreach (var slice in slices)
        {
            if (slice.Kind == SequenceKind.Negatives)
                negatives += slice.Places.Length;
            else
                positives += slice.Places.Length;
            targets += slice.Contrast?.TargetCount ?? 0;
        }

        return new BatchCounts(positives, negatives, targets);
    }
}
