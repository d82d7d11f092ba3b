namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>The rows of a view that a mask keeps, with all their columns, in their order; a byte a row is all that it holds.</summary>
internal sealed class RowSubsetView(IDataView source, bool[] isKept, int count) : IDataView
{
    public DataViewSchema Schema => source.Schema;

    public bool CanShuffle => false;

    public long? GetRowCount() => count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(source.GetRowCursor(columnsNeeded), isKept);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [GetRowCursor(columnsNeeded)];

    private sealed class Cursor(DataViewRowCursor input, bool[] isKept) : DataViewRowCursor
    {
        private long _row = -1;
        private long _position = -1;

        public override DataViewSchema Schema => input.Schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool MoveNext()
        {
            while (input.MoveNext())
            {
                if (++_row >= isKept.Length)
                    throw OtherRows("more");

                if (isKept[_row])
                {
                    _position++;
                    return true;
                }
            }

            if (_row + 1 < isKept.Length)
                throw OtherRows("fewer");
            _position = -1;
            return false;
        }

        private InvalidDataException OtherRows(string how)
            => new($"The log has {how} rows than the {isKept.Length} it had when it was split or filtered: cache it before (Data.Cache), or do that again.");

        public override ValueGetter<Data.DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool IsColumnActive(DataViewSchema.Column column) => input.IsColumnActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => input.GetGetter<TValue>(column);

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                input.Dispose();
            base.Dispose(disposing);
        }
    }
}
