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
            _windows[kind] = new SequenceWindows(data, kind, length, cancellationToken);
        if (model.Network.ScoringSequence == SequenceKind.Positives && model.Contrasts(SequenceKind.Positives))
            _negatives = _windows.GetValueOrDefault(SequenceKind.Negatives) ?? new SequenceWindows(data, SequenceKind.Negatives, length, cancellationToken);
        Rows = Enumerable.Range(0, data.RowCount).Where(row => _windows.Values.Any(windows => windows.Length(row) > 1)).ToArray();
    }

    /// <summary>The rows that there is something to learn from: at least two items of some kind.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <summary>Cuts the slices of a batch, longest sequences first within each kind.</summary>
    public (IReadOnlyList<SequenceSlice> Slices, BatchCounts Counts) Cut(ReadOnlySpan<int> rows)
    {
        var slices = new List<SequenceSlice>();
        long positions = PositionsPerSlice(rows);
        foreach (var (kind, windows) in _windows)
        {
            var byLength = SortByLength(rows, windows);
            for (int start = 0; start < byLength.Length;)
            {
                long length = windows.Length(byLength[start]) - 1;
                int count = (int)Math.Clamp(positions / length, 1, byLength.Length - start);
                slices.Add(CreateSlice(kind, windows, byLength.AsSpan(start, count)));
                start += count;
            }
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

    // a stable sort, so that the result depends on nothing but the rows' order; rows with nothing to label are dropped
    private static int[] SortByLength(ReadOnlySpan<int> rows, SequenceWindows windows)
        => [.. rows.ToArray().Where(row => windows.Length(row) > 1).OrderByDescending(windows.Length)];

    private SequenceSlice CreateSlice(SequenceKind kind, SequenceWindows windows, ReadOnlySpan<int> rows)
    {
        int length = windows.Length(rows[0]) - 1;
        int labelCount = 0;
        foreach (int row in rows)
            labelCount += windows.Length(row) - 1;
        var inputs = new long[rows.Length * length];
        var (positions, labels, sequenceOfLabel) = (new long[labelCount], new long[labelCount], new int[labelCount]);
        for (int sequence = 0, label = 0; sequence < rows.Length; sequence++)
        {
            var items = windows.Items(rows[sequence]).Span;
            for (int i = 0; i + 1 < items.Length; i++, label++)
            {
                int position = (sequence * length) + i;
                inputs[position] = items[i];
                (positions[label], labels[label], sequenceOfLabel[label]) = (position, items[i + 1], sequence);
            }
        }

        var contrast = _model.Contrasts(kind) ? Contrast(kind, windows, rows.ToArray(), labels, sequenceOfLabel) : null;
        return new SequenceSlice(kind, rows.Length, length, inputs, positions, labels, contrast);
    }

    private ContrastItems Contrast(SequenceKind kind, SequenceWindows windows, int[] rows, long[] labels, int[] sequenceOfLabel)
        => kind == SequenceKind.Whole
            ? ContrastItems.OfWhole(Array.ConvertAll(rows, windows.Items), Array.ConvertAll(rows, windows.Feedback))
            : ContrastItems.OfOpposing(labels, sequenceOfLabel, Array.ConvertAll(rows, _negatives!.Items));

    private static BatchCounts Count(List<SequenceSlice> slices)
    {
        long positives = 0, negatives = 0, targets = 0;
        foreach (var slice in slices)
        {
            if (slice.Kind == SequenceKind.Negatives)
                negatives += slice.Labels.Length;
            else
                positives += slice.Labels.Length;
            targets += slice.Contrast?.TargetCount ?? 0;
        }

        return new BatchCounts(positives, negatives, targets);
    }
}
