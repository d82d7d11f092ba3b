namespace Microsoft.ML.Data;

/// <summary>One of several cursors that share the rows of one. Whichever runs dry takes the next batch, under the batch's number.</summary>
internal sealed class SplitCursor : BatchCursor
{
    private readonly Source _source;
    private bool _disposed;

    private SplitCursor(Source source, DataViewRowCursor input)
        : base(input.Schema, input.IsColumnActive) => _source = source;

    public static DataViewRowCursor[] Split(DataViewRowCursor input, int count)
    {
        var source = new Source(input, count);
        return [.. Enumerable.Range(0, count).Select(_ => new SplitCursor(source, input))];
    }

    protected override RowBatch NextBatch() => _source.Next();

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
            _source.Release();
        _disposed = true;
        base.Dispose(disposing);
    }

    private sealed class Source(DataViewRowCursor input, int users)
    {
        private readonly Lock _lock = new();
        private readonly RowBatch.Reader _reader = new(input);
        private long _next;
        private int _users = users;

        public RowBatch Next()
        {
            lock (_lock)
            {
                var batch = _reader.Next();
                if (batch is not null)
                    batch.Number = _next++;
                return batch;
            }
        }

        public void Release()
        {
            if (Interlocked.Decrement(ref _users) == 0)
                input.Dispose();
        }
    }
}
