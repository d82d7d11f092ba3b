namespace Microsoft.ML.Data;

/// <summary>Estimators that are fitted one after another, each on what the transformers before it give.</summary>
public sealed class EstimatorChain<TLastTransformer> : IEstimator<TransformerChain<TLastTransformer>>
    where TLastTransformer : class, ITransformer
{
    private readonly EstimatorLink[] _links;

    public EstimatorChain()
        : this([])
    {
    }

    internal EstimatorChain(EstimatorLink[] links)
    {
        _links = links;
    }

    public TransformerChain<TLastTransformer> Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        // a schema that does not fit is found before anything is trained
        GetOutputSchema(SchemaShape.Create(input.Schema));

        var view = input;
        var transformers = new List<ITransformer>();
        foreach (var link in _links)
        {
            var transformer = link.Estimator.Fit(view);
            transformers.Add(transformer);
            view = transformer.Transform(view);
        }
        return new TransformerChain<TLastTransformer>(transformers, _links.Select(link => link.Scope));
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) =>
        _links.Aggregate(inputSchema, (shape, link) => link.Estimator.GetOutputSchema(shape));

    public EstimatorChain<TNewTrans> Append<TNewTrans>(
        IEstimator<TNewTrans> estimator, TransformerScope scope = TransformerScope.Everything)
        where TNewTrans : class, ITransformer
    {
        ArgumentNullException.ThrowIfNull(estimator);
        return new EstimatorChain<TNewTrans>([.. _links, new EstimatorLink(estimator, scope)]);
    }
}

/// <summary>An estimator in a chain.</summary>
internal sealed record EstimatorLink(IEstimator<ITransformer> Estimator, TransformerScope Scope);
