namespace Microsoft.ML.NegativeFeedback;

/// <summary>Where sampled negatives, items that the user has nothing to do with, are drawn from.</summary>
public enum NegativeSamplingMethod
{
    /// <summary>Every item that the user has not seen is as likely as any other.</summary>
    Uniform,

    /// <summary>
    /// Items that the user has not seen, each in proportion to how often it occurs in the data, to the power of an exponent. Items
    /// that never occur are drawn only where the user has seen all that do.
    /// </summary>
    Popularity,

    /// <summary>
    /// The liked items of the batch that the user has not seen, each as likely as it is frequent there; where the batch has none,
    /// every item of the catalogue that the user has not seen.
    /// </summary>
    InBatch,
}
