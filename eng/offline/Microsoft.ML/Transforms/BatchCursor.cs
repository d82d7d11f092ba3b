using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Base of the cursors that serve rows from batches.</summary>
internal abstract class BatchCursor : DataViewRowCursor
{
    private readonly Delegate[] _getters;
    private RowBatch _batch;
    private int _row;
    private bool _atEnd;
    private long _position = -1;

    protected BatchCursor(DataViewSchema schema, Func<DataViewSchema.Column, bool> isActive)
    {
        Schema = schema;
        _getters = new Delegate[schema.Count];
        var activeCount = 0;
        foreach (var column in schema.Where(isActive))
        {
            var index = activeCount++;
            _getters[column.Index] = ColumnBuffer.Create(column.Type, 0).MakeGetter(() => Current.Columns[index], () => _row);
        }
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _position;

    public override long Batch => _batch?.Number ?? 0;

    private RowBatch Current => _batch ?? throw new InvalidOperationException(CursorErrors.NotOnRow);

    public override bool MoveNext()
    {
        if (_batch is null || ++_row == _batch.Count)
        {
            _batch = _atEnd ? null : NextBatch();
            _row = 0;
            _atEnd = _batch is null;
        }
        _position = _atEnd ? -1 : _position + 1;
        return !_atEnd;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

    public override ValueGetter<DataViewRowId> GetIdGetter() =>
        (ValueGetter<DataViewRowId>)new ColumnBuffer<DataViewRowId>(0).MakeGetter(() => Current.Ids, () => _row);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        var getter = _getters[column.Index];
        Check.State(getter is not null, $"Column '{column.Name}' is not active.");
        return CursorErrors.Cast<TValue>(getter, column);
    }

    /// <summary>The next batch, never empty, or null at the end.</summary>
    protected abstract RowBatch NextBatch();
}
