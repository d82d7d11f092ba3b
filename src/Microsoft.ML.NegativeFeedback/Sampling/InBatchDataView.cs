using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sampling;

/// <summary>
/// A view with negatives out of the same batch of rows. Batches are blocks of the source's own order: it is read by one cursor and
/// never shuffled here, so that a row has the same negatives however the view is read.
/// </summary>
internal sealed class InBatchDataView(IDataView source, NegativesMapping mapping) : IDataView
{
    public DataViewSchema Schema => mapping.OutputSchema;

    public bool CanShuffle => false;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        var cursor = source.GetRowCursor(mapping.DependenciesOf(active));
        return active.Any(column => column.Index >= mapping.InputSchema.Count)
            ? MappedCursor.OrClose([cursor], () => new Cursor(mapping, cursor, active))
            : new MappedCursor(mapping, cursor, active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [GetRowCursor(columnsNeeded)];

    private sealed class Cursor : ReadAheadCursor
    {
        private readonly NegativesMapping _mapping;
        private readonly HistoryRowReader _reader;
        private readonly List<SamplingRow> _rows = [];
        private readonly List<int> _liked = [];
        private int _rowCount;

        public Cursor(NegativesMapping mapping, DataViewRowCursor source, DataViewSchema.Column[] active)
            : base(mapping, source, active)
        {
            _mapping = mapping;
            _reader = mapping.Reader(source);
        }

        protected override int StartBlock()
        {
            _rowCount = 0;
            _liked.Clear();
            return _mapping.BatchSize;
        }

        protected override void ReadRow()
        {
            if (_rowCount == _rows.Count)
                _rows.Add(new SamplingRow());
            var row = _rows[_rowCount++];
            row.Read(_reader, _mapping.Seed);
            _liked.AddRange(row.Liked);
        }

        protected override Delegate AddedGetter(int index)
            => (ValueGetter<VBuffer<uint>>)((ref VBuffer<uint> negatives)
                => _mapping.Draw(_rows[CurrentRow()], CollectionsMarshal.AsSpan(_liked), ref negatives));
    }
}
