using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// Keeps columns of a source in memory. A column is read when it is first asked for, on a thread of its own, so several passes over
/// the source may happen. Cursor sets take turns at blocks of rows.
/// </summary>
internal sealed class CacheDataView : IDataView
{
    private const int BlockShift = 6;
    private const int BlockRows = 1 << BlockShift;

    private readonly IHost _host;
    private readonly IDataView _source;
    private readonly CachedColumn[] _columns;
    private readonly Lock _lock = new();
    private Task<int> _lastPass;

    public CacheDataView(IHostEnvironment env, IDataView source, IEnumerable<DataViewSchema.Column> prefetch)
    {
        _host = env.Register("Cache");
        _source = source;
        _columns = new CachedColumn[source.Schema.Count];
        DataViewSchema.Column[] first = [.. prefetch];
        if (first.Length > 0)
            Request(first);
    }

    public bool CanShuffle => true;

    public DataViewSchema Schema => _source.Schema;

    public long? GetRowCount() => _source.GetRowCount() ?? (_lastPass is { IsCompletedSuccessfully: true } pass ? pass.Result : null);

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        var passes = Request(columns);
        return new Cursor(this, columns, passes, Permutation(passes, rand), 0, 1);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        var count = n > 0 ? Math.Min(n, 2 * ParallelCursor.ThreadCount) : ParallelCursor.ThreadCount;
        var passes = Request(columns);
        var permutation = Permutation(passes, rand);
        return [.. Enumerable.Range(0, count).Select(i => new Cursor(this, columns, passes, permutation, i, count))];
    }

    /// <summary>Starts reading the columns that were not read yet. Gives the passes over the source to wait for.</summary>
    private Task<int>[] Request(DataViewSchema.Column[] columns)
    {
        lock (_lock)
        {
            DataViewSchema.Column[] missing = [.. columns.Where(column => _columns[column.Index] is null)];
            if (missing.Length > 0 || _lastPass is null)
            {
                var cursor = _source.GetRowCursor(missing);
                CachedColumn[] caches = [.. missing.Select(column => new CachedColumn(cursor, column))];
                _lastPass = Task.Factory.StartNew(() => Fill(cursor, caches), TaskCreationOptions.LongRunning);
                for (var i = 0; i < missing.Length; i++)
                {
                    caches[i].Pass = _lastPass;
                    _columns[missing[i].Index] = caches[i];
                }
            }
            return columns.Length == 0 ? [_lastPass] : [.. columns.Select(column => _columns[column.Index].Pass).Distinct()];
        }
    }

    private int Fill(DataViewRowCursor cursor, CachedColumn[] caches)
    {
        using var channel = _host.Start("Cache Filler");
        using (cursor)
        {
            var count = 0;
            for (; cursor.MoveNext(); count++)
            {
                foreach (var cache in caches)
                    cache.ReadCurrent(count);
            }
            foreach (var cache in caches)
                cache.Freeze();
            return count;
        }
    }

    private static int RowCount(Task<int>[] passes)
    {
        try
        {
            return passes.Min(pass => pass.GetAwaiter().GetResult());
        }
        catch (Exception exception)
        {
            throw new InvalidOperationException("Event we were waiting on was subject to an exception", exception);
        }
    }

    private static int[] Permutation(Task<int>[] passes, Random random)
    {
        if (random is null)
            return null;
        int[] rows = [.. Enumerable.Range(0, RowCount(passes))];
        for (var i = 0; i < rows.Length; i++)
        {
            var other = i + random.Next(rows.Length - i);
            (rows[i], rows[other]) = (rows[other], rows[i]);
        }
        return rows;
    }

    /// <summary>The values of one column, in blocks.</summary>
    private sealed class CachedColumn(DataViewRowCursor cursor, DataViewSchema.Column column)
    {
        private readonly List<ColumnBuffer> _blocks = [];
        private Action<ColumnBuffer, int> _writer = ColumnBuffer.Create(column.Type, 0).MakeWriter(cursor, column);

        public Task<int> Pass { get; set; }

        public void ReadCurrent(int row)
        {
            if (row % BlockRows == 0)
                _blocks.Add(ColumnBuffer.Create(column.Type, BlockRows));
            _writer(_blocks[^1], row % BlockRows);
        }

        /// <summary>Lets go of the source.</summary>
        public void Freeze() => _writer = null;

        public Delegate MakeGetter(Func<int> row)
        {
            var maker = ColumnBuffer.Create(column.Type, 0);
            return maker.MakeGetter(() => _blocks[row() >> BlockShift], () => row() % BlockRows);
        }
    }

    /// <summary>Gives the blocks of rows first, first + step, and so on.</summary>
    private sealed class Cursor : DataViewRowCursor
    {
        private readonly Delegate[] _getters;
        private readonly Lazy<int> _rowCount;
        private readonly int[] _permutation;
        private readonly IChannel _channel;
        private readonly int _step;
        private long _block;
        private long _index;
        private long _position = -1;
        private bool _disposed;

        public Cursor(CacheDataView parent, DataViewSchema.Column[] columns, Task<int>[] passes, int[] permutation, int first, int step)
        {
            _channel = parent._host.Start("Cursor");
            Schema = parent.Schema;
            _rowCount = new Lazy<int>(() => RowCount(passes));
            _permutation = permutation;
            _step = step;
            _block = first;
            _index = ((long)first << BlockShift) - 1;
            _getters = new Delegate[Schema.Count];
            foreach (var column in columns)
                _getters[column.Index] = parent._columns[column.Index].MakeGetter(() => CurrentRow);
        }

        public override DataViewSchema Schema { get; }

        public override long Position => _position;

        public override long Batch => _step == 1 ? 0 : _block;

        private int CurrentRow => _position >= 0
            ? _permutation?[_index] ?? (int)_index
            : throw new InvalidOperationException(CursorErrors.NotOnRow);

        public override bool MoveNext()
        {
            if (_disposed)
                return false;
            if (++_index == (_block + 1) << BlockShift)
            {
                _block += _step;
                _index = _block << BlockShift;
            }
            if (_index < _rowCount.Value)
            {
                _position++;
                return true;
            }
            Dispose();
            return false;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() =>
            (ref DataViewRowId value) => value = new DataViewRowId((ulong)CurrentRow, 0);

        public override bool IsColumnActive(DataViewSchema.Column column) => _getters[column.Index] is not null;

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            Check.Parameter(IsColumnActive(column), nameof(column), "requested column not active");
            return CursorErrors.Cast<TValue>(_getters[column.Index], column);
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_disposed)
            {
                _disposed = true;
                _position = -1;
                _channel.Dispose();
            }
            base.Dispose(disposing);
        }
    }
}
