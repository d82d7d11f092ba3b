using Microsoft.ML.NegativeFeedback.Datasets;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>
/// Makes validation rows for the multi-feedback ranker where the user gave none: some training rows leave training, and their last views, with the kinds of feedback that each got, are
/// candidates after what was viewed before.
/// </summary>
internal static class HeldOutViews
{
    private const int MostCandidates = 10, LeastLength = 4;

    /// <summary>Splits training rows.</summary>
    /// <param name="data">The training rows.</param>
    /// <param name="options">The share that leaves, and the tasks.</param>
    /// <param name="seed">Which.</param>
    /// <returns>The rows that stay, and those that leave; the second part is null where no row can leave.</returns>
    public static (SequenceData Train, ValidationRows? Validation) Split(SequenceData data, MultiFeedbackTrainer.Options options, int seed)
    {
        int[] able = [.. Enumerable.Range(0, data.RowCount).Where(row => data.Items(row).Length >= LeastLength)];
        new StableRandom(seed).Shuffle<int>(able);
        // the last of them stays, so that there is something to learn from
        int[] leaving = [.. able.Take(Math.Min((int)Math.Ceiling(able.Length * options.ValidationFraction), able.Length - 1)).Order()];
        if (leaving.Length == 0)
            return (data, null);
        var histories = new SequenceDataBuilder(data, hasTargets: false, asks: true);
        var (candidates, labels) = (new List<int[]>(), new List<float[]>());
        foreach (int row in leaving)
        {
            int length = data.Items(row).Length, end = length - Math.Min(MostCandidates, length / 2);
            histories.AddRow(data, row, end, question: end);
            candidates.Add(data.Items(row)[end..].ToArray());
            labels.Add(Flags(data, options)[((data.Offset(row) + end) * options.TaskNames.Count)..((data.Offset(row) + length) * options.TaskNames.Count)].ToArray());
        }

        int[] staying = [.. Enumerable.Range(0, data.RowCount).Except(leaving)];
        return (data.Select(staying),
            new MultiFeedbackValidationRows(new CandidateRows(histories.Build(), candidates, labels), options.TaskNames, options.EarlyStoppingMetric));
    }

    /// <summary>Checks that every flag is 0 or 1, and that each task has both.</summary>
    /// <exception cref="InvalidDataException">One is neither.</exception>
    /// <exception cref="InvalidOperationException">A task has one class.</exception>
    public static void CheckFlags(SequenceData data, MultiFeedbackTrainer.Options options)
    {
        var flags = Flags(data, options);
        var counts = new long[options.TaskNames.Count];
        for (int i = 0; i < flags.Length; i++)
        {
            if (flags[i] is not (0 or 1))
            {
                throw new InvalidDataException(FormattableString.Invariant($"Column '{options.FlagsColumnName}' has the value {flags[i]}, where an item got or did not get the feedback ")
                    + $"'{options.TaskNames[i % counts.Length]}': 1 or 0 is needed.");
            }

            counts[i % counts.Length] += (long)flags[i];
        }

        for (int task = 0; task < counts.Length; task++)
        {
            if (counts[task] == 0 || counts[task] == flags.Length / counts.Length)
            {
                throw new InvalidOperationException($"{(counts[task] == 0 ? "No item" : "Every item")} of the training data got the feedback '{options.TaskNames[task]}' (column "
                    + $"'{options.FlagsColumnName}'), so that there is nothing to tell apart. Check the thresholds that made the flags, or leave the task out of TaskNames and of the flags.");
            }
        }
    }

    private static ReadOnlySpan<float> Flags(SequenceData data, MultiFeedbackTrainer.Options options)
        => data.ItemColumns.TryGetValue(MultiFeedbackNetwork.FlagsName, out var flags) ? ((ColumnValues<float>)flags).Values : [];
}
