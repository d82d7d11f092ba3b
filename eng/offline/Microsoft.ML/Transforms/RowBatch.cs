namespace Microsoft.ML.Data;

/// <summary>Some consecutive rows that were copied out of a cursor: their active columns and ids.</summary>
internal sealed class RowBatch
{
    public const int Capacity = 64;

    private RowBatch(DataViewSchema.Column[] columns)
    {
        Columns = [.. columns.Select(column => ColumnBuffer.Create(column.Type, Capacity))];
        Ids = new ColumnBuffer<DataViewRowId>(Capacity);
    }

    public ColumnBuffer[] Columns { get; }

    public ColumnBuffer<DataViewRowId> Ids { get; }

    public int Count { get; private set; }

    /// <summary>Where these rows stand among all batches.</summary>
    public long Number { get; set; }

    /// <summary>Copies rows out of a cursor, batch by batch.</summary>
    internal sealed class Reader
    {
        private readonly DataViewRowCursor _cursor;
        private readonly DataViewSchema.Column[] _columns;
        private readonly Action<ColumnBuffer, int>[] _writers;
        private readonly Action<ColumnBuffer, int> _idWriter;
        private bool _onRow;
        private bool _started;

        public Reader(DataViewRowCursor cursor)
        {
            _cursor = cursor;
            _columns = [.. cursor.Schema.Where(cursor.IsColumnActive)];
            _writers = [.. _columns.Select(column => ColumnBuffer.Create(column.Type, 0).MakeWriter(cursor, column))];
            _idWriter = ColumnBuffer<DataViewRowId>.WriterOf(cursor.GetIdGetter());
        }

        /// <summary>The next rows that share a batch number of the cursor, or null at its end.</summary>
        public RowBatch Next()
        {
            if (!_started)
                _onRow = _cursor.MoveNext();
            _started = true;
            if (!_onRow)
                return null;
            var batch = new RowBatch(_columns) { Number = _cursor.Batch };
            while (_onRow && _cursor.Batch == batch.Number && batch.Count < Capacity)
            {
                for (var i = 0; i < _writers.Length; i++)
                    _writers[i](batch.Columns[i], batch.Count);
                _idWriter(batch.Ids, batch.Count++);
                _onRow = _cursor.MoveNext();
            }
            return batch;
        }
    }
}
