using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// Scores the rows of a source in batches. The first batches are small, so that whoever looks at a few rows pays for few.
/// </summary>
internal sealed class ScoredCursor : ReadAheadCursor
{
    private const int FirstBatchRows = 16;
    private const int MaximumBatchRows = 256;

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
        return _batchRows = Math.Min(2 * _batchRows, MaximumBatchRows);
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
