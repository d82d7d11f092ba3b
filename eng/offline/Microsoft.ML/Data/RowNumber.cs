using System.Buffers.Binary;
using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Functions that give a number for the current row of a cursor, to filter or split by. NaN is for rows without one.</summary>
internal static class RowNumber
{
    // what the package hashes into
    private const int HashBits = 30;

    /// <summary>A number as it is; a key's place in its set, between 0 and 1. Null for columns of other types.</summary>
    public static Func<DataViewRow, Func<double>> ValueOrNull(DataViewSchema.Column column) => column.Type switch
    {
        KeyDataViewType key => row => Key(row, column, key),
        _ when column.Type.RawType == typeof(float) => row => Read<float>(row, column, value => value),
        _ when column.Type.RawType == typeof(double) => row => Read<double>(row, column, value => value),
        _ => null,
    };

    /// <summary>The value between the least and the greatest of all rows, as a share of the way.</summary>
    public static Func<DataViewRow, Func<double>> MinMaxScaled(IDataView data, DataViewSchema.Column column)
    {
        var (least, greatest) = (double.PositiveInfinity, double.NegativeInfinity);
        using (var cursor = data.GetRowCursor([column]))
        {
            var value = ValueOrNull(column)(cursor);
            while (cursor.MoveNext())
            {
                var current = value();
                least = Math.Min(least, double.IsNaN(current) ? least : current);
                greatest = Math.Max(greatest, double.IsNaN(current) ? greatest : current);
            }
        }
        // a constant column scales to 0
        var (offset, scale) = greatest > least ? (least, 1 / (greatest - least)) : (0, 0);
        return row =>
        {
            var value = ValueOrNull(column)(row);
            return () => (value() - offset) * scale;
        };
    }

    /// <summary>
    /// The value's hash, between 0 and 1. Text is hashed as UTF-8, which outside ASCII may differ from the package; no text is missing.
    /// </summary>
    public static Func<DataViewRow, Func<double>> Hashed(DataViewSchema.Column column, uint seed)
    {
        var type = column.Type.RawType;
        return type == typeof(ReadOnlyMemory<char>) ? row => Text(row, column, seed)
            : type == typeof(bool) ? row => Integer<bool>(row, column, seed, 4, value => value ? 1 : 0)
            : type == typeof(sbyte) ? row => Integer<sbyte>(row, column, seed, 4, value => value)
            : type == typeof(byte) ? row => Integer<byte>(row, column, seed, 4, value => value)
            : type == typeof(short) ? row => Integer<short>(row, column, seed, 4, value => value)
            : type == typeof(ushort) ? row => Integer<ushort>(row, column, seed, 4, value => value)
            : type == typeof(int) ? row => Integer<int>(row, column, seed, 4, value => value)
            : type == typeof(uint) ? row => Integer<uint>(row, column, seed, 4, value => value)
            : type == typeof(long) ? row => Integer<long>(row, column, seed, 8, value => value)
            : type == typeof(ulong) ? row => Integer<ulong>(row, column, seed, 8, value => (long)value)
            : type == typeof(TimeSpan) ? row => Integer<TimeSpan>(row, column, seed, 8, value => value.Ticks)
            : type == typeof(DateTime) ? row => Integer<DateTime>(row, column, seed, 8, value => value.Ticks)
            : type == typeof(DateTimeOffset) ? row => Integer<DateTimeOffset>(row, column, seed, 8, value => value.UtcTicks)
            : throw new NotSupportedException($"Column '{column.Name}' of type {column.Type} cannot be hashed here.");
    }

    private static Func<double> Read<T>(DataViewRow row, DataViewSchema.Column column, Func<T, double> convert)
    {
        var getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            return convert(value);
        };
    }

    private static Func<double> Key(DataViewRow row, DataViewSchema.Column column, KeyDataViewType type)
    {
        return type.RawType == typeof(byte) ? Read<byte>(row, column, value => Place(value))
            : type.RawType == typeof(ushort) ? Read<ushort>(row, column, value => Place(value))
            : type.RawType == typeof(uint) ? Read<uint>(row, column, value => Place(value))
            : Read<ulong>(row, column, Place);

        double Place(ulong value) => value == 0 || value > type.Count ? double.NaN : (value - 0.5) / type.Count;
    }

    private static Func<double> Integer<T>(DataViewRow row, DataViewSchema.Column column, uint seed, int size, Func<T, long> widen)
    {
        var bytes = new byte[sizeof(long)];
        return Read<T>(row, column, value =>
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes, widen(value));
            return Place(Hash.Murmur(seed, bytes.AsSpan(0, size)));
        });
    }

    private static Func<double> Text(DataViewRow row, DataViewSchema.Column column, uint seed) =>
        Read<ReadOnlyMemory<char>>(row, column, text =>
            text.IsEmpty ? double.NaN : Place(Hash.Murmur(seed, Encoding.UTF8.GetBytes(text.Span.Trim(' ').ToString()))));

    private static double Place(uint hash) => ((hash & ((1u << HashBits) - 1)) + 0.5) / (1u << HashBits);
}
