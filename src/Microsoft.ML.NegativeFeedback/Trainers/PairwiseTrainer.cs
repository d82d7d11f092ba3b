using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// The base of the trainers that learn pairwise: the next liked item is to score above a sampled one that the row does not hold and above the one that
/// the user skipped just before it.
/// </summary>
public abstract class PairwiseTrainer : NextItemTrainer
{
    private readonly PairwiseTrainerOptions _options;

    private protected PairwiseTrainer(IHostEnvironment environment, string name, PairwiseTrainerOptions options)
        : base(environment, name, options)
    {
        _options = options = (PairwiseTrainerOptions)OwnOptions;
        TrainerChecks.IsDefined(options.NegativeSampling, nameof(options.NegativeSampling));
        TrainerChecks.InRange(options.PopularityExponent, nameof(options.PopularityExponent), value => value >= 0, "at least 0");
        TrainerChecks.InRange(options.ObservedSkipShare, nameof(options.ObservedSkipShare), value => value is >= 0 and <= 1, "in [0, 1]");
    }

    // as published for SINE
    private protected override double SecondMomentDecay => 0.98;

    /// <summary>The encoder in the form that SINE was published with.</summary>
    private protected EncoderSettings PairwiseEncoderSettings => EncoderSettings with { Form = EncoderForm.Sine };

    private protected override bool RanksCandidates => true;

    /// <summary>Whether one liked item after any other is learned from.</summary>
    private protected virtual bool LearnsFromWholeHistories => false;

    /// <summary>What is learned from and what early stopping watches.</summary>
    private protected SampledData ReadData(TrainerInput input)
    {
        RequireUnseenItems(input, _options.ItemsColumnName, LearnsFromWholeHistories ? 2 : null);
        var (train, validation) = SplitRows(input);
        return new SampledData(
            train, validation, new NegativeSamplerSettings(_options.NegativeSampling, _options.PopularityExponent, _options.ObservedSkipShare));
    }

    /// <summary>Whether anything was skipped, wherever it stands.</summary>
    private protected static bool HasSkips(SequenceData data)
    {
        for (int row = 0; row < data.RowCount; row++)
        {
            if (data.Feedback(row).Contains((sbyte)-1))
                return true;
        }

        return false;
    }
}

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
    /// for instance, is not known there and may be drawn. A row that is learned from, one with two liked items or for <see cref="BaselineNetwork.FeedRec"/> with two items, and that holds every item is an error. Default <see cref="NegativeSamplingMethod.Uniform"/>.
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
