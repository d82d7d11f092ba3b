using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>A log in the order of time, made as it is read: as cheap a source as there can be, so that what reads it is timed.</summary>
internal sealed class SyntheticLog(long count) : IDataView
{
    public DataViewSchema Schema { get; } = MakeSchema();

    public bool CanShuffle => false;

    public long? GetRowCount() => count;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null) => new Cursor(Schema, count);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [GetRowCursor(columnsNeeded, rand)];

    private static DataViewSchema MakeSchema()
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("User", NumberDataViewType.Int32);
        builder.AddColumn("Item", NumberDataViewType.Int32);
        builder.AddColumn("Time", NumberDataViewType.Int64);
        builder.AddColumn("Feedback", NumberDataViewType.Single);
        return builder.ToSchema();
    }

    private sealed class Cursor(DataViewSchema schema, long count) : DataViewRowCursor
    {
        private long _position = -1;
        private ulong _state = 1;

        public override DataViewSchema Schema => schema;

        public override long Position => _position;

        public override long Batch => 0;

        public override bool IsColumnActive(DataViewSchema.Column column) => true;

        public override bool MoveNext()
        {
            if (_position + 1 >= count)
                return false;
            _position++;
            _state = (_state * 6364136223846793005) + 1442695040888963407;
            return true;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_position, 0);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => (ValueGetter<TValue>)(Delegate)(column.Name switch
        {
            "User" => (ValueGetter<int>)((ref int user) => user = (int)((_state >> 33) % (ulong)Math.Max(1, count / 100))),
            "Item" => (ValueGetter<int>)((ref int item) => item = (int)((_state >> 20) % 100_000)),
            "Time" => (ValueGetter<long>)((ref long time) => time = _position),
            _ => (ValueGetter<float>)((ref float feedback) => feedback = (_state >> 40) % 3 == 0 ? -1 : 1),
        });
    }
}
