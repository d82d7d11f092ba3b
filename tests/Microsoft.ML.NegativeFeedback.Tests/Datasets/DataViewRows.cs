using System.Security.Cryptography;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

/// <summary>Reads rows of a view into arrays of objects, one a row, in the order of the given columns (all where none is given).</summary>
internal static class DataViewRows
{
    public static List<object?[]> Of(IDataView view, params string[] columns)
    {
        var wanted = columns.Length == 0 ? [.. view.Schema] : columns.Select(name => view.Schema[name]).ToArray();
        using var cursor = view.GetRowCursor(wanted);
        return Read(cursor, wanted);
    }

    public static List<object?[]> Read(DataViewRowCursor cursor, IReadOnlyList<DataViewSchema.Column> columns)
    {
        var readers = columns.Select(column => column.Type is VectorDataViewType
            ? BoxedValues.Vector(cursor, column)
            : BoxedValues.Scalar(cursor, column)).ToArray();
        var rows = new List<object?[]>();
        while (cursor.MoveNext())
            rows.Add([.. readers.Select(read => read())]);
        return rows;
    }

    /// <summary>The first 8 bytes of the SHA-256 of a column's values, each in little-endian bytes.</summary>
    public static string HashOf(IEnumerable<object?> values)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        foreach (object? value in values)
        {
            if (value is int number)
                writer.Write(number);
            else if (value is long time)
                writer.Write(time);
            else if (value is float single)
                writer.Write(single);
            else
                writer.Write($"{value}");
        }

        return Convert.ToHexString(SHA256.HashData(bytes.ToArray())[..8]);
    }
}
