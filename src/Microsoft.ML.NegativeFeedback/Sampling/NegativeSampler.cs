namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>
/// Draws negatives for a row: items that it does not hold, mixed with the row's skips by a ratio. A draw is a function of the
/// generator's key and the arguments alone. It never loops for long: a few tries that mostly succeed, then an exact draw over what is
/// left. An instance is immutable and may be shared by threads.
/// </summary>
internal sealed class NegativeSampler
{
    private const int MaximumTries = 16;

    // every slot has 64 random numbers, each with one purpose, so that a slot depends on no other
    private const uint NumbersPerSlot = 64;
    private const uint SkipCoin = 0;
    private const uint SkipChoice = 1;
    private const uint FirstTry = 20;
    private const uint UnseenChoice = 60;
    private const uint WeightedChoice = 61;

    private readonly NegativeSamplerSettings _settings;
    private readonly int _itemCount;
    private readonly PopularityWeights? _popularity;

    /// <param name="settings">How negatives are drawn.</param>
    /// <param name="itemCount">N: items are 1..N.</param>
    /// <param name="itemCounts">[N + 1]: how often each item occurs; read for <see cref="NegativeSamplingMethod.Popularity"/> only.</param>
    /// <exception cref="ArgumentException">A setting is out of its range, or the counts are not those of N items.</exception>
    public NegativeSampler(NegativeSamplerSettings settings, int itemCount, ReadOnlySpan<long> itemCounts = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(itemCount);
        _settings = settings.Checked();
        _itemCount = itemCount;
        if (settings.Method != NegativeSamplingMethod.Popularity)
            return;
        if (itemCounts.Length != itemCount + 1)
        {
            throw new ArgumentException(
                $"Popularity needs {itemCount + 1} counts, one an item and place 0; there are {itemCounts.Length}.", nameof(itemCounts));
        }

        _popularity = new PopularityWeights(itemCounts, settings.PopularityExponent);
    }

    /// <summary>N: items are 1..N.</summary>
    public int ItemCount => _itemCount;

    /// <summary>Fills every slot with a draw of its own, so that an item may come several times.</summary>
    /// <param name="random">The generator; nothing else decides.</param>
    /// <param name="excluded">The row's items, sorted, each once, all in 1..N.</param>
    /// <param name="observedSkips">The row's skips, of which a slot is one with probability ObservedSkipShare; may be empty.</param>
    /// <param name="batchItems">
    /// The positives of the batch, as often as they occur in it, others than 1..N skipped; read for
    /// <see cref="NegativeSamplingMethod.InBatch"/> only.
    /// </param>
    /// <param name="negatives">Receives the negatives.</param>
    /// <exception cref="InvalidOperationException">The row has every item.</exception>
    public void Draw(
        CounterRandom random,
        ReadOnlySpan<int> excluded,
        ReadOnlySpan<int> observedSkips,
        ReadOnlySpan<int> batchItems,
        Span<int> negatives)
    {
        if (negatives.IsEmpty)
            return;
        RequireUnseen(excluded.Length, 1);
        for (int slot = 0; slot < negatives.Length; slot++)
        {
            uint numbers = (uint)slot * NumbersPerSlot;
            int skip = DrawSkip(random, numbers, ref observedSkips, []);
            negatives[slot] = skip > 0 ? skip : DrawUnseen(random, numbers, excluded, ref batchItems);
        }
    }

    /// <summary>
    /// The same, no item twice: every slot is drawn from what the slots before it leave. A slot that was to be a skip is a sampled
    /// item when all skips are taken.
    /// </summary>
    /// <inheritdoc cref="Draw" path="/param"/>
    /// <exception cref="InvalidOperationException">The row has fewer unseen items than there are slots.</exception>
    public void DrawDistinct(
        CounterRandom random,
        ReadOnlySpan<int> excluded,
        ReadOnlySpan<int> observedSkips,
        ReadOnlySpan<int> batchItems,
        Span<int> negatives)
    {
        RequireUnseen(excluded.Length, negatives.Length);
        int closedCount = excluded.Length;
        int capacity = excluded.Length + negatives.Length;
        Span<int> closed = capacity <= 1024 ? stackalloc int[capacity] : new int[capacity];
        excluded.CopyTo(closed);
        for (int slot = 0; slot < negatives.Length; slot++)
        {
            uint numbers = (uint)slot * NumbersPerSlot;
            int item = DrawSkip(random, numbers, ref observedSkips, negatives[..slot]);
            if (item == 0)
                item = DrawUnseen(random, numbers, closed[..closedCount], ref batchItems);
            UnseenItems.Insert(closed, ref closedCount, item);
            negatives[slot] = item;
        }
    }

