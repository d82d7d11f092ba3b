using Serving.Scoring;

namespace Serving.Tests;

public sealed class BatchQueueTests
{
    private static readonly BatchLimits AtOnce = new(TimeSpan.Zero, BatchSize: 3, QueueLength: 5);

    [Fact]
    public async Task What_arrives_while_a_batch_is_worked_on_is_the_next_one_up_to_its_size()
    {
        using var gate = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        var batches = new List<int[]>();
        var queue = new BatchQueue<int, int>(items =>
        {
            batches.Add([.. items]);
            entered.Release();
            gate.Wait();
            return [.. items.Select(item => 10 * item)];
        }, AtOnce, TimeProvider.System);

        var first = queue.TryAdd(0)!;
        await entered.WaitAsync();
        var others = Enumerable.Range(1, 5).Select(item => queue.TryAdd(item)!).ToArray();
        Assert.Null(queue.TryAdd(6));
        gate.Release(3);

        int[] results = await Task.WhenAll(others.Prepend(first));
        Assert.Equal([0, 10, 20, 30, 40, 50], results);
        Assert.Equal([[0], [1, 2, 3], [4, 5]], batches);
        gate.Release();
        Assert.Equal(70, await queue.TryAdd(7)!);
    }

    [Fact]
    public async Task What_arrives_within_the_time_to_gather_is_one_batch()
    {
        var sizes = new List<int>();
        var clock = new StoppedClock();
        var queue = new BatchQueue<int, int>(items =>
        {
            sizes.Add(items.Count);
            return items;
        }, new BatchLimits(TimeSpan.FromMilliseconds(2), BatchSize: 100, QueueLength: 100), clock);

        var results = Enumerable.Range(0, 50).Select(item => queue.TryAdd(item)!).ToArray();
        await clock.RunOut();

        Assert.Equal(Enumerable.Range(0, 50), await Task.WhenAll(results));
        Assert.Equal([50], sizes);
    }

    [Fact]
    public async Task A_batch_that_fails_fails_for_those_in_it_alone()
    {
        var queue = new BatchQueue<int, int>(items => items[0] == 0 ? throw new InvalidOperationException("no") : items, AtOnce, TimeProvider.System);

        await Assert.ThrowsAsync<InvalidOperationException>(() => queue.TryAdd(0)!);
        Assert.Equal(1, await queue.TryAdd(1)!);
    }

    /// <summary>A clock on which a time that somebody waits for runs out when a test says so.</summary>
    private sealed class StoppedClock : TimeProvider
    {
        private readonly TaskCompletionSource<Action> _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public async Task RunOut() => (await _waiting.Task)();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _waiting.SetResult(() => callback(state));
            return System.CreateTimer(_ => { }, null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
    }
}
