using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>What sampling needs to know of one row. An instance is filled again and again.</summary>
internal sealed class SamplingRow
{
    private readonly List<int> _liked = [];
    private readonly List<int> _seen = [];
    private readonly List<int> _skips = [];
    private readonly List<int> _distinctLiked = [];
    private readonly List<long> _content = [];

    /// <summary>The liked items in their order, as often as they come.</summary>
    public ReadOnlySpan<int> Liked => CollectionsMarshal.AsSpan(_liked);

    /// <summary>Every item of the row, sorted, each once.</summary>
    public ReadOnlySpan<int> Seen => CollectionsMarshal.AsSpan(_seen);

    /// <summary>The skipped items that are not liked as well, sorted, each once.</summary>
    public ReadOnlySpan<int> Skips => CollectionsMarshal.AsSpan(_skips);

    /// <summary>
    /// A hash of the seed, the items and the signs of their feedback: draws that are keyed by it depend on what the row holds, not on
    /// where it stands.
    /// </summary>
    public long Key { get; private set; }

    /// <summary>Where the row stands in its cursor, from 0; messages count from 1.</summary>
    public long Position { get; private set; }

    /// <summary>Reads the row that the reader's cursor stands on; items that the dictionary does not know are left out.</summary>
    /// <param name="history">The reader.</param>
    /// <param name="seed">The seed of the draws.</param>
    /// <inheritdoc cref="HistoryRowReader.Read" path="/exception"/>
    public void Read(HistoryRowReader history, long seed)
    {
        history.Read();
        Clear(seed, history.Position);
        for (int i = 0; i < history.Keys.Length; i++)
        {
            if (history.Keys[i] > 0)
                Add((int)history.Keys[i], Math.Sign(history.Feedback[i]));
        }

        Complete();
    }

    /// <summary>Forgets the last row.</summary>
    public void Clear(long seed, long position)
    {
        _liked.Clear();
        _seen.Clear();
        _skips.Clear();
        _content.Clear();
        _content.Add(seed);
        Position = position;
    }

    /// <summary>Adds a known item and the sign of its feedback.</summary>
    public void Add(int item, int sign)
    {
        _content.Add(((long)sign << 32) ^ item);
        _seen.Add(item);
        if (sign > 0)
            _liked.Add(item);
        else if (sign < 0)
            _skips.Add(item);
    }

    /// <summary>Called after the last item.</summary>
    public void Complete()
    {
        SortDistinct(_seen);
        _distinctLiked.Clear();
        _distinctLiked.AddRange(_liked);
        SortDistinct(_distinctLiked);
        SortDistinct(_skips);
        RemoveAll(_skips, _distinctLiked);
        Key = CounterRandom.Of(CollectionsMarshal.AsSpan(_content)).Bits64();
    }

    private static void RemoveAll(List<int> items, List<int> sorted)
    {
        var values = CollectionsMarshal.AsSpan(items);
        int kept = 0;
        foreach (int item in values)
        {
            if (!UnseenItems.Contains(CollectionsMarshal.AsSpan(sorted), item))
                values[kept++] = item;
        }

        items.RemoveRange(kept, items.Count - kept);
    }

    private static void SortDistinct(List<int> items)
    {
        items.Sort();
        var sorted = CollectionsMarshal.AsSpan(items);
        int kept = 0;
        foreach (int item in sorted)
        {
            if (kept == 0 || sorted[kept - 1] != item)
                sorted[kept++] = item;
        }

        items.RemoveRange(kept, items.Count - kept);
    }
}
