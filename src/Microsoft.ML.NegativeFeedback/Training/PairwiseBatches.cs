using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Batches of pairwise learning: liked sequences of like length share a slice, and every position gets an item sampled afresh each epoch.
/// </summary>
internal sealed class PairwiseBatches : IBatchSource
{
    private const long SamplingPurpose = 3;

    // Smaller slices cost more calls than they save in memory traffic.
    private const long SmallestSlice = 200;

    private readonly PairwiseModel _model;
    private readonly NegativeSampler _sampler;
    private readonly LikedWindows _windows;
    private readonly MetItems _met;
    private readonly int[] _rows;
    private readonly long _largestSlice;
    private readonly int _parts;

    /// <param name="data">Histories.</param>
    /// <param name="model">What is trained.</param>
    /// <param name="sampler">Draws the items that a row does not hold.</param>
    /// <param name="largestSlice">Positions of a slice at most, unless one sequence is longer.</param>
    /// <param name="parts">A batch is cut into about so many slices at least.</param>
    /// <param name="cancellationToken">Looked at row by row while windows are cut.</param>
    public PairwiseBatches(
        SequenceData data, PairwiseModel model, NegativeSampler sampler, long largestSlice, int parts, CancellationToken cancellationToken = default)
    {
        (_model, _sampler, _largestSlice, _parts) = (model, sampler, largestSlice, parts);
        _windows = new LikedWindows(data, model.Network.Settings.MaximumLength + 1, cancellationToken);
        _met = new MetItems(data, cancellationToken);
        _rows = [.. Enumerable.Range(0, data.RowCount).Where(row => _windows.Length(row) > 1)];
    }

    public int RowCount => _rows.Length;

    public Batch Cut(ReadOnlySpan<int> rows, PassKey step)
    {
        var chosen = new int[rows.Length];
        for (int i = 0; i < chosen.Length; i++)
            chosen[i] = _rows[rows[i]];
        var slices = Slices(chosen, step);
        var counts = new PairwiseCounts(slices.Sum(slice => (long)slice.Liked.Length), slices.Sum(slice => (long)slice.Skipped.Count(item => item != 0)));
        var parts = slices.ConvertAll(slice
            => new BatchPart(slice.Inputs.Length, (pass, sums) => _model.AccumulateGradients(slice, counts, pass, sums)));
        if (_model.HasRegularizer)
            parts.Add(new BatchPart(0, (_, sums) => _model.AccumulateRegularizer(sums)));
        return new Batch(parts, sums => _model.Mean(sums, counts));
    }

    /// <summary>The slices of training rows, longest sequences first.</summary>
    internal List<PairwiseSlice> Slices(int[] rows, PassKey step)
    {
        int[] batchItems = [.. rows.SelectMany(row => _windows.Items(row).ToArray())];
        // a stable sort, so that the result depends on nothing but the rows' order
        int[] byLength = [.. rows.OrderByDescending(_windows.Length)];
        long total = rows.Sum(row => (long)_windows.Length(row) - 1);
        long positions = Math.Clamp(total / _parts, Math.Min(SmallestSlice, _largestSlice), _largestSlice);
        var slices = new List<PairwiseSlice>();
        for (int start = 0; start < byLength.Length;)
        {
            long length = _windows.Length(byLength[start]) - 1;
            int count = (int)Math.Clamp(positions / length, 1, byLength.Length - start);
            slices.Add(CreateSlice(byLength.AsSpan(start, count), batchItems, step));
            start += count;
        }

        return slices;
    }

    private PairwiseSlice CreateSlice(ReadOnlySpan<int> rows, int[] batchItems, PassKey step)
    {
        int length = _windows.Length(rows[0]) - 1, labelCount = 0;
        foreach (int row in rows)
            labelCount += _windows.Length(row) - 1;
        var (inputs, inputSkips) = (new long[rows.Length * length], new long[rows.Length * length]);
        var (positions, liked, sampled, skipped) = (new long[labelCount], new long[labelCount], new long[labelCount], new long[labelCount]);
        var negatives = new int[length];
        for (int sequence = 0, label = 0; sequence < rows.Length; sequence++)
        {
            var items = _windows.Items(rows[sequence]);
            var skips = _windows.Skips(rows[sequence]);
            Sample(rows[sequence], batchItems, step, negatives.AsSpan(0, items.Length - 1));
            for (int i = 0; i + 1 < items.Length; i++, label++)
            {
                int position = (sequence * length) + i;
                (inputs[position], inputSkips[position]) = (items[i], skips[i]);
                (positions[label], liked[label], sampled[label], skipped[label]) = (position, items[i + 1], negatives[i], skips[i + 1]);
            }
        }

        return new PairwiseSlice(rows.Length, length, inputs, inputSkips, positions, liked, sampled, skipped);
    }

    // The draws of a row depend on the epoch and the row, whichever batch and slice it falls into.
    private void Sample(int row, int[] batchItems, PassKey step, Span<int> negatives)
        => _sampler.Draw(CounterRandom.Of(step.Seed, step.Epoch, row, SamplingPurpose), _met.Items(row), _met.Skips(row), batchItems, negatives);
}
