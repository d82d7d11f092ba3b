using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// A view with the columns of a model added, scored in batches as rows are read. Order and shuffling are the source's, and so is the division into cursors where nothing is scored.
/// </summary>
/// <remarks>
/// What is scored has one cursor, however many ML.NET asks for. It divides rows among several as they come, so that which rows share a batch, and with that the last bits of their scores, would
/// differ from run to run; and a session takes all processors for a batch, so that several at a time have nothing to gain and as many times the memory.
/// </remarks>
internal sealed class ScoredDataView(IDataView source, NextItemMapping mapping, OnnxScorer scorer) : IDataView
{
    public DataViewSchema Schema => mapping.OutputSchema;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        return Wrap(source.GetRowCursor(mapping.DependenciesOf(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        return IsScored(active) ? [GetRowCursor(active, rand)]
            : source.GetRowCursorSet(mapping.DependenciesOf(active), n, rand).Select(cursor => Wrap(cursor, active)).ToArray();
    }

    private DataViewRowCursor Wrap(DataViewRowCursor cursor, DataViewSchema.Column[] active)
        => IsScored(active)
            ? MappedCursor.OrClose([cursor], () => new ScoredCursor(mapping, scorer, cursor, active))
            : new MappedCursor(mapping, cursor, active);

    private bool IsScored(DataViewSchema.Column[] active) => active.Any(column => column.Index >= mapping.InputSchema.Count);
}

/// <summary>
/// Scores the rows of a source in batches. The first batches are small, so that whoever looks at a few rows pays for few.
/// </summary>
internal sealed class ScoredCursor : ReadAheadCursor
{
    private const int FirstBatchRows = 16;
    private const int MaximumBatchRows = 1024, MaximumBatchRowsOnGpu = 4096;

    private readonly OnnxScorer _scorer;
    private readonly HistoryReader _reader;
    private readonly HistoryRows _histories = new();
    private readonly ScoredRows _scored = new();
    private readonly Delegate[] _addedGetters;
    private int _batchRows = FirstBatchRows / 2;
    private bool _isScored;

    public ScoredCursor(
        NextItemMapping mapping, OnnxScorer scorer, DataViewRowCursor source, IEnumerable<DataViewSchema.Column> active)
        : base(mapping, source, active)
    {
        _scorer = scorer;
        _reader = new HistoryReader(mapping, source);
        _addedGetters = mapping.Getters(EnsureScored, _scored, CurrentRow);
    }

    protected override int StartBlock()
    {
        _isScored = false;
        _histories.Clear();
        return _batchRows = Math.Min(2 * _batchRows, _scorer.RunsOnGpu ? MaximumBatchRowsOnGpu : MaximumBatchRows);
    }

    protected override void ReadRow() => _reader.Read(_histories);

    protected override Delegate AddedGetter(int index) => _addedGetters[index];

    private void EnsureScored()
    {
        if (_isScored)
            return;
        CurrentRow();
        _scorer.Score(_histories, _scored);
        _isScored = true;
    }
}
