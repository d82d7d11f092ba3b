using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests;

/// <summary>A view whose cursors give no getter.</summary>
internal sealed class UnreadableView(IDataView view) : IDataView
{
    public int Opened { get; private set; }

    public int Closed { get; private set; }

    public DataViewSchema Schema => view.Schema;

    public bool CanShuffle => false;

    public long? GetRowCount() => view.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        Opened++;
        return new Cursor(view.GetRowCursor(columnsNeeded), () => Closed++);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) => [.. Enumerable.Range(0, 3).Select(_ => GetRowCursor(columnsNeeded))];

    private sealed class Cursor(DataViewRowCursor cursor, Action closed) : DataViewRowCursor
    {
        public override DataViewSchema Schema => cursor.Schema;

        public override long Position => cursor.Position;

        public override long Batch => cursor.Batch;

        public override bool MoveNext() => cursor.MoveNext();

        public override ValueGetter<DataViewRowId> GetIdGetter() => cursor.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => cursor.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => throw new IOException("The file is gone.");

        protected override void Dispose(bool disposing)
        {
            closed();
            cursor.Dispose();
            base.Dispose(disposing);
        }
    }
}
