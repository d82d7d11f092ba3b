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
