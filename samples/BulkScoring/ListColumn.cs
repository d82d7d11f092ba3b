using Parquet;
using Parquet.Schema;

namespace BulkScoring;

/// <summary>
/// Columns as Parquet keeps them: the values of all rows behind each other, beside them levels that say where a row begins (repetition 0) and whether there is a value at all (the highest
/// definition level of the column).
/// </summary>
internal static class ListColumn
{
    // of a list that may be missing and whose elements may not: 0 is no list, 1 an empty one
    private const int EmptyList = 1, Element = 2;

    /// <summary>The field of a column of lists.</summary>
    public static ListField FieldOf<T>(string name)
        where T : struct
        => new(name, new DataField<T>(ListField.ElementName));

    /// <summary>Writes lists, one a row.</summary>
    public static Task WriteAsync<T>(ParquetRowGroupWriter group, ListField field, IReadOnlyList<T[]> rows, CancellationToken cancellation)
        where T : struct
    {
        int places = rows.Sum(row => Math.Max(row.Length, 1)), place = 0;
        var (values, definition, repetition) = (new T[rows.Sum(row => row.Length)], new int[places], new int[places]);
        int written = 0;
        foreach (var row in rows)
        {
            row.CopyTo(values, written);
            written += row.Length;
            int length = Math.Max(row.Length, 1);
            definition.AsSpan(place, length).Fill(row.Length > 0 ? Element : EmptyList);
            repetition.AsSpan(place + 1, length - 1).Fill(1);
            place += length;
        }

        return group.WriteAllPartsAsync<T>((DataField)field.Item, values, definition, repetition, cancellation);
    }

    /// <summary>Reads lists, one a row; a missing list is an empty one.</summary>
    /// <exception cref="InvalidDataException">An element is missing.</exception>
    public static async Task<T[][]> ReadListsAsync<T>(ParquetRowGroupReader group, DataField field, CancellationToken cancellation)
        where T : struct
    {
        var (values, definition, repetition) = await ReadAsync<T>(group, field, cancellation);
        var rows = new T[group.RowCount][];
        for (int row = 0, place = 0, start = 0; row < rows.Length; row++)
        {
            int end = start;
            do
            {
                if (definition[place] == field.MaxDefinitionLevel)
                    end++;
                else if (field.IsNullable && definition[place] == field.MaxDefinitionLevel - 1)
                    throw new InvalidDataException($"row {row} has a list with a missing element");
                place++;
            }
            while (place < repetition.Length && repetition[place] > 0);
            rows[row] = values[start..end];
            start = end;
        }

        return rows;
    }

    /// <summary>Reads single values, one a row.</summary>
    /// <exception cref="InvalidDataException">A value is missing.</exception>
    public static async Task<T[]> ReadValuesAsync<T>(ParquetRowGroupReader group, DataField field, CancellationToken cancellation)
        where T : struct
    {
        var (values, definition, _) = await ReadAsync<T>(group, field, cancellation);
        int missing = definition.AsSpan().IndexOfAnyExcept(field.MaxDefinitionLevel);
        return missing < 0 ? values : throw new InvalidDataException($"row {missing} has no value");
    }

    private static async Task<(T[] Values, int[] Definition, int[] Repetition)> ReadAsync<T>(ParquetRowGroupReader group, DataField field, CancellationToken cancellation)
        where T : struct
    {
        long count = group.GetMetadata(field)?.MetaData?.NumValues ?? throw new InvalidDataException("the row group lacks the column");
        var (values, definition, repetition) = (new T[count], new int[field.MaxDefinitionLevel > 0 ? count : 0], new int[field.MaxRepetitionLevel > 0 ? count : 0]);
        await group.ReadRawAsync<T>(field, values, Levels(definition), Levels(repetition), cancellation);
        return (values, definition, repetition);

        // null by its type, as Memory<int> takes a bare one for an empty array
        static Memory<int>? Levels(int[] levels) => levels.Length > 0 ? levels : default(Memory<int>?);
    }
}
