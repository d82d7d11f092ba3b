using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>Which columns <see cref="SampleNegativesEstimator"/> reads and adds, and how it draws.</summary>
public sealed class SampleNegativesOptions
{
    /// <summary>The items of a sequence: a vector of keys, as <c>Conversion.MapValueToKey</c> makes it. Default "Items".</summary>
    public string ItemsColumnName { get; set; } = "Items";

    /// <summary>The feedback beside them, a vector of Single: above 0 liked, below 0 skipped. Default "Feedback".</summary>
    public string FeedbackColumnName { get; set; } = "Feedback";

    /// <summary>The column to add: a variable vector of the same keys. Default "Negatives".</summary>
    public string NegativesColumnName { get; set; } = "Negatives";

    /// <summary>Where negatives are drawn from. Default <see cref="NegativeSamplingMethod.Uniform"/>.</summary>
    public NegativeSamplingMethod Method { get; set; } = NegativeSamplingMethod.Uniform;

    /// <summary>
    /// α: with <see cref="NegativeSamplingMethod.Popularity"/>, an item is drawn in proportion to its count to this power; at least 0,
    /// where 0 is uniform and 1 is popularity itself. Default 0.75 (Mikolov et al. 2013, section 2.2).
    /// </summary>
    public double PopularityExponent { get; set; } = 0.75;

    /// <summary>
    /// The probability, 0 to 1, that a negative is one of the row's own skips instead of a sampled item, while it has any that are not
    /// taken (SASRec-N of the SINE paper, RecSys '23, sections 2 and 5.1.3). Default 0.
    /// </summary>
    public double ObservedSkipShare { get; set; }

    /// <summary>n: how many negatives each liked item gets, different from each other; at least 1. Default 1.</summary>
    public int NumberOfNegatives { get; set; } = 1;

    /// <summary>
    /// With <see cref="NegativeSamplingMethod.InBatch"/>, how many rows make a batch: the first so many in the order of the data, the
    /// next so many, and so on; at least 1. Default 128.
    /// </summary>
    public int BatchSize { get; set; } = 128;

    /// <summary>
    /// Seeds the draws: the same seed gives the same row the same negatives. Null, the default: it follows the seed of the <see cref="MLContext"/>.
    /// </summary>
    public int? Seed { get; set; }

    internal NegativeSamplerSettings Sampler => new(Method, PopularityExponent, ObservedSkipShare);

    /// <summary>A copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">Some option is out of range or contradicts another.</exception>
    internal SampleNegativesOptions Checked()
    {
        string[] names = [ItemsColumnName, FeedbackColumnName, NegativesColumnName];
        Columns.CheckNames(
            (ItemsColumnName, nameof(ItemsColumnName)), (FeedbackColumnName, nameof(FeedbackColumnName)), (NegativesColumnName, nameof(NegativesColumnName)));
        if (names.Distinct().Count() < names.Length)
        {
            throw new ArgumentException(
                $"Items, feedback and negatives need columns of different names; given are {string.Join(", ", names)}.");
        }

        Sampler.Checked();
        RequirePositive(NumberOfNegatives, nameof(NumberOfNegatives));
        RequirePositive(BatchSize, nameof(BatchSize));
        return (SampleNegativesOptions)MemberwiseClone();
    }

    private static void RequirePositive(int value, string name)
    {
        if (value < 1)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 1.");
    }
}

/// <summary>Where sampled negatives are drawn from: items that the row of a user does not hold. Other rows of the user do not count.</summary>
public enum NegativeSamplingMethod
{
    /// <summary>Every item that the row does not hold is as likely as any other.</summary>
    Uniform,

    /// <summary>
    /// Items that the row does not hold, each in proportion to how often it occurs in the data, to the power of an exponent. Items
    /// that never occur are drawn only where the row holds all that do.
    /// </summary>
    Popularity,

    /// <summary>
    /// The liked items of the batch that the row does not hold, each as likely as it is frequent there; where the batch has none,
    /// every item of the catalogue that the row does not hold.
    /// </summary>
    InBatch,
}
