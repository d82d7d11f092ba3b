using System.Collections.Concurrent;

namespace Microsoft.ML.Data;

/// <summary>Runs each cursor of a set on a thread of its own, and serves their rows in the order of their batch numbers.</summary>
internal sealed class ParallelCursor : BatchCursor
{
    // batches that a worker may be ahead of the reader
    private const int Ahead = 4;

    private readonly CancellationTokenSource _stop = new();
    private readonly DataViewRowCursor[] _inputs;
    private readonly Worker[] _workers;
    private bool _disposed;

    private ParallelCursor(DataViewRowCursor[] inputs)
        : base(inputs[0].Schema, inputs[0].IsColumnActive)
    {
        _inputs = inputs;
        _workers = [.. inputs.Select(input => new Worker(new RowBatch.Reader(input), _stop.Token))];
    }

    /// <summary>As many threads as the package takes.</summary>
    public static int ThreadCount => Math.Max(2, Environment.ProcessorCount - 1);

    public static bool CanHold(IEnumerable<DataViewSchema.Column> columns) =>
        columns.All(column => column.Type is PrimitiveDataViewType or VectorDataViewType);

    public static DataViewRowCursor Merge(DataViewRowCursor[] inputs) => inputs.Length == 1 ? inputs[0] : new ParallelCursor(inputs);

    protected override RowBatch NextBatch()
    {
        Array.ForEach(_workers, worker => worker.Start());
        Worker first = null;
        foreach (var worker in _workers)
        {
            if (worker.Head() is { } head && (first is null || head.Number < first.Head().Number))
                first = worker;
        }
        return first?.Take();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _stop.Cancel();
            foreach (var worker in _workers)
                worker.Join();
            foreach (var input in _inputs)
                input.Dispose();
            _stop.Dispose();
        }
        _disposed = true;
        base.Dispose(disposing);
    }

    private sealed class Worker
    {
        private readonly BlockingCollection<RowBatch> _batches = new(Ahead);
        private readonly RowBatch.Reader _reader;
        private readonly CancellationToken _stop;
        private Thread _thread;
        private RowBatch _head;
        private Exception _failure;

        public Worker(RowBatch.Reader reader, CancellationToken stop)
        {
            _reader = reader;
            _stop = stop;
        }

        public void Start()
        {
            if (_thread is not null)
                return;
            _thread = new Thread(Run) { IsBackground = true, Name = nameof(ParallelCursor) };
            _thread.Start();
        }

        /// <summary>The worker's first batch that was not taken, or null at its end.</summary>
        public RowBatch Head()
        {
            if (_head is null && !_batches.TryTake(out _head, Timeout.Infinite) && _failure is not null)
            {
                throw new InvalidOperationException(
                    "Splitter/consolidator worker encountered exception while consuming source data", _failure);
            }
            return _head;
        }

        public RowBatch Take()
        {
            var head = _head;
            _head = null;
            return head;
        }

        public void Join()
        {
            _thread?.Join();
            _batches.Dispose();
        }

        private void Run()
        {
            try
            {
                while (!_stop.IsCancellationRequested && _reader.Next() is { } batch)
                    _batches.Add(batch, _stop);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                // the reader has gone
            }
            catch (Exception exception)
            {
                _failure = exception;
            }
            finally
            {
                _batches.CompleteAdding();
            }
        }
    }
}
