using System.Runtime.CompilerServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>Builds the <see cref="SchemaShape"/>s that estimators promise; ML.NET keeps the constructor of their columns internal.</summary>
internal static class SchemaShapes
{
    /// <summary>A column of a shape.</summary>
    /// <param name="name">The column's name.</param>
    /// <param name="kind">Scalar, vector of one size, or variable vector.</param>
    /// <param name="itemType">The type of an item; of a key, the type that stores it.</param>
    /// <param name="isKey">Whether the items are keys.</param>
    /// <param name="annotations">The annotations that the column will have.</param>
    public static SchemaShape.Column Column(
        string name, SchemaShape.Column.VectorKind kind, DataViewType itemType, bool isKey = false, SchemaShape? annotations = null)
        => CreateColumn(name, kind, itemType, isKey, annotations);

    /// <summary>The shape of a column that a schema has.</summary>
    public static SchemaShape.Column Of(DataViewSchema.Column column, string? name = null)
    {
        var itemType = ColumnTypes.ItemOf(column.Type);
        var kind = column.Type is VectorDataViewType vector
            ? vector.IsKnownSize ? SchemaShape.Column.VectorKind.Vector : SchemaShape.Column.VectorKind.VariableVector
            : SchemaShape.Column.VectorKind.Scalar;
        var annotations = new SchemaShape(column.Annotations.Schema.Select(annotation => Of(annotation)));
        return itemType is KeyDataViewType
            ? Column(name ?? column.Name, kind, ColumnTypes.StorageOf(itemType), isKey: true, annotations)
            : Column(name ?? column.Name, kind, itemType, isKey: false, annotations);
    }

    /// <summary>What a column of a sequence keeps of the annotations of the column behind it: the values behind keys.</summary>
    public static SchemaShape KeyValuesOf(SchemaShape.Column column)
        => new(column.Annotations.Where(annotation => annotation.Name == ColumnTypes.KeyValues));

    /// <summary><paramref name="input"/> with columns added, each in the place of the one of its name where there is one.</summary>
    public static SchemaShape With(SchemaShape input, params SchemaShape.Column[] added)
    {
        var columns = input.ToDictionary(column => column.Name);
        foreach (var column in added)
            columns[column.Name] = column;
        return new SchemaShape(columns.Values);
    }

    /// <summary>The column of that name, or null.</summary>
    public static SchemaShape.Column? Find(SchemaShape shape, string name)
    {
        foreach (var column in shape)
        {
            if (column.Name == name)
                return column;
        }

        return null;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern SchemaShape.Column CreateColumn(
        string name, SchemaShape.Column.VectorKind vecKind, DataViewType itemType, bool isKey, SchemaShape? annotations);
}
