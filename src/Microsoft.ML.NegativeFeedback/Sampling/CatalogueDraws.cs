namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>Draws items of a catalogue, each in proportion to (1 + its count) to a power, and says how likely each was. It is immutable, and threads may share it.</summary>
internal sealed class CatalogueDraws
{
    private readonly PopularityWeights? _popularity;
    private readonly int _itemCount;
    private readonly double[] _logarithms = [];

    /// <param name="itemCounts">[N + 1]: how often each item occurs; place 0 is not read.</param>
    /// <param name="exponent">At least 0, where every item is as likely as any other.</param>
    public CatalogueDraws(ReadOnlySpan<long> itemCounts, double exponent)
    {
        _itemCount = itemCounts.Length - 1;
        if (exponent == 0)
            return;
        // an item that never occurs could otherwise never be drawn, and nothing would ever lower its logit
        var counts = new long[itemCounts.Length];
        for (int item = 1; item < counts.Length; item++)
            counts[item] = 1 + itemCounts[item];
        _popularity = new PopularityWeights(counts, exponent);
        _logarithms = Array.ConvertAll(_popularity.Probabilities(), Math.Log);
    }

    /// <summary>Items with replacement, and what their logits are corrected by so that their exponentials add up to an estimate of the catalogue's: −ln(n·q).</summary>
    /// <param name="random">The generator; nothing else decides.</param>
    /// <param name="count">n.</param>
    public (long[] Items, float[] Corrections) Draw(CounterRandom random, int count)
    {
        var (items, corrections) = (new long[count], new float[count]);
        double logarithmOfCount = Math.Log(count);
        for (int i = 0; i < count; i++)
        {
            uint counter = (uint)i * PopularityWeights.NumbersPerDraw;
            int item = _popularity?.Draw(random, counter) ?? random.Below(_itemCount, counter) + 1;
            items[i] = item;
            corrections[i] = (float)-(logarithmOfCount + (_popularity is null ? -Math.Log(_itemCount) : _logarithms[item - 1]));
        }

        return (items, corrections);
    }
}
