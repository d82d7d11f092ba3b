using System.Reflection;

namespace Microsoft.ML.Data;

/// <summary>Reads one column.</summary>
public static class ColumnCursorExtensions
{
    /// <summary>
    /// The values of a column, read anew by every enumeration, as its raw type, or as strings for text, or as arrays for vectors. A raw
    /// vector is filled again for every row.
    /// </summary>
    public static IEnumerable<T> GetColumn<T>(this IDataView data, string columnName)
    {
        ArgumentNullException.ThrowIfNull(data);
        var column = data.Schema[columnName];
        if (column.Type.RawType == typeof(T))
            return Read<T, T>(data, column, value => value);
        if (column.Type is TextDataViewType && typeof(T) == typeof(string))
            return (IEnumerable<T>)Read<ReadOnlyMemory<char>, string>(data, column, text => text.ToString());
        if (column.Type is VectorDataViewType vector && typeof(T).IsArray)
        {
            if (vector.ItemType is TextDataViewType && typeof(T) == typeof(string[]))
                return (IEnumerable<T>)Read<VBuffer<ReadOnlyMemory<char>>, string[]>(data, column, Texts);
            if (typeof(T).GetElementType() == vector.ItemType.RawType)
            {
                return (IEnumerable<T>)typeof(ColumnCursorExtensions)
                    .GetMethod(nameof(ReadArrays), BindingFlags.NonPublic | BindingFlags.Static)
                    .MakeGenericMethod(vector.ItemType.RawType).Invoke(null, [data, column]);
            }
        }
        throw new ArgumentOutOfRangeException(nameof(columnName),
            $"Cannot map column (name: {column.Name}, type: {column.Type}) in {nameof(data)} to the user-defined type, {typeof(T)}.");
    }

    private static IEnumerable<T[]> ReadArrays<T>(IDataView data, DataViewSchema.Column column) =>
        Read<VBuffer<T>, T[]>(data, column, values => [.. values.DenseValues()]);

    // as in the package, a slot without a value gives null
    private static string[] Texts(VBuffer<ReadOnlyMemory<char>> values)
    {
        var texts = new string[values.Length];
        var slots = values.GetIndices();
        var items = values.GetValues();
        for (var i = 0; i < items.Length; i++)
            texts[values.IsDense ? i : slots[i]] = items[i].ToString();
        return texts;
    }

    private static IEnumerable<TResult> Read<TValue, TResult>(IDataView data, DataViewSchema.Column column, Func<TValue, TResult> convert)
    {
        using var cursor = data.GetRowCursor([column]);
        var getter = cursor.GetGetter<TValue>(column);
        TValue value = default;
        while (cursor.MoveNext())
        {
            getter(ref value);
            yield return convert(value);
        }
    }
}
