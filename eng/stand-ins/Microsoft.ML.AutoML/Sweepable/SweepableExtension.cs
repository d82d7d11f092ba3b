namespace Microsoft.ML.AutoML;

/// <summary>Makes pipelines of estimators and sweepable ones.</summary>
public static class SweepableExtension
{
    public static SweepablePipeline Append(this IEstimator<ITransformer> estimator, SweepableEstimator estimator1)
        => new SweepablePipeline().Append(estimator).Append([estimator1]);

    public static SweepablePipeline Append(this IEstimator<ITransformer> estimator, params SweepableEstimator[] estimators)
        => new SweepablePipeline().Append(estimator).Append(estimators);

    public static SweepablePipeline Append(this SweepablePipeline pipeline, IEstimator<ITransformer> estimator)
        => pipeline.Append([new SweepableEstimator((_, _) => estimator, new SearchSpace.SearchSpace())]);

    public static SweepablePipeline Append(this SweepableEstimator estimator, IEstimator<ITransformer> estimator1)
        => new SweepablePipeline().Append([estimator]).Append(estimator1);
}
