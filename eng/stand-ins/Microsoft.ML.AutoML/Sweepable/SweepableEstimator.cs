using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>An estimator that is made anew for each point of a search space.</summary>
public class SweepableEstimator : ISweepable<IEstimator<ITransformer>>
{
    private readonly Func<MLContext, Parameter, IEstimator<ITransformer>> _factory;

    public SweepableEstimator(Func<MLContext, Parameter, IEstimator<ITransformer>> factory, SearchSpace.SearchSpace ss)
    {
        _factory = factory;
        SearchSpace = ss;
        // as in the package, a search space there must be
        ss.SampleFromFeatureSpace(ss.Default);
    }

    public SearchSpace.SearchSpace SearchSpace { get; set; }

    public virtual IEstimator<ITransformer> BuildFromOption(MLContext context, Parameter param) => _factory(context, param);
}
