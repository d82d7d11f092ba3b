using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Makes prediction engines.</summary>
public sealed partial class ModelOperationsCatalog
{
    public PredictionEngine<TSrc, TDst> CreatePredictionEngine<TSrc, TDst>(
        ITransformer transformer,
        bool ignoreMissingColumns = true,
        SchemaDefinition inputSchemaDefinition = null,
        SchemaDefinition outputSchemaDefinition = null)
        where TSrc : class
        where TDst : class, new() => new(transformer, ignoreMissingColumns, ownsTransformer: true);

    public PredictionEngine<TSrc, TDst> CreatePredictionEngine<TSrc, TDst>(ITransformer transformer, PredictionEngineOptions options)
        where TSrc : class
        where TDst : class, new()
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(transformer, ignoreMissingColumns: true, options.OwnsTransformer);
    }
}
