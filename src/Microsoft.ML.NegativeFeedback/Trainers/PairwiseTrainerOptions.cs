namespace Microsoft.ML.NegativeFeedback;

/// <summary>What the options of trainers share that learn to rank liked items above sampled and skipped ones.</summary>
/// <remarks>The defaults are those of SINE's published code (RecSys '23): 200 items, width 50, dropout 0.5, batches of 128, 20 epochs of patience.</remarks>
public abstract class PairwiseTrainerOptions : SequenceTrainerOptions
{
    private protected PairwiseTrainerOptions()
    {
        MaximumSequenceLength = 200;
        EmbeddingWidth = 50;
        DropoutRate = 0.5;
        BatchSize = 128;
        EarlyStoppingPatience = 20;
    }

    /// <summary>
    /// How the items are drawn that a liked one is ranked above: items that the whole row does not hold, whatever its feedback. What the user has in other rows, in other windows
    /// for instance, is not known there and may be drawn. A row with two liked items that holds every item is an error. Default <see cref="NegativeSamplingMethod.Uniform"/>.
    /// </summary>
    public NegativeSamplingMethod NegativeSampling { get; set; } = NegativeSamplingMethod.Uniform;

    /// <summary>α of <see cref="NegativeSamplingMethod.Popularity"/>: an item is drawn in proportion to its count to this power; at least 0. Default 0.75.</summary>
    public double PopularityExponent { get; set; } = 0.75;

    /// <summary>
    /// The share, in [0, 1], of the sampled items that are skips of the row's own, as far as it has any: passive negatives mixed into the others, what makes SASRec
    /// the paper's SASRec-N. An item that the row both likes and skips is no skip, and one skipped often is as likely as one skipped once. Default 0: none is.
    /// </summary>
    public double ObservedSkipShare { get; set; }
}
