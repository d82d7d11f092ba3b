using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>How values of the primitive types, and the types themselves, are written into a model file.</summary>
internal static class ValueFormat
{
    private static readonly Dictionary<Type, object> _formats = new()
    {
        [typeof(bool)] = new Format<bool>((writer, value) => writer.Write(value), reader => reader.ReadBoolean()),
        [typeof(sbyte)] = new Format<sbyte>((writer, value) => writer.Write(value), reader => reader.ReadSByte()),
        [typeof(byte)] = new Format<byte>((writer, value) => writer.Write(value), reader => reader.ReadByte()),
        [typeof(short)] = new Format<short>((writer, value) => writer.Write(value), reader => reader.ReadInt16()),
        [typeof(ushort)] = new Format<ushort>((writer, value) => writer.Write(value), reader => reader.ReadUInt16()),
        [typeof(int)] = new Format<int>((writer, value) => writer.Write(value), reader => reader.ReadInt32()),
        [typeof(uint)] = new Format<uint>((writer, value) => writer.Write(value), reader => reader.ReadUInt32()),
        [typeof(long)] = new Format<long>((writer, value) => writer.Write(value), reader => reader.ReadInt64()),
        [typeof(ulong)] = new Format<ulong>((writer, value) => writer.Write(value), reader => reader.ReadUInt64()),
        [typeof(float)] = new Format<float>((writer, value) => writer.Write(value), reader => reader.ReadSingle()),
        [typeof(double)] = new Format<double>((writer, value) => writer.Write(value), reader => reader.ReadDouble()),
        [typeof(ReadOnlyMemory<char>)] = new Format<ReadOnlyMemory<char>>(
            (writer, value) => writer.Write(value.ToString()), reader => reader.ReadString().AsMemory()),
        [typeof(DateTime)] = new Format<DateTime>((writer, value) => writer.Write(value.Ticks), reader => new DateTime(reader.ReadInt64())),
    };

    private static readonly Type[] _rawTypes = [.. _formats.Keys];

    public static void WriteValue<T>(BinaryWriter writer, T value) => ((Format<T>)_formats[typeof(T)]).Write(writer, value);

    public static T ReadValue<T>(BinaryReader reader) => ((Format<T>)_formats[typeof(T)]).Read(reader);

    /// <summary>Whether columns of the type can be described in a model file.</summary>
    public static bool CanWrite(DataViewType type) =>
        type.GetItemType() is PrimitiveDataViewType item && _formats.ContainsKey(item.RawType);

    public static void WriteType(BinaryWriter writer, DataViewType type)
    {
        var item = type.GetItemType();
        writer.Write((byte)Array.IndexOf(_rawTypes, item.RawType));
        // 0: no key
        writer.Write((item as KeyDataViewType)?.Count ?? 0);
        var dimensions = (type as VectorDataViewType)?.Dimensions ?? [];
        writer.Write(dimensions.Length);
        foreach (var dimension in dimensions)
            writer.Write(dimension);
    }

    public static DataViewType ReadType(BinaryReader reader)
    {
        var rawType = _rawTypes.ElementAtOrDefault(reader.ReadByte())
            ?? throw new FormatException("Corrupt model file: unknown type of values.");
        var keyCount = reader.ReadUInt64();
        PrimitiveDataViewType item = keyCount > 0 ? new KeyDataViewType(rawType, keyCount) : DataViewTypes.FromType(rawType);
        var dimensions = new int[reader.ReadCount()];
        for (var i = 0; i < dimensions.Length; i++)
            dimensions[i] = reader.ReadInt32();
        return dimensions.Length == 0 ? item : new VectorDataViewType(item, [.. dimensions]);
    }

    private sealed record Format<T>(Action<BinaryWriter, T> Write, Func<BinaryReader, T> Read);
}
