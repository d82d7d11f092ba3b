using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Base of the estimators that learn nothing from the data.</summary>
public abstract class TrivialEstimator<TTransformer> : IEstimator<TTransformer>
    where TTransformer : class, ITransformer
{
    private protected TrivialEstimator(IHostEnvironment env, string name, TTransformer transformer)
    {
        ArgumentNullException.ThrowIfNull(env);
        ArgumentNullException.ThrowIfNull(transformer);
        // takes its turn in the order of components, on which the randomness of later ones depends
        env.Register(name);
        Transformer = transformer;
    }

    private protected TTransformer Transformer { get; }

    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        // a schema that does not fit is found here, as in the package
        Transformer.GetOutputSchema(input.Schema);
        return Transformer;
    }

    public abstract SchemaShape GetOutputSchema(SchemaShape inputSchema);

    /// <summary>The columns of a shape, by name, to put others beside or in place of them.</summary>
    private protected static Dictionary<string, SchemaShape.Column> ByName(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return inputSchema.ToDictionary(column => column.Name);
    }
}
