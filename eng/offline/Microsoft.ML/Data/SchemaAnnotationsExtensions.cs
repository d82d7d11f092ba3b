namespace Microsoft.ML.Data;

/// <summary>Reads the usual annotations of columns.</summary>
public static class SchemaAnnotationsExtensions
{
    /// <summary>What the keys of a column stand for.</summary>
    public static void GetKeyValues<TValue>(this DataViewSchema.Column column, ref VBuffer<TValue> keyValues) =>
        column.Annotations.GetValue(AnnotationKinds.KeyValues, ref keyValues);
}
