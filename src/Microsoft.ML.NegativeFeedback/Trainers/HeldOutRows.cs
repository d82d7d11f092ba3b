using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>Makes validation rows where the user gave none: some training rows leave training, and their last liked item is what came next.</summary>
internal static class HeldOutRows
{
    /// <summary>Splits training rows.</summary>
    /// <param name="data">The training rows.</param>
    /// <param name="fraction">The share that leaves, in (0, 1); at least one row does, and at least one stays.</param>
    /// <param name="seed">Which.</param>
    /// <returns>
    /// The rows that stay, and those that leave up to their last liked item. Only rows with two liked items can leave; where there are none the second part is
    /// null.
    /// </returns>
    public static (SequenceData Train, SequenceData? Validation) Split(SequenceData data, double fraction, int seed)
    {
        var (stays, leaving) = Choose(data, fraction, seed);
        if (leaving.Count == 0)
            return (data, null);
        var validation = new SequenceDataBuilder(data.ItemCount, hasTargets: true);
        foreach (int row in leaving)
        {
            int target = data.Feedback(row).LastIndexOf((sbyte)1);
            validation.AddRow(data.Items(row)[..target], data.Feedback(row)[..target]);
            validation.AddTarget(data.Items(row)[target], 1);
        }

        return (data.Select(stays), validation.Build());
    }

    /// <summary>Chooses among the rows with two liked items which leave, in the rows' order; none where there are no such rows.</summary>
    public static (IReadOnlyList<int> Stays, IReadOnlyList<int> Leaving) Choose(SequenceData data, double fraction, int seed)
    {
        var candidates = Enumerable.Range(0, data.RowCount).Where(row => HasTwoPositives(data.Feedback(row))).ToArray();
        int count = Math.Max(0, Math.Min((int)Math.Ceiling(candidates.Length * fraction), data.RowCount - 1));
        new Random(seed).Shuffle(candidates);
        var leaving = candidates.AsSpan(0, count).ToArray().ToHashSet();
        return ([.. Enumerable.Range(0, data.RowCount).Where(row => !leaving.Contains(row))], [.. leaving.Order()]);
    }

    private static bool HasTwoPositives(ReadOnlySpan<sbyte> feedback) => feedback.Count((sbyte)1) >= 2;
}
