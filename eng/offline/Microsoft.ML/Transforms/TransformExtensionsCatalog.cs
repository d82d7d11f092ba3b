using Microsoft.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Transforms of whole columns.</summary>
public static class TransformExtensionsCatalog
{
    public static ColumnCopyingEstimator CopyColumns(this TransformsCatalog catalog, string outputColumnName, string inputColumnName) =>
        new(catalog.GetEnvironment(), outputColumnName, inputColumnName);

    public static ColumnSelectingEstimator DropColumns(this TransformsCatalog catalog, params string[] columnNames) =>
        new(catalog.GetEnvironment(), columnNames);
}
