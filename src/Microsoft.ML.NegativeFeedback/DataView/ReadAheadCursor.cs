using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// A cursor whose added columns are made of many rows together: it reads a block of rows of one source ahead and keeps what was asked
/// for of them.
/// </summary>
internal abstract class ReadAheadCursor : DataViewRowCursor
{
    private readonly RowMapping _mapping;
    private readonly DataViewRowCursor _source;
    private readonly Dictionary<int, ColumnBuffer> _buffers = [];
    private readonly ColumnBuffer _ids;
    private readonly bool[] _isActive;
    private readonly List<long> _sourceBatches = [];
    private int _row = -1;
    private long _position = -1;
    private bool _isAtEnd;

    /// <param name="mapping">What is added.</param>
    /// <param name="source">The rows; whoever derives reads them too, in <see cref="ReadRow"/>.</param>
    /// <param name="active">The columns that will be asked for.</param>
    protected ReadAheadCursor(RowMapping mapping, DataViewRowCursor source, IEnumerable<DataViewSchema.Column> active)
    {
        _mapping = mapping;
        _source = source;
        _ids = ColumnBuffer.OfIds(source);
        _isActive = new bool[mapping.OutputSchema.Count];
        foreach (var column in active)
        {
            _isActive[column.Index] = true;
            if (column.Index < mapping.InputSchema.Count && !_buffers.ContainsKey(column.Index))
                _buffers.Add(column.Index, ColumnBuffer.Of(source, mapping.InputSchema[column.Index]));
        }
    }

    public override DataViewSchema Schema => _mapping.OutputSchema;

    public override long Position => _isAtEnd ? -1 : _position;

    public override long Batch => _row < 0 || _isAtEnd ? 0 : _sourceBatches[_row];

    public override bool MoveNext()
    {
        if (_isAtEnd)
            return false;
        _row++;
        if (_row >= _sourceBatches.Count)
            ReadAhead();
        _isAtEnd = _sourceBatches.Count == 0;
        if (!_isAtEnd)
            _position++;
        return !_isAtEnd;
    }

    public override bool IsColumnActive(DataViewSchema.Column column) => column.Index < _isActive.Length && _isActive[column.Index];

    public override ValueGetter<DataViewRowId> GetIdGetter() => (ValueGetter<DataViewRowId>)_ids.Getter(CurrentRow);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        if (!IsColumnActive(column))
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor was made; ask for it there.");
        var getter = column.Index < _mapping.InputSchema.Count
            ? _buffers[column.Index].Getter(CurrentRow)
            : AddedGetter(column.Index - _mapping.InputSchema.Count);
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue)}.");
    }

    /// <summary>Forgets the rows of the last block, and tells how many rows the next has; the last of all may have fewer.</summary>
    protected abstract int StartBlock();

    /// <summary>Adds the source's current row to the block.</summary>
    protected abstract void ReadRow();

    /// <summary>The getter of an added column; it gives the value of <see cref="CurrentRow"/>.</summary>
    protected abstract Delegate AddedGetter(int index);

    /// <summary>The place of the current row in its block.</summary>
    /// <exception cref="InvalidOperationException">The cursor stands on no row.</exception>
    protected int CurrentRow() => _row >= 0 && !_isAtEnd
        ? _row
        : throw new InvalidOperationException("The cursor stands on no row: call MoveNext first, and read only while it returns true.");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _source.Dispose();
        base.Dispose(disposing);
    }

    private void ReadAhead()
    {
        _row = 0;
        _sourceBatches.Clear();
        int blockRows = StartBlock();
        while (_sourceBatches.Count < blockRows && _source.MoveNext())
        {
            int row = _sourceBatches.Count;
            ReadRow();
            _ids.Read(row);
            foreach (var buffer in _buffers.Values)
                buffer.Read(row);
            _sourceBatches.Add(_source.Batch);
        }
    }
}
