namespace Microsoft.ML.NegativeFeedback;

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
