namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// The contrastive term of SASRec_c (Seshadri et al. 2024): at each position of a whole sequence that holds a positive item, the next
/// positive item is contrasted with the negatives of the same sequence, by cosine over a temperature of 0.1. A position with no
/// positive item after it has no part in the term.
/// </summary>
internal static class InfoNce
{
    public const double Temperature = 0.1;

    /// <summary>What is compared: each positive input's next positive item with the negatives of its sequence.</summary>
    /// <param name="items">The window of each sequence, oldest first: its inputs and, last, the label of the last input.</param>
    /// <param name="feedback">The feedback beside them.</param>
    public static ContrastItems Items(ReadOnlyMemory<int>[] items, ReadOnlyMemory<sbyte>[] feedback)
    {
        int count = items.Sum(window => window.Length - 1);
        var (targets, sequenceOfTarget) = (new long[count], new int[count]);
        var negatives = new ReadOnlyMemory<int>[items.Length];
        for (int sequence = 0, start = 0; sequence < items.Length; sequence++)
        {
            int inputs = items[sequence].Length - 1;
            FindTargets(items[sequence].Span, feedback[sequence].Span, targets.AsSpan(start, inputs));
            sequenceOfTarget.AsSpan(start, inputs).Fill(sequence);
            negatives[sequence] = NegativesAmong(items[sequence].Span, feedback[sequence].Span);
            start += inputs;
        }

        return ContrastItems.Of(targets, sequenceOfTarget, negatives);
    }

    private static void FindTargets(ReadOnlySpan<int> items, ReadOnlySpan<sbyte> feedback, Span<long> targets)
    {
        long next = 0;
        for (int i = items.Length - 1; i >= 0; i--)
        {
            if (feedback[i] <= 0)
                continue;
            if (i < targets.Length)
                targets[i] = next;
            next = items[i];
        }
    }

    private static int[] NegativesAmong(ReadOnlySpan<int> items, ReadOnlySpan<sbyte> feedback)
    {
        var negatives = new List<int>();
        for (int i = 0; i < items.Length; i++)
        {
            if (feedback[i] < 0)
                negatives.Add(items[i]);
        }

        return [.. negatives];
    }
}
