namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>The items 1..N outside a sorted list of distinct ones, without ever writing them down.</summary>
internal static class UnseenItems
{
    /// <summary>
    /// The unseen item with <paramref name="rank"/> unseen items before it. Below seen[j] lie seen[j] − 1 − j unseen items, so the
    /// number of seen ones below the answer is found by binary search.
    /// </summary>
    public static int At(ReadOnlySpan<int> seen, int rank)
    {
        int below = 0;
        // branch-free, since a random rank makes every branch a coin toss
        for (int length = seen.Length; length > 0;)
        {
            int half = (length + 1) >> 1;
            int middle = below + half - 1;
            below += seen[middle] - 1 - middle <= rank ? half : 0;
            length -= half;
        }

        return rank + 1 + below;
    }

    /// <summary>Whether an item is in the sorted list.</summary>
    public static bool Contains(ReadOnlySpan<int> seen, int item)
    {
        int below = CountBelow(seen, item);
        return below < seen.Length && seen[below] == item;
    }

    /// <summary>Adds an item to the first <paramref name="count"/> places of a list, unless it is there.</summary>
    public static void Insert(Span<int> seen, ref int count, int item)
    {
        int below = CountBelow(seen[..count], item);
        if (below < count && seen[below] == item)
            return;
        seen[below..count].CopyTo(seen[(below + 1)..]);
        seen[below] = item;
        count++;
    }

    private static int CountBelow(ReadOnlySpan<int> seen, int item)
    {
        int below = 0;
        for (int length = seen.Length; length > 0;)
        {
            int half = (length + 1) >> 1;
            below += seen[below + half - 1] < item ? half : 0;
            length -= half;
        }

        return below;
    }
}
