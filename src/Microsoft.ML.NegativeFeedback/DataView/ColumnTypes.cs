using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>Questions about column types, and the names of the annotations that the library reads and writes.</summary>
internal static class ColumnTypes
{
    /// <summary>The annotation that holds the values behind the keys 1..count of a key column.</summary>
    public const string KeyValues = "KeyValues";

    /// <summary>The type of a scalar, or of a vector's items.</summary>
    public static DataViewType ItemOf(DataViewType type) => type is VectorDataViewType vector ? vector.ItemType : type;

    /// <summary>The unsigned integer type that stores a key, and any other type as it is.</summary>
    public static DataViewType StorageOf(DataViewType itemType) => itemType is not KeyDataViewType ? itemType
        : itemType.RawType == typeof(byte) ? NumberDataViewType.Byte
        : itemType.RawType == typeof(ushort) ? NumberDataViewType.UInt16
        : itemType.RawType == typeof(uint) ? NumberDataViewType.UInt32
        : NumberDataViewType.UInt64;

    /// <summary>Whether the type is a vector whose items a <see cref="ValueGetter{TValue}"/> of VBuffer&lt;uint&gt; reads as keys.</summary>
    public static bool IsKeyVector(DataViewType type)
        => type is VectorDataViewType { ItemType: KeyDataViewType key } && key.RawType == typeof(uint);

    /// <summary>Whether the type is a vector of Single.</summary>
    public static bool IsSingleVector(DataViewType type)
        => type is VectorDataViewType vector && vector.ItemType == NumberDataViewType.Single;

    /// <summary>Whether the type can tell users, or items, apart: text, number or key.</summary>
    public static bool IsIdentifier(DataViewType type) => type is TextDataViewType or NumberDataViewType or KeyDataViewType;

    /// <summary>The type of what <see cref="BoxedValues"/> gives for a scalar, or for an item of a vector: the values behind keys where the column carries them.</summary>
    public static Type ValueTypeOf(DataViewSchema.Column column)
    {
        var item = ItemOf(column.Type);
        var value = item is KeyDataViewType ? KeyValueTypeOf(column) ?? item : item;
        return value is TextDataViewType ? typeof(string) : value.RawType;
    }

    /// <summary>The item type of a key column's values, or null where the column carries none.</summary>
    public static PrimitiveDataViewType? KeyValueTypeOf(DataViewSchema.Column column)
    {
        foreach (var annotation in column.Annotations.Schema)
        {
            if (annotation.Name == KeyValues)
                return (annotation.Type as VectorDataViewType)?.ItemType;
        }

        return null;
    }
}

/// <summary>Texts, as columns hold them, are equal where their characters are.</summary>
internal sealed class TextComparer : IEqualityComparer<ReadOnlyMemory<char>>
{
    public bool Equals(ReadOnlyMemory<char> x, ReadOnlyMemory<char> y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(ReadOnlyMemory<char> text) => string.GetHashCode(text.Span);
}
