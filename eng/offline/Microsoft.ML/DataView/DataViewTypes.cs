namespace Microsoft.ML.Data;

/// <summary>From .NET types and kinds to column types and back.</summary>
internal static class DataViewTypes
{
    // in the order of DataKind, which starts at 1
    private static readonly PrimitiveDataViewType[] _all =
    [
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16,
        NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64,
        NumberDataViewType.Single, NumberDataViewType.Double,
        TextDataViewType.Instance, BooleanDataViewType.Instance, TimeSpanDataViewType.Instance, DateTimeDataViewType.Instance,
        DateTimeOffsetDataViewType.Instance, RowIdDataViewType.Instance,
    ];

    /// <summary>The kind of the values of a type that <see cref="FromTypeOrNull"/> knows.</summary>
    public static DataKind KindOf(Type type) => (DataKind)(Array.IndexOf(_all, FromType(type)) + 1);

    public static PrimitiveDataViewType FromKind(DataKind kind) => Enum.IsDefined(kind)
        ? _all[(int)kind - 1]
        : throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no such kind of data.");

    /// <summary>The primitive type whose raw type is <paramref name="type"/> (text for string), or null.</summary>
    public static PrimitiveDataViewType FromTypeOrNull(Type type) =>
        Array.Find(_all, known => known.RawType == (type == typeof(string) ? typeof(ReadOnlyMemory<char>) : type));

    public static PrimitiveDataViewType FromType(Type type) =>
        FromTypeOrNull(type) ?? throw new ArgumentOutOfRangeException(nameof(type), $"There is no column type for {type}.");

    /// <summary>The type of a vector's items; a scalar's own type.</summary>
    public static DataViewType GetItemType(this DataViewType type) => (type as VectorDataViewType)?.ItemType ?? type;
}
