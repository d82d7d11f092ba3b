using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// Item values as an ONNX tensor [N + 1]. What stands at 0, for "no item", must be nobody's value: MapValueToKey, which reads the table's
/// values in a saved model, gives it key 0 back.
/// </summary>
internal static class ItemTable
{
    /// <summary>The types that both an ONNX tensor and a column can hold, with values to choose the one at 0 from.</summary>
    private static readonly Dictionary<Type, (DataType Type, PrimitiveDataViewType Column, Func<int, object> Spare)> _types = new()
    {
        [typeof(ReadOnlyMemory<char>)] = (DataType.String, TextDataViewType.Instance, i => new string('_', i).AsMemory()),
        [typeof(bool)] = (DataType.Bool, BooleanDataViewType.Instance, i => i % 2 == 1),
        [typeof(sbyte)] = (DataType.Int8, NumberDataViewType.SByte, i => unchecked((sbyte)i)),
        [typeof(byte)] = (DataType.Uint8, NumberDataViewType.Byte, i => unchecked((byte)i)),
        [typeof(short)] = (DataType.Int16, NumberDataViewType.Int16, i => unchecked((short)i)),
        [typeof(ushort)] = (DataType.Uint16, NumberDataViewType.UInt16, i => unchecked((ushort)i)),
        [typeof(int)] = (DataType.Int32, NumberDataViewType.Int32, i => i),
        [typeof(uint)] = (DataType.Uint32, NumberDataViewType.UInt32, i => (uint)i),
        [typeof(long)] = (DataType.Int64, NumberDataViewType.Int64, i => (long)i),
        [typeof(ulong)] = (DataType.Uint64, NumberDataViewType.UInt64, i => (ulong)i),
        [typeof(float)] = (DataType.Float, NumberDataViewType.Single, i => i == 0 ? float.NaN : i),
        [typeof(double)] = (DataType.Double, NumberDataViewType.Double, i => i == 0 ? double.NaN : i),
    };

    /// <summary>The type of a column that holds what stands in a table.</summary>
    public static PrimitiveDataViewType TypeOf(DataType type)
        => _types.Values.First(entry => entry.Type == type).Column;

    /// <summary>The table of the items.</summary>
    /// <exception cref="ArgumentException">A tensor cannot hold the type, or every value of it is an item's.</exception>
    public static TensorProto Of<T>(T[] values, string columnName, IEqualityComparer<T> comparer)
    {
        var table = new T[values.Length + 1];
        table[0] = Spare(values, columnName, comparer);
        values.CopyTo(table, 1);
        if (table is ReadOnlyMemory<char>[] texts)
            return SavedForm.TextTable(texts.Select(text => text.ToString()));
        var bytes = new byte[Buffer.ByteLength(table)];
        Buffer.BlockCopy(table, 0, bytes, 0, bytes.Length);
        return SavedForm.NumberTable(_types[typeof(T)].Type, bytes, table.Length);
    }

    /// <summary>How many bytes the table takes, once it is known that there is one.</summary>
    /// <exception cref="ArgumentException">A tensor cannot hold the type, or every value of it is an item's.</exception>
    public static long Bytes<T>(T[] values, string columnName, IEqualityComparer<T> comparer)
    {
        Spare(values, columnName, comparer);
        // a text has its length before it, and a tag
        return values is ReadOnlyMemory<char>[] texts ? texts.Sum(text => Encoding.UTF8.GetByteCount(text.Span) + 6L) : values.Length * (long)Unsafe.SizeOf<T>();
    }

    /// <summary>A value that is no item's: the first of the candidates, of which among N + 1 different ones there is one.</summary>
    private static T Spare<T>(T[] values, string columnName, IEqualityComparer<T> comparer)
    {
        if (!_types.TryGetValue(typeof(T), out var type))
        {
            throw new ArgumentException($"The items of column '{columnName}' are of type {typeof(T).Name}, which a saved model "
                + "cannot hold: turn them into text or numbers before Transforms.Conversion.MapValueToKey.");
        }

        var taken = new HashSet<T>(values, comparer);
        for (int i = 0; i <= values.Length; i++)
        {
            var spare = (T)type.Spare(i);
            if (!taken.Contains(spare))
                return spare;
        }

        throw new ArgumentException($"The items of column '{columnName}' use up every value of {typeof(T).Name}, so that none is "
            + "left to stand for 'no item' in a saved model: turn them into text or a wider number before "
            + "Transforms.Conversion.MapValueToKey.");
    }
}
