using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Options of a <see cref="PredictionEngine{TSrc, TDst}"/>.</summary>
public sealed class PredictionEngineOptions
{
    /// <summary>Whether the output class may have members for which the model has no column.</summary>
    public bool IgnoreMissingColumns = true;

    public SchemaDefinition InputSchemaDefinition;

    public SchemaDefinition OutputSchemaDefinition;

    /// <summary>Whether disposing of the engine disposes of the model.</summary>
    public bool OwnsTransformer = true;
}
