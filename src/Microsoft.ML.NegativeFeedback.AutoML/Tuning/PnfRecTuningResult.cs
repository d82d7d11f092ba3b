namespace Microsoft.ML.NegativeFeedback;

/// <summary>What came of tuning PNFRec.</summary>
public sealed class PnfRecTuningResult
{
    internal PnfRecTuningResult(
        RecommenderSweepResult encoderSweep, RecommenderSweepResult? negativeWeightSweep, RecommenderSweepResult? contrastiveWeightSweep, bool isCancelled,
        InvalidOperationException? failure)
    {
        EncoderSweep = encoderSweep;
        NegativeWeightSweep = negativeWeightSweep;
        ContrastiveWeightSweep = contrastiveWeightSweep;
        IsCancelled = isCancelled;
        Failure = failure;
    }

    /// <summary>The trials of the encoder with α = β = 0: SASRec_p.</summary>
    public RecommenderSweepResult EncoderSweep { get; }

    /// <summary>The trials of α with the best encoder and β = 0: PNFRec_pn, figure 2 of the paper. Null where the tuning ended before the first of them succeeded.</summary>
    public RecommenderSweepResult? NegativeWeightSweep { get; }

    /// <summary>The trials of β with the best encoder and α: PNFRec. Null where the tuning ended before the first of them succeeded.</summary>
    public RecommenderSweepResult? ContrastiveWeightSweep { get; }

    /// <summary>The best trial of the last sweep in which one succeeded.</summary>
    public RecommendationTrial Best => Last.Best;

    /// <summary>The options of that trial.</summary>
    public PnfRecTrainer.Options Options => (PnfRecTrainer.Options)Best.Options!;

    /// <summary>The pipeline that it fitted.</summary>
    public ITransformer Model => Last.Model;

    /// <summary>Whether the tuning was cancelled before its last trial.</summary>
    public bool IsCancelled { get; }

    /// <summary>Why the tuning ended before its last sweep: no trial of α or of β succeeded. Null where it was not so.</summary>
    public Exception? Failure { get; }

    private RecommenderSweepResult Last => ContrastiveWeightSweep ?? NegativeWeightSweep ?? EncoderSweep;
}
