namespace Serving.Scoring;

/// <summary>How batches are made.</summary>
/// <param name="GatherTime">How long the first of a batch waits for others; what arrives while a batch is worked on is the next one without waiting.</param>
/// <param name="BatchSize">The most of a batch.</param>
/// <param name="QueueLength">The most that wait.</param>
internal sealed record BatchLimits(TimeSpan GatherTime, int BatchSize, int QueueLength);

/// <summary>Has what arrives within a few milliseconds done as one batch, one batch after another. Threads may share it.</summary>
internal sealed class BatchQueue<TItem, TResult>(Func<IReadOnlyList<TItem>, IReadOnlyList<TResult>> work, BatchLimits limits, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Queue<(TItem Item, TaskCompletionSource<TResult> Result)> _waiting = [];
    private bool _isRunning;

    /// <summary>Puts an item into the next batch; null: the queue is full.</summary>
    public Task<TResult>? TryAdd(TItem item)
    {
        var result = new TaskCompletionSource<TResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_gate)
        {
            if (_waiting.Count >= limits.QueueLength)
                return null;
            _waiting.Enqueue((item, result));
            if (!_isRunning)
            {
                _isRunning = true;
                // away from the caller's scheduler, which goes on taking calls
                _ = Task.Run(Run);
            }
        }

        return result.Task;
    }

    private async Task Run()
    {
        if (limits.GatherTime > TimeSpan.Zero)
            await Task.Delay(limits.GatherTime, clock);
        while (NextBatch() is { Count: > 0 } batch)
        {
            try
            {
                var results = work([.. batch.Select(waiting => waiting.Item)]);
                for (int i = 0; i < batch.Count; i++)
                    batch[i].Result.SetResult(results[i]);
            }
            catch (Exception error)
            {
                foreach (var (_, result) in batch)
                    result.TrySetException(error);
            }
        }
    }

    private List<(TItem Item, TaskCompletionSource<TResult> Result)> NextBatch()
    {
        lock (_gate)
        {
            var batch = new List<(TItem Item, TaskCompletionSource<TResult> Result)>();
            while (batch.Count < limits.BatchSize && _waiting.TryDequeue(out var next))
                batch.Add(next);
            _isRunning = batch.Count > 0;
            return batch;
        }
    }
}
