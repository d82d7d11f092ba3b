using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// The rows of a source in random order: shuffled by the source where it can, then each drawn from a pool of the next rows.
/// As in the package, every cursor gives the same order unless it is handed a generator.
/// </summary>
internal sealed class ShuffledDataView : IDataView
{
    private readonly IHost _host;
    private readonly IDataView _source;
    private readonly int _seed;
    private readonly int _poolRows;
    private readonly bool _shuffleSource;

    public ShuffledDataView(IHostEnvironment env, IDataView source, int? seed, int poolRows, bool shuffleSource)
    {
        _host = env.Register("Shuffle");
        _source = source;
        _seed = seed ?? ((HybridTausworthe)_host.Rand).NextSigned();
        _poolRows = poolRows;
        _shuffleSource = shuffleSource;
    }

    public bool CanShuffle => true;

    public DataViewSchema Schema => _source.Schema;

    public long? GetRowCount() => _source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var random = rand ?? new HybridTausworthe(_seed);
        var input = _source.GetRowCursor(columnsNeeded, _shuffleSource ? new HybridTausworthe(random) : null);
        return _poolRows == 1 ? input : new Cursor(input, _poolRows, random, _host);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor : DataViewRowCursor
    {
        private readonly DataViewRowCursor _input;
        private readonly Random _random;
        private readonly IChannel _channel;
        private readonly Delegate[] _getters;
        private readonly List<Action<int>> _writers = [];
        private readonly ColumnBuffer<DataViewRowId> _ids;

        // slots of the pool in a ring: the current row's at _first, then those of the rows to come
        private readonly int[] _ring;
        private int _first;
        private int _live;
        private bool _inputAtEnd;
        private bool _disposed;
        private long _position = -1;

        public Cursor(DataViewRowCursor input, int poolRows, Random random, IHost host)
        {
            _channel = host.Start("Cursor");
            _input = input;
            _random = random;
            _ring = [.. Enumerable.Range(0, poolRows)];
            _getters = new Delegate[Schema.Count];
            foreach (var column in Schema.Where(input.IsColumnActive))
            {
                var buffer = ColumnBuffer.Create(column.Type, poolRows);
                var write = buffer.MakeWriter(input, column);
                _writers.Add(slot => write(buffer, slot));
                _getters[column.Index] = buffer.MakeGetter(() => buffer, () => CurrentSlot);
            }
            _ids = new ColumnBuffer<DataViewRowId>(poolRows);
            var writeId = ColumnBuffer<DataViewRowId>.WriterOf(input.GetIdGetter());
            _writers.Add(slot => writeId(_ids, slot));
        }

        public override DataViewSchema Schema => _input.Schema;

        public override long Position => _position;

        public override long Batch => 0;

        private int CurrentSlot => _position >= 0 ? _ring[_first] : throw new InvalidOperationException(CursorErrors.NotOnRow);

        public override bool MoveNext()
        {
            if (_disposed)
                return false;
            if (_position >= 0)
            {
                _first = (_first + 1) % _ring.Length;
                _live--;
            }
            Refill();
            if (_live == 0)
            {
                Dispose();
                return false;
            }
            var drawn = (_first + _random.Next(_live)) % _ring.Length;
            (_ring[_first], _ring[drawn]) = (_ring[drawn], _ring[_first]);
            _position++;
            return true;
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() =>
            (ValueGetter<DataViewRowId>)_ids.MakeGetter(() => _ids, () => CurrentSlot);

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
                _input.Dispose();
                _channel.Dispose();
            }
            base.Dispose(disposing);
        }

        private void Refill()
        {
            try
            {
                while (_live < _ring.Length && !_inputAtEnd)
                {
                    if (_inputAtEnd = !_input.MoveNext())
                        return;
                    foreach (var write in _writers)
                        write(_ring[(_first + _live) % _ring.Length]);
                    _live++;
                }
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException("Shuffle input cursor reader failed with an exception", exception);
            }
        }
    }
}
