using Microsoft.ML.NegativeFeedback.Networks;
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
    private readonly SequenceWindows _windows;
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
        _windows = new SequenceWindows(data, SequenceKind.Positives, model.Network.Settings.MaximumLength + 1, withSkips: true, cancellationToken);
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
        var counts = new PairwiseCounts(slices.Sum(slice => (long)slice.Places.Length), slices.Sum(slice => (long)slice.Targets[SequenceSlice.Skipped].Count(item => item != 0)));
        var parts = slices.ConvertAll(slice
            => new BatchPart(slice.Items.Length, (pass, sums) => _model.AccumulateGradients(slice, counts, pass, sums)));
        if (_model.HasRegularizer)
            parts.Add(new BatchPart(0, (_, sums) => _model.AccumulateRegularizer(sums)));
        return new Batch(parts, sums => _model.Mean(sums, counts));
    }

    /// <summary>The slices of training rows, longest sequences first.</summary>
    internal List<SequenceSlice> Slices(int[] rows, PassKey step)
    {
        int[] batchItems = [.. rows.SelectMany(row => _windows.Items(row).ToArray())];
        long total = rows.Sum(row => (long)_windows.Length(row) - 1);
        long positions = Math.Clamp(total / _parts, Math.Min(SmallestSlice, _largestSlice), _largestSlice);
        return [.. _windows.Groups(rows, positions).Select(group => _windows.ToSlice(group).With(SequenceSlice.Sampled, SampleAll(group, batchItems, step)))];
    }

    private long[] SampleAll(int[] rows, int[] batchItems, PassKey step)
    {
        var sampled = new List<long>();
        var negatives = new int[_windows.Length(rows[0]) - 1];
        foreach (int row in rows)
        {
            var ofRow = negatives.AsSpan(0, _windows.Length(row) - 1);
            Sample(row, batchItems, step, ofRow);
            foreach (int item in ofRow)
                sampled.Add(item);
        }

        return [.. sampled];
    }

    // The draws of a row depend on the epoch and the row, whichever batch and slice it falls into.
    private void Sample(int row, int[] batchItems, PassKey step, Span<int> negatives)
        => _sampler.Draw(CounterRandom.Of(step.Seed, step.Epoch, row, SamplingPurpose), _met.Items(row), _met.Skips(row), batchItems, negatives);
}
