using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>What has a search space.</summary>
public interface ISweepable
{
    SearchSpace.SearchSpace SearchSpace { get; }
}

/// <summary>What makes an estimator of each point of its search space.</summary>
public interface ISweepable<out T> : ISweepable
    where T : IEstimator<ITransformer>
{
    T BuildFromOption(MLContext context, Parameter parameter);
}
