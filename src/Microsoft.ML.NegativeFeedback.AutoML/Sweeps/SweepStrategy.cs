namespace Microsoft.ML.NegativeFeedback;

/// <summary>How a sweep chooses what to try next.</summary>
public enum SweepStrategy
{
    /// <summary>From where the search space starts, in steps that grow while trials get better: AutoML's own for pipelines (cost-frugal optimisation).</summary>
    CostFrugal,

    /// <summary>Points drawn evenly from the search space.</summary>
    Random,

    /// <summary>Every combination of the search space's values, the last option's changing fastest; of a range of numbers eleven, evenly spread, its ends among them.</summary>
    Grid,
}
