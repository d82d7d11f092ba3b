using Microsoft.ML.Data;

namespace Microsoft.ML;

/// <summary>Fetches the value of one column of the current row into <paramref name="value"/>, reusing its buffers.</summary>
public delegate void ValueGetter<TValue>(ref TValue value);

/// <summary>A lazy, immutable table that is read through cursors.</summary>
public interface IDataView
{
    /// <summary>Whether <see cref="GetRowCursor"/> honours a random generator.</summary>
    bool CanShuffle { get; }

    DataViewSchema Schema { get; }

    /// <summary>The number of rows, or null when it takes a pass to know.</summary>
    long? GetRowCount();

    DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null);

    /// <summary>At most <paramref name="n"/> cursors that share the rows among them, each to be driven by its own thread.</summary>
    DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null);
}

/// <summary>A row: getters for its active columns.</summary>
public abstract class DataViewRow : IDisposable
{
    /// <summary>The row's number in this cursor, −1 before the first and after the last.</summary>
    public abstract long Position { get; }

    /// <summary>Orders the rows of the cursors of one cursor set.</summary>
    public abstract long Batch { get; }

    public abstract DataViewSchema Schema { get; }

    public abstract ValueGetter<DataViewRowId> GetIdGetter();

    public abstract bool IsColumnActive(DataViewSchema.Column column);

    public abstract ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column);

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A row that moves.</summary>
public abstract class DataViewRowCursor : DataViewRow
{
    public abstract bool MoveNext();
}
