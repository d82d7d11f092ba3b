using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Conversions of values.</summary>
public static class ConversionsExtensionsCatalog
{
    public static KeyToValueMappingEstimator MapKeyToValue(
        this TransformsCatalog.ConversionTransforms catalog, string outputColumnName, string inputColumnName = null) =>
        new(catalog.GetEnvironment(), [(outputColumnName, inputColumnName ?? outputColumnName)]);

    public static ValueToKeyMappingEstimator MapValueToKey(
        this TransformsCatalog.ConversionTransforms catalog,
        string outputColumnName,
        string inputColumnName = null,
        int maximumNumberOfKeys = 1000000,
        ValueToKeyMappingEstimator.KeyOrdinality keyOrdinality = ValueToKeyMappingEstimator.KeyOrdinality.ByOccurrence,
        bool addKeyValueAnnotationsAsText = false,
        IDataView keyData = null)
    {
        var columns = new[] { (outputColumnName, inputColumnName ?? outputColumnName) };
        return Create(catalog, columns, maximumNumberOfKeys, keyOrdinality, addKeyValueAnnotationsAsText, keyData);
    }

    public static ValueToKeyMappingEstimator MapValueToKey(
        this TransformsCatalog.ConversionTransforms catalog,
        InputOutputColumnPair[] columns,
        int maximumNumberOfKeys = 1000000,
        ValueToKeyMappingEstimator.KeyOrdinality keyOrdinality = ValueToKeyMappingEstimator.KeyOrdinality.ByOccurrence,
        bool addKeyValueAnnotationsAsText = false,
        IDataView keyData = null)
    {
        ArgumentNullException.ThrowIfNull(columns);
        var pairs = Array.ConvertAll(columns, column => (column.OutputColumnName, column.InputColumnName));
        return Create(catalog, pairs, maximumNumberOfKeys, keyOrdinality, addKeyValueAnnotationsAsText, keyData);
    }

    private static ValueToKeyMappingEstimator Create(
        TransformsCatalog.ConversionTransforms catalog,
        (string Output, string Input)[] columns,
        int maximumNumberOfKeys,
        ValueToKeyMappingEstimator.KeyOrdinality keyOrdinality,
        bool keyValuesAsText,
        IDataView keyData)
    {
        if (keyValuesAsText)
            throw new NotSupportedException("This implementation keeps key values in their own type; text needs the package Microsoft.ML.");
        return new(catalog.GetEnvironment(), columns, maximumNumberOfKeys, keyOrdinality, keyData);
    }
}
