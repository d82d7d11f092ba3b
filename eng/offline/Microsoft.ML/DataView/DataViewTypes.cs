namespace Microsoft.ML.Data;

/// <summary>From .NET types to column types.</summary>
internal static class DataViewTypes
{
    private static readonly PrimitiveDataViewType[] _all =
    [
        NumberDataViewType.SByte, NumberDataViewType.Byte, NumberDataViewType.Int16, NumberDataViewType.UInt16,
        NumberDataViewType.Int32, NumberDataViewType.UInt32, NumberDataViewType.Int64, NumberDataViewType.UInt64,
        NumberDataViewType.Single, NumberDataViewType.Double,
        TextDataViewType.Instance, BooleanDataViewType.Instance, DateTimeDataViewType.Instance,
    ];

    /// <summary>The primitive type whose raw type is <paramref name="type"/> (text for string), or null.</summary>
    public static PrimitiveDataViewType FromTypeOrNull(Type type) =>
        Array.Find(_all, known => known.RawType == (type == typeof(string) ? typeof(ReadOnlyMemory<char>) : type));

    public static PrimitiveDataViewType FromType(Type type) =>
        FromTypeOrNull(type) ?? throw new ArgumentOutOfRangeException(nameof(type), $"There is no column type for {type}.");

    /// <summary>The type of a vector's items; a scalar's own type.</summary>
    public static DataViewType GetItemType(this DataViewType type) => (type as VectorDataViewType)?.ItemType ?? type;
}
