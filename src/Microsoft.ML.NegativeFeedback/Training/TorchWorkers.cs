using System.Runtime.ExceptionServices;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Threads that share torch's work by parts, each with as many of torch's own threads as are left for it, as a rule one. Torch
/// divides every operation among its threads and waits for the slowest after each; parts that are divided once wait once. The threads are kept from one run to
/// the next, and with them what torch and the allocator keep for a thread.
/// </summary>
internal sealed class TorchWorkers : IDisposable
{
    private readonly int _threadsEach;
    private readonly SemaphoreSlim[] _starts;
    private readonly CountdownEvent _ends;
    private readonly ExceptionDispatchInfo?[] _failures;
    private Action<int>? _work;

    /// <summary>Divides threads among workers. The calling thread is one of them, and keeps its share of torch's threads.</summary>
    /// <param name="count">How many workers there are.</param>
    /// <param name="threads">Threads in all; at least one a worker.</param>
    public TorchWorkers(int count, int threads)
    {
        (Count, _threadsEach, _failures) = (count, Math.Max(1, threads / count), new ExceptionDispatchInfo?[count]);
        SetThreads();
        KeepFreedMemory();
        // a new number of threads is taken over at the next large product, which two threads should not do at once
        using (NewDisposeScope())
            ones(128, 128).mm(ones(128, 128));
        _ends = new CountdownEvent(count - 1);
        _starts = [.. Enumerable.Range(1, count - 1).Select(_ => new SemaphoreSlim(0))];
        for (int worker = 1; worker < count; worker++)
        {
            int number = worker;
            new Thread(() => WorkOn(number)) { IsBackground = true, Name = $"{nameof(TorchWorkers)} {number}" }.Start();
        }
    }

    public int Count { get; }

    /// <summary>Runs the work of every worker, number 0 on the calling thread, and waits for all.</summary>
    /// <exception cref="Exception">What the first worker that failed threw.</exception>
    public void Run(Action<int> work)
    {
        Array.Clear(_failures);
        _work = work;
        _ends.Reset();
        foreach (var start in _starts)
            start.Release();
        Guard(0, work);
        _ends.Wait();
        _failures.FirstOrDefault(failure => failure is not null)?.Throw();
    }

    /// <summary>Works off items without gradients, shared among the workers.</summary>
    /// <param name="items">The items.</param>
    /// <param name="work">What is done with each.</param>
    /// <param name="cancellationToken">Looked at before each.</param>
    /// <returns>What came of each, in their order.</returns>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public TResult[] Map<TItem, TResult>(IReadOnlyList<TItem> items, Func<TItem, TResult> work, CancellationToken cancellationToken)
    {
        var results = new TResult[items.Count];
        Run(worker =>
        {
            using var noGradient = no_grad();
            for (int item = worker; item < items.Count; item += Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                results[item] = work(items[item]);
            }
        });
        return results;
    }

    /// <summary>Ends the threads.</summary>
    public void Dispose()
    {
        _work = null;
        foreach (var start in _starts)
            start.Release();
    }

    private void WorkOn(int worker)
    {
        SetThreads();
        while (true)
        {
            _starts[worker - 1].Wait();
            if (_work is not { } work)
                return;
            Guard(worker, work);
            _ends.Signal();
        }
    }

    private void Guard(int worker, Action<int> work)
    {
        try
        {
            work(worker);
        }
        catch (Exception error)
        {
            _failures[worker] = ExceptionDispatchInfo.Capture(error);
        }
    }

    // glibc gives large blocks back to the system and takes every page of the next one from it anew, a tenth of a step's time; it takes blocks for
    // large from the size on that was freed before, up to 32 MiB. One such block, never touched, is all it needs to keep those of a step.
    private static void KeepFreedMemory()
    {
        const long Floats = 31 << 18;
        empty([Floats]).Dispose();
    }

    private void SetThreads()
    {
        // at its first large operation a thread takes over the number that any thread has set last: let that be before its own
        const int Large = 1 << 17;
        using (NewDisposeScope())
            ones(Large).add(ones(Large), Scalars.One);
        set_num_threads(_threadsEach);
        MklThreads.SetOfThisThread(_threadsEach);
    }
}
