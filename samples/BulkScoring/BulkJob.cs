using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Runtime;

namespace BulkScoring;

/// <summary>The three stages, told on the console.</summary>
internal static class BulkJob
{
    private const string FileSuffix = ".parquet";

    public static Task MakeModelAsync(BulkArguments arguments, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        bool isNew = new Simulation(arguments.Items).MakeModel(arguments.ModelPath, cancellation);
        Write($"model of {arguments.Items:N0} items: {arguments.ModelPath}, {new FileInfo(arguments.ModelPath).Length >> 20:N0} MiB, {Effort(isNew, watch)}");
        return Task.CompletedTask;
    }

    public static async Task MakeUsersAsync(BulkArguments arguments, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var simulation = new Simulation(arguments.Items);
        string[] paths = [.. Enumerable.Range(0, arguments.Partitions).Select(number => Path.Combine(arguments.HistoryFolder, $"part-{number:00000}{FileSuffix}"))];
        // scoring takes whatever is there
        RefuseOthers(arguments.HistoryFolder, paths);
        int made = 0;
        for (int number = 0; number < paths.Length; number++)
        {
            int first = Start(number), count = Start(number + 1) - first;
            if (await simulation.MakeUsersAsync(paths[number], first, count, cancellation))
                made++;
        }

        Write($"{arguments.Users:N0} users in {paths.Length} partitions: {arguments.HistoryFolder}, {made} made, {Effort(made > 0, watch)}");

        int Start(int number) => (int)((long)arguments.Users * number / arguments.Partitions);
    }

    public static async Task ScoreAsync(BulkArguments arguments, CancellationToken cancellation)
    {
        if (!Directory.Exists(arguments.HistoryFolder))
            throw new DirectoryNotFoundException($"There is no folder '{arguments.HistoryFolder}' with users.");
        string[] inputs = [.. Directory.EnumerateFiles(arguments.HistoryFolder, "*" + FileSuffix).Order(StringComparer.Ordinal)];
        if (inputs.Length == 0)
            throw new FileNotFoundException($"There are no users in '{arguments.HistoryFolder}': no file ends with {FileSuffix}.");
        if (FullPath.AreSame(arguments.HistoryFolder, arguments.OutputFolder))
            throw new ArgumentException($"--histories is '{arguments.HistoryFolder}', where the recommendations would be written over them: name another --folder.");
        RefuseOthers(arguments.OutputFolder, inputs);

        using var memory = new PeakMemory();
        // that there is no GPU the library says in words of its own
        OrtEnv.Instance().EnvLogLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL;
        var ml = new MLContext { GpuDeviceId = arguments.Gpu, FallbackToCpu = true };
        var told = new HashSet<string>();
        ml.Log += (_, line) =>
        {
            if (line.Kind is ChannelMessageKind.Warning && told.Add(line.RawMessage))
                Write($"{line.RawMessage}");
        };
        using var scorer = new PartitionScorer(ml, arguments.ModelPath, arguments.K);
        Write($"top {arguments.K} of {scorer.ItemCount:N0} items for {inputs.Length} partitions: {arguments.OutputFolder}");
        var watch = Stopwatch.StartNew();
        long users = 0, scored = 0;
        foreach (string input in inputs)
        {
            var before = watch.Elapsed;
            string output = Path.Combine(arguments.OutputFolder, Path.GetFileName(input));
            var partition = await scorer.ScoreAsync(input, output, new Ticker(), cancellation);
            users += partition.UserCount;
            scored += partition.WasThere ? 0 : partition.UserCount;
            Write($"  {Path.GetFileName(input)}: {partition.UserCount:N0} users, {(partition.WasThere ? "there" : $"{(watch.Elapsed - before).TotalSeconds:0.0} s, {memory.Now >> 20:N0} MiB in use")}");
        }

        string rate = scored == 0 ? "none scored anew" : FormattableString.Invariant($"{scored / watch.Elapsed.TotalSeconds:N0}");
        Write($"""

            | users | items | k | partitions | scored anew | users a second | peak memory while scoring, MiB |
            |---|---|---|---|---|---|---|
            | {users:N0} | {scorer.ItemCount:N0} | {arguments.K} | {inputs.Length} | {scored:N0} | {rate} | {memory.Peak >> 20:N0} |
            """);
    }

    // whoever reads the folder would take them for a part of this job, and to delete them is not ours
    private static void RefuseOthers(string folder, string[] paths)
    {
        const int Named = 5;
        if (!Directory.Exists(folder))
            return;
        string[] others = [.. Directory.EnumerateFiles(folder, "*" + FileSuffix).Select(path => Path.GetFileName(path)).Except(paths.Select(path => Path.GetFileName(path))).Order(StringComparer.Ordinal)];
        if (others.Length > 0)
            throw new InvalidDataException($"""
                '{folder}' has {others.Length} files that are none of the {paths.Length} partitions of this job, as one with more partitions leaves them, and would be read with these: {string.Join(", ", others.Take(Named))}{(others.Length > Named ? ", …" : "")}.
                Move or delete them, or name another --folder.
                """);
    }

    private static string Effort(bool isNew, Stopwatch watch) => isNew ? FormattableString.Invariant($"{watch.Elapsed.TotalSeconds:0.0} s") : "as it was";

    private static void Write(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    /// <summary>Shows on a terminal that a long partition goes on.</summary>
    private sealed class Ticker : IProgress<long>
    {
        public void Report(long value)
        {
            if (!Console.IsOutputRedirected)
                Console.Write(FormattableString.Invariant($"  {value:N0} users\r"));
        }
    }
}

/// <summary>The most memory that the process has had at work since this was made, looked at ten times a second.</summary>
internal sealed class PeakMemory : IDisposable
{
    private readonly Timer _timer;
    private long _peak;

    public PeakMemory() => _timer = new Timer(_ => _peak = Math.Max(_peak, Now), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(100));

    public long Now => Environment.WorkingSet;

    public long Peak => Math.Max(_peak, Now);

    public void Dispose() => _timer.Dispose();
}
