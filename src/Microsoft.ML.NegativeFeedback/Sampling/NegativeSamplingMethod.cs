namespace Microsoft.ML.NegativeFeedback;

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
