using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Batches of learning from sampled items: sequences of like length share a slice, and every place that is asked at gets an item sampled afresh each epoch. A network
/// that is asked at the newest place alone reads the beginnings of a row up to some of its liked items.
/// </summary>
internal sealed class SampledBatches : IBatchSource
{
    private const long SamplingPurpose = 3, QuestionPurpose = 4;

    // Smaller slices cost more calls than they save in memory traffic.
    private const long SmallestSlice = 200;

    private readonly SampledModel _model;
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
    public SampledBatches(
        SequenceData data, SampledModel model, NegativeSampler sampler, long largestSlice, int parts, CancellationToken cancellationToken = default)
    {
        (_model, _sampler, _largestSlice, _parts) = (model, sampler, largestSlice, parts);
        _windows = new SequenceWindows(data, model.Network.ReadsWholeHistory ? SequenceKind.Whole : SequenceKind.Positives,
            model.Network.Settings.MaximumLength + 1, model.LearnedInputs, cancellationToken);
        _met = new MetItems(data, cancellationToken);
        _rows = [.. Enumerable.Range(0, data.RowCount).Where(row => _windows.Length(row) > 1
            && (model.Questions == SliceQuestions.AtEveryItem || _windows.Feedback(row).Span[1..].ContainsAnyInRange((sbyte)1, sbyte.MaxValue)))];
    }

    public int RowCount => _rows.Length;

    public Batch Cut(ReadOnlySpan<int> rows, PassKey step)
    {
        var chosen = new int[rows.Length];
        for (int i = 0; i < chosen.Length; i++)
            chosen[i] = _rows[rows[i]];
        return _model.ToBatch(Slices(chosen, step));
    }

    /// <summary>The slices of training rows, longest sequences first.</summary>
    internal List<SequenceSlice> Slices(int[] rows, PassKey step)
    {
        int[] batchItems = [.. rows.SelectMany(row => _windows.Items(row).ToArray())];
        SliceRow[] read = [.. _model.Network.QuestionsPerSequence is { } count ? rows.SelectMany(row => Beginnings(row, count, step)) : _windows.All(rows)];
        long positions = Math.Clamp(read.Sum(row => (long)row.Places) / _parts, Math.Min(SmallestSlice, _largestSlice), _largestSlice);
        return [.. SequenceWindows.Groups(read, positions).Select(Slice)];

        SequenceSlice Slice(SliceRow[] group)
        {
            var slice = _windows.ToSlice(group, _model.Questions);
            return slice.With(SequenceSlice.Sampled, SampleAll(slice, group, batchItems, step));
        }
    }

    // what was read up to some of the row's liked items, other ones in every epoch
    private IEnumerable<SliceRow> Beginnings(int row, int count, PassKey step)
    {
        var feedback = _windows.Feedback(row);
        int[] liked = [.. Enumerable.Range(1, feedback.Length - 1).Where(place => feedback.Span[place] > 0)];
        if (liked.Length <= count)
            return liked.Select(place => new SliceRow(row, place));
        int[] order = CounterRandom.Of(step.Seed, step.Epoch, row, QuestionPurpose).Permutation(liked.Length);
        return order[..count].Order().Select(index => new SliceRow(row, liked[index]));
    }

    private long[] SampleAll(SequenceSlice slice, SliceRow[] rows, int[] batchItems, PassKey step)
    {
        var sampled = new long[slice.Places.Length];
        for (int start = 0; start < sampled.Length;)
        {
            int sequence = (int)(slice.Places[start] / slice.Length), end = start;
            while (end < sampled.Length && slice.Places[end] / slice.Length == sequence)
                end++;
            var negatives = new int[end - start];
            Sample(rows[sequence], batchItems, step, negatives);
            for (int i = 0; i < negatives.Length; i++)
                sampled[start + i] = negatives[i];
            start = end;
        }

        return sampled;
    }

    // The draws of a row depend on the epoch and the row, and on which beginning of it is read, whichever batch and slice it falls into.
    private void Sample(SliceRow row, int[] batchItems, PassKey step, Span<int> negatives)
        => _sampler.Draw(_model.Questions == SliceQuestions.AtNewest ? CounterRandom.Of(step.Seed, step.Epoch, row.Row, SamplingPurpose, row.Places)
            : CounterRandom.Of(step.Seed, step.Epoch, row.Row, SamplingPurpose), _met.Items(row.Row), _met.Skips(row.Row), batchItems, negatives);
}
