using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// What the cross entropy of <see cref="PnfRecTrainer"/> and <see cref="SasRecTrainer"/> compares the next item with. Over the whole catalogue a step costs as much as the catalogue is large, in time and
/// in memory; the other two cost as much as they compare, and move only the rows of the item table that they met.
/// </summary>
/// <remarks>
/// <para>With <see cref="SampledSoftmax"/> and <see cref="ScalableCrossEntropy"/> Adam is lazy about items: the moments of an item that a step did not meet stay as they are, as in torch's SparseAdam. The
/// contrastive terms of both trainers are computed from the vectors of the items that they compare.</para>
/// <para>docs/results/speed.md has what the three cost in time and memory. As long as the whole catalogue is affordable it is the safe choice: it needs no choice of what to compare with.</para>
/// </remarks>
public abstract class CatalogueLoss
{
    private const int MostItems = 1_000_000;

    private protected CatalogueLoss()
    {
    }

    /// <summary>Cross entropy over the whole catalogue, as PNFRec and its baselines were published with (RecSys '25).</summary>
    public static CatalogueLoss Full { get; } = new FullLoss();

    /// <summary>What checkpoints know the loss by.</summary>
    internal abstract string Description { get; }

    /// <summary>
    /// Sampled softmax: the next item against items that are drawn anew for every few thousand positions, with replacement. The logit of a drawn item is lowered by ln(n·q), q the probability that a
    /// draw gives it ("logQ correction", Bengio and Senécal 2008; Yi et al., RecSys '19), so that the sum over the drawn ones estimates that over the catalogue without bias. The next item itself is not
    /// drawn and so not corrected, and left out where it is among the drawn.
    /// </summary>
    /// <param name="numberOfNegatives">n: how many are drawn; 1 to 1,000,000. Default 1,024.</param>
    /// <param name="method">
    /// <see cref="NegativeSamplingMethod.Popularity"/>, the default: an item is drawn in proportion to (1 + how often the training rows have it) to the power of <paramref name="popularityExponent"/>; or
    /// <see cref="NegativeSamplingMethod.Uniform"/>.
    /// </param>
    /// <param name="popularityExponent">At least 0; read where items are drawn by popularity. Default 0.75 (Mikolov et al. 2013, section 2.2).</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static CatalogueLoss SampledSoftmax(
        int numberOfNegatives = 1024, NegativeSamplingMethod method = NegativeSamplingMethod.Popularity, double popularityExponent = 0.75)
    {
        CheckCount(numberOfNegatives, nameof(numberOfNegatives));
        if (method is not (NegativeSamplingMethod.Popularity or NegativeSamplingMethod.Uniform))
            throw new ArgumentOutOfRangeException(nameof(method), method, "Negatives of the sampled softmax are drawn by popularity or uniformly.");
        if (!(popularityExponent >= 0 && double.IsFinite(popularityExponent)))
            throw new ArgumentOutOfRangeException(nameof(popularityExponent), popularityExponent, "Must be a number that is at least 0; 0.75 is usual.");
        return new SampledSoftmaxLoss(numberOfNegatives, method == NegativeSamplingMethod.Uniform ? 0 : popularityExponent);
    }

    /// <summary>
    /// Scalable cross entropy (Mezentsev, Gusak, Oseledets and Frolov, RecSys '24): positions and items whose products are likely large are found by random directions, and only those are compared.
    /// For n positions there are f·√n buckets, each with f·√n positions and <paramref name="itemsPerBucket"/> items that have the largest products with the bucket's direction, a random mixture of
    /// the positions' own vectors. A position in several buckets counts with the largest of its losses, one in none not at all.
    /// </summary>
    /// <param name="itemsPerBucket">Items that the positions of a bucket are compared with; 1 to 1,000,000. Default 256.</param>
    /// <param name="bucketFactor">f: above 0 and at most 100. Default 2.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of range.</exception>
    public static CatalogueLoss ScalableCrossEntropy(int itemsPerBucket = 256, double bucketFactor = 2)
    {
        CheckCount(itemsPerBucket, nameof(itemsPerBucket));
        if (!(bucketFactor is > 0 and <= 100))
            throw new ArgumentOutOfRangeException(nameof(bucketFactor), bucketFactor, "Must be above 0 and at most 100.");
        return new ScalableLoss(itemsPerBucket, bucketFactor);
    }

    private static void CheckCount(int value, string name)
    {
        if (value is < 1 or > MostItems)
            throw new ArgumentOutOfRangeException(name, value, FormattableString.Invariant($"Must be 1 to {MostItems:N0}."));
    }
}

/// <summary>Over the whole catalogue.</summary>
internal sealed class FullLoss : CatalogueLoss
{
    internal override string Description => "full";
}

/// <summary>Over drawn items.</summary>
internal sealed class SampledSoftmaxLoss(int negativeCount, double popularityExponent) : CatalogueLoss
{
    public int NegativeCount => negativeCount;

    internal override string Description => FormattableString.Invariant($"sampled {negativeCount} {popularityExponent:R}");

    /// <summary>What draws the items.</summary>
    /// <param name="itemCounts">[N + 1]: how often each item occurs; place 0 is not read.</param>
    public CatalogueDraws Draws(long[] itemCounts) => new(itemCounts, popularityExponent);
}

/// <summary>Over the items of buckets.</summary>
internal sealed class ScalableLoss(int itemsPerBucket, double bucketFactor) : CatalogueLoss
{
    public int ItemsPerBucket => itemsPerBucket;

    internal override string Description => FormattableString.Invariant($"scalable {itemsPerBucket} {bucketFactor:R}");

    /// <summary>How many buckets there are for a number of positions, and how many positions in each.</summary>
    public int Buckets(long positions) => (int)Math.Clamp(Math.Round(bucketFactor * Math.Sqrt(positions)), 1, positions);
}