    private void RequireUnseen(int seenCount, int needed)
    {
        if (needed <= _itemCount - seenCount)
            return;
        throw new InvalidOperationException(
            $"The row has {seenCount} of {_itemCount} items, which leaves {_itemCount - seenCount} to sample from where {needed} "
            + $"{(needed == 1 ? "is" : "are")} needed. Leave such rows out, shorten them, or ask for fewer negatives.");
    }

    // 0: the slot is to be sampled
    private int DrawSkip(CounterRandom random, uint numbers, ref ReadOnlySpan<int> skips, scoped ReadOnlySpan<int> taken)
    {
        if (skips.IsEmpty || random.Uniform(numbers + SkipCoin) >= _settings.ObservedSkipShare)
            return 0;
        int item = DrawFrom(skips, [], taken, random, numbers + SkipChoice);
        // skips that are all taken stay so for the slots to come
        if (item == 0)
            skips = [];
        return item;
    }

    private int DrawUnseen(CounterRandom random, uint numbers, scoped ReadOnlySpan<int> seen, ref ReadOnlySpan<int> batchItems)
    {
        int item = _settings.Method switch
        {
            NegativeSamplingMethod.Popularity => DrawPopular(random, numbers, seen),
            NegativeSamplingMethod.InBatch => DrawFrom(batchItems, seen, [], random, numbers + FirstTry),
            _ => 0,
        };
        if (item > 0)
            return item;
        // a batch that has no unseen item has none for the slots to come either
        batchItems = [];
        return UnseenItems.At(seen, random.Below(_itemCount - seen.Length, numbers + UnseenChoice));
    }

    private int DrawPopular(CounterRandom random, uint numbers, ReadOnlySpan<int> seen)
    {
        for (uint i = 0; i < MaximumTries; i++)
        {
            int item = _popularity!.Draw(random, numbers + FirstTry + (i * PopularityWeights.NumbersPerDraw));
            if (!UnseenItems.Contains(seen, item))
                return item;
        }

        return _popularity!.DrawOutside(seen, random, numbers + WeightedChoice);
    }

    // one place of the pool whose item is neither seen nor taken, each as likely as any other; 0 where there is none
    private int DrawFrom(ReadOnlySpan<int> pool, ReadOnlySpan<int> seen, ReadOnlySpan<int> taken, CounterRandom random, uint counter)
    {
        if (pool.IsEmpty)
            return 0;
        for (uint i = 0; i < MaximumTries; i++)
        {
            int item = pool[random.Below(pool.Length, counter + i)];
            if (IsOpen(item, seen, taken))
                return item;
        }

        int open = 0;
        foreach (int item in pool)
            open += IsOpen(item, seen, taken) ? 1 : 0;
        if (open == 0)
            return 0;
        int rank = random.Below(open, counter + MaximumTries);
        foreach (int item in pool)
        {
            if (IsOpen(item, seen, taken) && rank-- == 0)
                return item;
        }

        return 0;
    }

    private bool IsOpen(int item, ReadOnlySpan<int> seen, ReadOnlySpan<int> taken)
        => (uint)(item - 1) < (uint)_itemCount && !UnseenItems.Contains(seen, item) && !taken.Contains(item);
}

/// <summary>How negatives are drawn.</summary>
/// <param name="Method">Where they come from.</param>
/// <param name="PopularityExponent">
/// The exponent of an item's count; at least 0. Read for <see cref="NegativeSamplingMethod.Popularity"/> only.
/// </param>
/// <param name="ObservedSkipShare">
/// The probability, 0 to 1, that a negative is one of the row's own skips instead, where there are any (SASRec-N of the SINE paper,
/// RecSys '23, sections 2 and 5.1.3: passive negatives mixed into the sampled ones).
/// </param>
internal sealed record NegativeSamplerSettings(
    NegativeSamplingMethod Method, double PopularityExponent = 0.75, double ObservedSkipShare = 0)
{
    /// <summary>These settings.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Some value is out of its range.</exception>
    public NegativeSamplerSettings Checked()
    {
        if (!Enum.IsDefined(Method))
            throw new ArgumentOutOfRangeException(nameof(Method), Method, $"{nameof(Method)} is no method of sampling negatives.");
        if (!(PopularityExponent >= 0 && double.IsFinite(PopularityExponent)))
        {
            throw new ArgumentOutOfRangeException(nameof(PopularityExponent), PopularityExponent,
                $"{nameof(PopularityExponent)} must be a number that is at least 0; 0.75 is usual.");
        }

        if (!(ObservedSkipShare is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(ObservedSkipShare), ObservedSkipShare,
                $"{nameof(ObservedSkipShare)} is a probability and must lie between 0 and 1.");
        }

        return this;
    }
}
