using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// Reads rows of one source cursor ahead, keeps what was asked for of them, and scores them together. The first batches are small,
/// so that whoever looks at a few rows pays for few.
/// </summary>
internal sealed class ScoredCursor : DataViewRowCursor
{
    private const int FirstBatchRows = 16;
    private const int MaximumBatchRows = 256;

    private readonly NextItemMapping _mapping;
    private readonly OnnxScorer _scorer;
    private readonly DataViewRowCursor _source;
    private readonly HistoryReader _reader;
    private readonly HistoryRows _histories = new();
    private readonly ScoredRows _scored = new();
    private readonly Dictionary<int, ColumnBuffer> _buffers = [];
    private readonly ColumnBuffer _ids;
    private readonly Delegate[] _addedGetters;
    private readonly bool[] _isActive;
    private readonly List<long> _sourceBatches = [];
    private int _row = -1;
    private int _batchRows = FirstBatchRows;
    private long _position = -1;
    private bool _isScored;
    private bool _isAtEnd;

    public ScoredCursor(
        NextItemMapping mapping, OnnxScorer scorer, DataViewRowCursor source, IEnumerable<DataViewSchema.Column> active)
    {
        _mapping = mapping;
        _scorer = scorer;
        _source = source;
        _reader = new HistoryReader(mapping, source);
        _ids = ColumnBuffer.OfIds(source);
        _isActive = new bool[mapping.OutputSchema.Count];
        foreach (var column in active)
        {
            _isActive[column.Index] = true;
            if (column.Index < mapping.InputSchema.Count && !_buffers.ContainsKey(column.Index))
                _buffers.Add(column.Index, ColumnBuffer.Of(source, mapping.InputSchema[column.Index]));
        }

        _addedGetters = mapping.Getters(EnsureScored, _scored, CurrentRow);
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
            : _addedGetters[column.Index - _mapping.InputSchema.Count];
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue)}.");
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _source.Dispose();
        base.Dispose(disposing);
    }

    private int CurrentRow() => _row >= 0 && !_isAtEnd
        ? _row
        : throw new InvalidOperationException("The cursor stands on no row: call MoveNext first, and read only while it returns true.");

    private void ReadAhead()
    {
        _row = 0;
        _isScored = false;
        _histories.Clear();
        _sourceBatches.Clear();
        while (_sourceBatches.Count < _batchRows && _source.MoveNext())
        {
            int row = _sourceBatches.Count;
            _reader.Read(_histories);
            _ids.Read(row);
            foreach (var buffer in _buffers.Values)
                buffer.Read(row);
            _sourceBatches.Add(_source.Batch);
        }

        _batchRows = Math.Min(2 * _batchRows, MaximumBatchRows);
    }

    private void EnsureScored()
    {
        if (_isScored)
            return;
        CurrentRow();
        _scorer.Score(_histories, _scored);
        _isScored = true;
    }
}
