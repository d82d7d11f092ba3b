using Microsoft.ML.Data;

namespace Microsoft.ML;

public sealed partial class DataOperationsCatalog
{
    /// <summary>A view of objects, a column for every public field and property.</summary>
    public IDataView LoadFromEnumerable<TRow>(IEnumerable<TRow> data, SchemaDefinition schemaDefinition = null)
        where TRow : class
    {
        ArgumentNullException.ThrowIfNull(data);
        return new EnumerableDataView<TRow>(_env, data);
    }

    /// <summary>The rows as objects, read anew by every enumeration.</summary>
    public IEnumerable<TRow> CreateEnumerable<TRow>(
        IDataView data, bool reuseRowObject, bool ignoreMissingColumns = false, SchemaDefinition schemaDefinition = null)
        where TRow : class, new()
    {
        ArgumentNullException.ThrowIfNull(data);
        return Rows(data, new ObjectFiller<TRow>(data.Schema, ignoreMissingColumns), reuseRowObject);
    }

    private static IEnumerable<TRow> Rows<TRow>(IDataView data, ObjectFiller<TRow> filler, bool reuseRowObject)
        where TRow : class, new()
    {
        using var cursor = data.GetRowCursor(filler.Columns);
        var fill = filler.Bind(cursor);
        TRow row = null;
        while (cursor.MoveNext())
        {
            if (row is null || !reuseRowObject)
                row = new TRow();
            fill(row);
            yield return row;
        }
    }
}
