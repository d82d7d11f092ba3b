using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A view of the objects of a sequence, which is run through for every cursor.</summary>
internal sealed class EnumerableDataView<TRow> : IDataView
    where TRow : class
{
    private readonly IEnumerable<TRow> _data;
    private readonly ObjectColumns<TRow> _columns = new();
    private readonly IHost _host;

    public EnumerableDataView(IHostEnvironment env, IEnumerable<TRow> data)
    {
        _host = env.Register("StreamingDataView");
        _data = data;
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema => _columns.Schema;

    public long? GetRowCount() => (_data as ICollection<TRow>)?.Count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null) =>
        new Cursor(_data, _columns, ColumnSet.Of(columnsNeeded, Schema), _host);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly IEnumerator<TRow> _rows;
        private readonly ObjectRow<TRow> _row;
        private readonly IChannel _channel;
        private bool _disposed;

        public Cursor(IEnumerable<TRow> data, ObjectColumns<TRow> columns, ColumnSet active, IHost host)
        {
            _channel = host.Start("Cursor");
            _rows = data.GetEnumerator();
            _row = new ObjectRow<TRow>(columns, active.Contains);
        }

        public override DataViewSchema Schema => _row.Schema;

        public override long Position => _row.Position;

        public override long Batch => 0;

        public override bool MoveNext()
        {
            if (!_disposed && _rows.MoveNext())
            {
                Check.State(_rows.Current is not null, "Encountered null when iterating over data, this is not supported.");
                _row.MoveTo(_rows.Current);
                return true;
            }
            Dispose();
            return false;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => _row.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => _row.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _row.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_disposed)
            {
                _disposed = true;
                _row.MoveTo(null);
                _rows.Dispose();
                _channel.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
