namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>What a contrastive term compares at each labelled position: an item to come close to, and negatives.</summary>
/// <param name="Width">1 + the largest number of negatives of a sequence in the slice.</param>
/// <param name="Items">
/// [n · width]: the target, then the negatives; 0 for none. A position without a target has no part in the term.
/// </param>
/// <param name="TargetCount">Number of positions with a target.</param>
internal sealed record ContrastItems(int Width, long[] Items, int TargetCount)
{
    /// <summary>Lists the targets of all positions beside the negatives of their sequences.</summary>
    /// <param name="targets">[n] targets, 0 for none.</param>
    /// <param name="sequenceOfTarget">[n] the sequence each belongs to.</param>
    /// <param name="negatives">The negatives of each sequence.</param>
    public static ContrastItems Of(ReadOnlySpan<long> targets, ReadOnlySpan<int> sequenceOfTarget, ReadOnlyMemory<int>[] negatives)
    {
        int width = 1;
        foreach (var list in negatives)
            width = Math.Max(width, 1 + list.Length);
        var items = new long[targets.Length * width];
        int count = 0;
        for (int i = 0; i < targets.Length; i++)
        {
            if (targets[i] == 0)
                continue;
            count++;
            var row = items.AsSpan(i * width, width);
            row[0] = targets[i];
            var list = negatives[sequenceOfTarget[i]].Span;
            for (int j = 0; j < list.Length; j++)
                row[1 + j] = list[j];
        }

        return new ContrastItems(width, items, count);
    }
}
