using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// A data view whose rows are made while a cursor runs, one after the other: nothing is held but the row that the cursor stands
/// on, so that there is no row count before the end, no shuffling and one cursor at a time.
/// </summary>
internal abstract class StreamedDataView(DataViewSchema schema) : IDataView
{
    public DataViewSchema Schema { get; } = schema;

    public bool CanShuffle => false;

    public long? GetRowCount() => null;

    public abstract DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [GetRowCursor(columnsNeeded, rand)];
}

/// <summary>
/// What the library's own cursors share: the active columns, the position, and getters that are checked when they are asked for.
/// </summary>
internal abstract class SourceCursor : DataViewRowCursor
{
    private readonly bool[] _isActive;
    private long _position = -1;
    private bool _isDone;

    protected SourceCursor(DataViewSchema schema, IEnumerable<DataViewSchema.Column> columnsNeeded)
    {
        Schema = schema;
        _isActive = new bool[schema.Count];
        foreach (var column in columnsNeeded)
            _isActive[column.Index] = true;
    }

    public sealed override DataViewSchema Schema { get; }

    public sealed override long Position => _position;

    public override long Batch => 0;

    public sealed override bool MoveNext()
    {
        if (!_isDone && Advance())
        {
            _position++;
            return true;
        }

        _isDone = true;
        _position = -1;
        return false;
    }

    public sealed override bool IsColumnActive(DataViewSchema.Column column)
        => column.Index < _isActive.Length && _isActive[column.Index];

    public sealed override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor was made; ask for it there.");
        return CreateGetter(column.Index) as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue)}.");
    }

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

    /// <summary>Goes to the next row; false at the end. It is not called again after that.</summary>
    protected abstract bool Advance();

    /// <summary>A <see cref="ValueGetter{TValue}"/> of the column's raw type.</summary>
    protected abstract Delegate CreateGetter(int columnIndex);
}
