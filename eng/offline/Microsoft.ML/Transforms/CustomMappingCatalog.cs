using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Functions of the user's as transforms.</summary>
public static class CustomMappingCatalog
{
    /// <summary>Maps rows by a function; with no contract name, its transformer cannot be saved.</summary>
    public static CustomMappingEstimator<TSrc, TDst> CustomMapping<TSrc, TDst>(
        this TransformsCatalog catalog,
        Action<TSrc, TDst> mapAction,
        string contractName,
        SchemaDefinition inputSchemaDefinition = null,
        SchemaDefinition outputSchemaDefinition = null)
        where TSrc : class, new()
        where TDst : class, new()
    {
        var env = catalog.GetEnvironment();
        return new(env, new(env, mapAction, contractName, inputSchemaDefinition, outputSchemaDefinition));
    }
}
