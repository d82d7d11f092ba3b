using System.Collections;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>What is known of a schema before any data is seen: names, kinds and item types, but no sizes.</summary>
public sealed class SchemaShape : IReadOnlyCollection<SchemaShape.Column>
{
    private static readonly SchemaShape _empty = new([]);

    private readonly Column[] _columns;

    public SchemaShape(IEnumerable<Column> columns)
    {
        ArgumentNullException.ThrowIfNull(columns);
        _columns = [.. columns];
        Check.Parameter(_columns.All(c => c.IsValid), nameof(columns), "Some items are not initialized properly.");
    }

    public int Count => _columns.Length;

    public IEnumerator<Column> GetEnumerator() => ((IEnumerable<Column>)_columns).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The shape of the columns that are not hidden.</summary>
    internal static SchemaShape Create(DataViewSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return new SchemaShape(schema.Where(c => !c.IsHidden).Select(column =>
            Shape(column, new SchemaShape(column.Annotations.Schema.Select(annotation => Shape(annotation, null))))));
    }

    internal static void GetColumnTypeShape(DataViewType type, out Column.VectorKind vecKind, out DataViewType itemType, out bool isKey)
    {
        var vector = type as VectorDataViewType;
        vecKind = vector is null ? Column.VectorKind.Scalar
            : vector.IsKnownSize ? Column.VectorKind.Vector
            : Column.VectorKind.VariableVector;
        itemType = vector?.ItemType ?? type;
        isKey = itemType is KeyDataViewType;
        if (isKey)
            itemType = DataViewTypes.FromType(itemType.RawType);
    }

    internal bool TryFindColumn(string name, out Column column)
    {
        ArgumentNullException.ThrowIfNull(name);
        column = _columns.FirstOrDefault(x => x.Name == name);
        return column.IsValid;
    }

    private static Column Shape(DataViewSchema.Column column, SchemaShape annotations)
    {
        GetColumnTypeShape(column.Type, out var kind, out var itemType, out var isKey);
        return new Column(column.Name, kind, itemType, isKey, annotations);
    }

    /// <summary>The shape of one column.</summary>
    public struct Column
    {
        public readonly string Name;
        public readonly VectorKind Kind;

        /// <summary>The type of the items, which for keys is the number type below.</summary>
        public readonly DataViewType ItemType;

        public readonly bool IsKey;

        /// <summary>The shape of the annotations, one level deep.</summary>
        public readonly SchemaShape Annotations;

        internal Column(string name, VectorKind vecKind, DataViewType itemType, bool isKey, SchemaShape annotations = null)
        {
            Check.NonEmpty(name, nameof(name));
            Check.Parameter(itemType is not KeyDataViewType, nameof(itemType), "Item type cannot be a key");
            Check.Parameter(itemType is not VectorDataViewType, nameof(itemType), "Item type cannot be a vector");
            Check.Parameter(!isKey || KeyDataViewType.IsValidDataType(itemType.RawType), nameof(itemType),
                "The item type must be valid for a key");
            Name = name;
            Kind = vecKind;
            ItemType = itemType;
            IsKey = isKey;
            Annotations = annotations ?? _empty;
        }

        public enum VectorKind
        {
            Scalar,
            Vector,
            VariableVector,
        }

        internal bool IsValid => Name is not null;

        internal bool IsCompatibleWith(Column source) =>
            Name == source.Name && Kind == source.Kind && ItemType.Equals(source.ItemType) && IsKey == source.IsKey
            && Annotations.All(wanted => source.Annotations.TryFindColumn(wanted.Name, out var found) && wanted.IsCompatibleWith(found));

        internal string GetTypeString()
        {
            var item = IsKey ? $"Key<{ItemType}>" : ItemType.ToString();
            return Kind switch
            {
                VectorKind.Vector => $"Vector<{item}>",
                VectorKind.VariableVector => $"VarVector<{item}>",
                _ => item,
            };
        }
    }
}
