namespace Microsoft.ML.NegativeFeedback;

/// <summary>How a sweep goes: what trials are measured by, how many, chosen how.</summary>
public sealed class RecommenderSweepOptions : RecommendationMetricOptions
{
    /// <summary>How the next trial is chosen. Default <see cref="SweepStrategy.CostFrugal"/>.</summary>
    public SweepStrategy Strategy { get; set; } = SweepStrategy.CostFrugal;

    /// <summary>At most this many trials, failed ones among them; at least 1. Default 20; a grid has at most its combinations.</summary>
    public int MaximumNumberOfTrials { get; set; } = 20;

    /// <summary>Ends the running trial and the sweep, which keeps what is done. Default none.</summary>
    public CancellationToken CancellationToken { get; set; }
}

/// <summary>How a sweep chooses what to try next.</summary>
public enum SweepStrategy
{
    /// <summary>From where the search space starts, in steps that grow while trials get better: AutoML's own for pipelines (cost-frugal optimisation).</summary>
    CostFrugal,

    /// <summary>Points drawn evenly from the search space.</summary>
    Random,

    /// <summary>Every combination of the search space's values, the last option's changing fastest; of a range of numbers eleven, evenly spread, its ends among them. Of more than <see cref="RecommenderSweepOptions.MaximumNumberOfTrials"/> the first are tried.</summary>
    Grid,
}

/// <summary>What came of a sweep.</summary>
public sealed class RecommenderSweepResult
{
    internal RecommenderSweepResult(IReadOnlyList<RecommendationTrial> trials, RecommendationTrial best, ITransformer model, bool isCancelled)
    {
        Trials = trials;
        Best = best;
        Model = model;
        IsCancelled = isCancelled;
    }

    /// <summary>Every finished trial in its order, failed ones among them.</summary>
    public IReadOnlyList<RecommendationTrial> Trials { get; }

    /// <summary>The trial with the largest metric; the first of equals.</summary>
    public RecommendationTrial Best { get; }

    /// <summary>The pipeline that the best trial fitted.</summary>
    public ITransformer Model { get; }

    /// <summary>Whether the sweep was cancelled before its last trial.</summary>
    public bool IsCancelled { get; }
}
