using System.Runtime.ExceptionServices;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Threads that share torch's work by parts, each with as many of torch's own threads as are left for it, as a rule one. Torch
/// divides every operation among its threads and waits for the slowest after each; parts that are divided once wait once.
/// </summary>
internal sealed class TorchWorkers
{
    private readonly int _threadsEach;

    /// <summary>Divides threads among workers. The calling thread is one of them, and keeps its share of torch's threads.</summary>
    /// <param name="count">How many workers there are.</param>
    /// <param name="threads">Threads in all; at least one a worker.</param>
    public TorchWorkers(int count, int threads)
    {
        (Count, _threadsEach) = (count, Math.Max(1, threads / count));
        SetThreads();
        KeepFreedMemory();
        // OpenBLAS takes a new number of threads over at the next large product, which two threads should not do at once
        using var scope = NewDisposeScope();
        ones(128, 128).mm(ones(128, 128));
    }

    public int Count { get; }

    /// <summary>Runs the work of every worker, number 0 on the calling thread, and waits for all.</summary>
    /// <exception cref="Exception">What the first worker that failed threw.</exception>
    public void Run(Action<int> work)
    {
        var failures = new ExceptionDispatchInfo?[Count];
        var threads = new Thread[Count - 1];
        for (int i = 0; i < threads.Length; i++)
        {
            int worker = i + 1;
            threads[i] = new Thread(() => Guard(worker)) { IsBackground = true, Name = $"{nameof(TorchWorkers)} {worker}" };
            threads[i].Start();
        }

        Guard(0);
        foreach (var thread in threads)
            thread.Join();
        failures.FirstOrDefault(failure => failure is not null)?.Throw();

        void Guard(int worker)
        {
            try
            {
                if (worker > 0)
                    SetThreads();
                work(worker);
            }
            catch (Exception error)
            {
                failures[worker] = ExceptionDispatchInfo.Capture(error);
            }
        }
    }

    // glibc gives large blocks back to the system and takes every page of the next one from it anew, a tenth of a step's time; it takes blocks for
    // large from the size on that was freed before, up to 32 MiB. One such block, never touched, is all it needs to keep those of a step.
    private static void KeepFreedMemory()
    {
        const long Floats = 31 << 18;
        empty([Floats]).Dispose();
    }

    private void SetThreads() => set_num_threads(_threadsEach);
}
