using Microsoft.ML.AutoML;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>How PNFRec is tuned: its encoder first, then α, then β.</summary>
public sealed class PnfRecTuningOptions : RecommendationMetricOptions
{
    /// <summary>The published tuning, which makes <see cref="RecommendationMetric.PositiveNdcg"/> large.</summary>
    public PnfRecTuningOptions()
    {
        Metric = RecommendationMetric.PositiveNdcg;
    }

    /// <summary>The options that are not tuned. Default: those of a new <see cref="PnfRecTrainer.Options"/>; α and β are set by the tuning.</summary>
    public PnfRecTrainer.Options Trainer { get; set; } = new();

    /// <summary>
    /// What is tuned with α = β = 0, by the names of the options. Default null: <see cref="SequenceTrainerOptions.EmbeddingWidth"/>,
    /// <see cref="SequenceTrainerOptions.NumberOfBlocks"/> and <see cref="SequenceTrainerOptions.LearningRate"/>, as published.
    /// </summary>
    public SearchSpace.SearchSpace? EncoderSearchSpace { get; set; }

    /// <summary>At most this many trials of the encoder; at least 1. Default 20.</summary>
    public int MaximumNumberOfEncoderTrials { get; set; } = 20;

    /// <summary>How the trials of the encoder are chosen. Default <see cref="SweepStrategy.CostFrugal"/>.</summary>
    public SweepStrategy EncoderStrategy { get; set; } = SweepStrategy.CostFrugal;

    /// <summary>The values of α that are tried, each at least 0. Default: 0, 0.05 … 1, as published.</summary>
    public IReadOnlyList<double> NegativeWeights { get; set; } = PublishedGrid;

    /// <summary>The values of β that are tried, each at least 0. Default: 0, 0.05 … 1, as published.</summary>
    public IReadOnlyList<double> ContrastiveWeights { get; set; } = PublishedGrid;

    /// <summary>
    /// Puts the trainer into the pipeline that is fitted. Default null: <c>MapValueToKey</c> of the items before it, or nothing where the items are keys already.
    /// </summary>
    public Func<SweepableEstimator, SweepablePipeline>? Pipeline { get; set; }

    /// <summary>Ends the running trial and the tuning, which keeps what is done. Default none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>A copy that later changes of these options and of those in them do not reach.</summary>
    /// <exception cref="ArgumentNullException">The trainer's options or a grid are null.</exception>
    internal PnfRecTuningOptions CopyAll()
    {
        ArgumentNullException.ThrowIfNull(Trainer);
        ArgumentNullException.ThrowIfNull(NegativeWeights);
        ArgumentNullException.ThrowIfNull(ContrastiveWeights);
        var copy = (PnfRecTuningOptions)Copy();
        copy.Trainer = (PnfRecTrainer.Options)Trainer.Copy();
        (copy.NegativeWeights, copy.ContrastiveWeights) = ([.. NegativeWeights], [.. ContrastiveWeights]);
        return copy;
    }

    private static double[] PublishedGrid => [.. Enumerable.Range(0, 21).Select(step => step / 20.0)];
}
