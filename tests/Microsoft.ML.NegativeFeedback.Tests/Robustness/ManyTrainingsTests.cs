using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.Data;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>
/// A process trains every kind of model in turn, scores with it and disposes of it, many times over; what it holds of memory, tensors, files and threads does not grow. It is a process of its own, so
/// that other tests do not count.
/// </summary>
public sealed class ManyTrainingsTests(ITestOutputHelper output)
{
    public const string Work = "many";

    // above what allocators keep and give back from one round to the next; a leak of a kilobyte a step, or of one model, is more in the end
    private const long ManagedSlack = 1 << 20, ResidentSlack = 24 << 20;

    [Fact]
    public void Trainings_after_each_other_leave_nothing_behind()
    {
        int rounds = Math.Clamp(RobustnessSize.Multiplier / 3, 3, 20);
        var held = Measure(rounds);
        foreach (var round in held)
            output.WriteLine($"{round}");
        int trainings = rounds * TinyTrainings.Names.Length;
        output.WriteLine($"many trainings: {trainings} in a process, {held[^1].ResidentBytes >> 20} MiB resident at the end, {held[1].ResidentBytes >> 20} after the second round.");
        var (second, last) = (held[1], held[^1]);
        Assert.All(held, round => Assert.Equal(0, round.Tensors));
        Assert.True(last.ManagedBytes <= second.ManagedBytes + ManagedSlack, $"The managed heap grew from {second.ManagedBytes:N0} to {last.ManagedBytes:N0} bytes.");
        Assert.True(last.Handles <= second.Handles + 4, $"Open files and handles grew from {second.Handles} to {last.Handles}.");
        Assert.True(last.Threads <= second.Threads + 4, $"Threads grew from {second.Threads} to {last.Threads}.");
        long early = held.Skip(1).Take(Math.Max(1, rounds / 4)).Max(round => round.ResidentBytes), late = held.TakeLast(Math.Max(1, rounds / 4)).Min(round => round.ResidentBytes);
        Assert.True(late <= early + ResidentSlack, $"Resident memory grew from {early >> 20} to {late >> 20} MiB.");
    }

    private static Held[] Measure(int rounds)
    {
        var (exitCode, lines, errors) = ChildProcess.RunToAnyEnd(Environment.CurrentDirectory, "Tests", Work, rounds.ToString(CultureInfo.InvariantCulture));
        Assert.True(exitCode == 0, errors);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Held.Parse)];
    }

    /// <summary>What the process does.</summary>
    internal static void Train(int rounds)
    {
        for (int round = 0; round < rounds; round++)
        {
            foreach (string name in TinyTrainings.Names)
                TrainAndScore(name);
            Console.WriteLine(Held.Now());
        }
    }

    private static void TrainAndScore(string name)
    {
        var ml = new MLContext(seed: 1);
        var (rows, trainer) = TinyTrainings.Create(ml, name, epochs: 1);
        using var model = trainer.Fit(rows);
        var scored = model.Transform(rows);
        string column = scored.Schema.GetColumnOrNull("Scores") is null ? "CandidateScores" : "Scores";
        Assert.NotEmpty(scored.GetColumn<float[]>(column));
    }

    /// <summary>What a process holds; of tensors, those of the thread that trains, which with one worker makes and frees all.</summary>
    private sealed record Held(long ManagedBytes, long ResidentBytes, long Tensors, int Handles, int Threads)
    {
        public static Held Now()
        {
            // what waits for its finalizer is none of what is held, nor what that frees
            for (int i = 0; i < 3; i++)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            using var process = Process.GetCurrentProcess();
            int handles = Directory.Exists("/proc/self/fd") ? Directory.GetFileSystemEntries("/proc/self/fd").Length : process.HandleCount;
            return new(GC.GetTotalMemory(forceFullCollection: true), process.WorkingSet64, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount, handles, process.Threads.Count);
        }

        public static Held Parse(string line)
        {
            long[] numbers = [.. line.Split(' ').Select(long.Parse)];
            return new(numbers[0], numbers[1], numbers[2], (int)numbers[3], (int)numbers[4]);
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ManagedBytes} {ResidentBytes} {Tensors} {Handles} {Threads}");
    }
}
