using Microsoft.ML.NegativeFeedback.Datasets;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>Makes validation rows where the user gave none: some training rows leave training, and their last liked item is what came next.</summary>
internal static class HeldOutRows
{
    // What rows can teach: the next skipped item, the contrast with a skipped one, and the next liked item. The rarest come first, so that few rows teach all.
    private static readonly Func<ReadOnlySpan<sbyte>, bool>[] Lessons =
        [feedback => feedback.Count((sbyte)-1) >= 2, feedback => feedback.Contains((sbyte)-1), HasTwoPositives];

    /// <summary>Splits training rows.</summary>
    /// <param name="data">The training rows.</param>
    /// <param name="fraction">The share that leaves, in (0, 1), as far as <see cref="Choose"/> lets it.</param>
    /// <param name="seed">Which.</param>
    /// <returns>The rows that stay, and those that leave up to their last liked item; the second part is null where no row can leave.</returns>
    public static (SequenceData Train, SequenceData? Validation) Split(SequenceData data, double fraction, int seed)
    {
        var (stays, leaving) = Choose(data, fraction, seed);
        if (leaving.Count == 0)
            return (data, null);
        var validation = new SequenceDataBuilder(data, hasTargets: true, asks: true);
        foreach (int row in leaving)
        {
            int target = data.Feedback(row).LastIndexOf((sbyte)1);
            validation.AddRow(data, row, target, question: target);
            validation.AddTarget(data.Items(row)[target], 1);
        }

        return (data.Select(stays), validation.Build());
    }

    /// <summary>
    /// Chooses among the rows with two liked items which leave, in the rows' order. What can be learned from all rows can be learned from those that stay: a
    /// row with two liked items is among them, and one with two skips, or with one, where there are any.
    /// </summary>
    public static (IReadOnlyList<int> Stays, IReadOnlyList<int> Leaving) Choose(SequenceData data, double fraction, int seed)
    {
        var candidates = Enumerable.Range(0, data.RowCount).Where(row => HasTwoPositives(data.Feedback(row))).ToArray();
        int count = (int)Math.Ceiling(candidates.Length * fraction);
        new StableRandom(seed).Shuffle<int>(candidates);
        int[] order = [.. candidates, .. Enumerable.Range(0, data.RowCount).Except(candidates)];
        var kept = new List<int>();
        foreach (var lesson in Lessons)
        {
            int last = Array.FindLastIndex(order, row => lesson(data.Feedback(row)));
            if (last >= 0 && !kept.Exists(row => lesson(data.Feedback(row))))
                kept.Add(order[last]);
        }

        var leaving = candidates.Except(kept).Take(count).ToHashSet();
        return ([.. Enumerable.Range(0, data.RowCount).Where(row => !leaving.Contains(row))], [.. leaving.Order()]);
    }

    private static bool HasTwoPositives(ReadOnlySpan<sbyte> feedback) => feedback.Count((sbyte)1) >= 2;
}
