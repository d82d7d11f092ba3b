using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Makes chains of estimators.</summary>
public static class LearningPipelineExtensions
{
    public static EstimatorChain<TTrans> Append<TTrans>(
        this IEstimator<ITransformer> start, IEstimator<TTrans> estimator, TransformerScope scope = TransformerScope.Everything)
        where TTrans : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(estimator);
        return start is EstimatorChain<ITransformer> chain
            ? chain.Append(estimator, scope)
            : new EstimatorChain<ITransformer>().Append(start).Append(estimator, scope);
    }
}
