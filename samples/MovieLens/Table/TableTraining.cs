using System.Diagnostics;
using System.Reflection;
using Common;
using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;

namespace MovieLens.Table;

/// <summary>Trains what the table lacks, and goes on where it was stopped: a training from the checkpoint of its last epoch, the table from its last row.</summary>
internal sealed class TableTraining(MovieLensData data, TableFile file, int maximumEpochs, int? threads)
{
    public static int Run(string folder, IReadOnlyList<TableRun> runs, string path, int maximumEpochs, int? threads, CancellationToken cancellation)
    {
        var file = new TableFile(path);
        using var alone = file.Lock();
        if (file.Read().FirstOrDefault(row => row.MaximumEpochs != maximumEpochs) is { } other)
            throw new InvalidDataException($"'{path}' has rows of trainings with --epochs {other.MaximumEpochs}; this one has {maximumEpochs}. Take another file for it.");
        TableRun[] missing = [.. runs.Except(file.Read().Select(row => row.Run))];
        Console.WriteLine($"{runs.Count} trainings, {missing.Length} of them to do: {path}");
        if (missing.Length > 0)
        {
            // one split for all seeds of training
            var data = new MovieLensData(new MLContext(seed: 1), folder);
            if (file.Read().FirstOrDefault(row => row.Items != data.ItemCount) is { } unlike)
                throw new InvalidDataException($"'{path}' has rows of models that know {unlike.Items} films; these will know {data.ItemCount}. Take another file for them.");
            Console.WriteLine(data.Describe());
            var training = new TableTraining(data, file, maximumEpochs, threads);
            foreach (var (number, run) in missing.Index())
                training.Train(run, $"{run} ({number + 1} of {missing.Length})", cancellation);
        }

        foreach (var table in TableReport.Tables(file.Read()))
            table.Write();
        return 0;
    }

    private void Train(TableRun run, string title, CancellationToken cancellation)
    {
        string checkpoint = file.CheckpointPath(run);
        var ml = new MLContext(seed: run.Seed);
        var console = new TrainingConsole("NDCG_p");
        var record = new EpochRecord(checkpoint, console);
        var choice = new TrainingChoice(PublishedModel.Of(run.Model), run.Seed, maximumEpochs, threads, checkpoint) { Alpha = run.Alpha };
        MemoryMark.Forget();
        using var model = console.Watch(title, () => data.Train(ml, choice, record, cancellation));
        int? epochs = record.EpochsOf(maximumEpochs);
        var scored = model.Transform(data.Split.TestSet);
        var metrics = ml.Recommendation().EvaluateNextItem(scored);
        var row = new TableRow(run, maximumEpochs)
        {
            Epochs = epochs,
            BestEpoch = record.BestEpoch,
            ValidationNdcg = Rounded(ml.Recommendation().EvaluateNextItem(model.Transform(data.Split.ValidationSet)).Positive.Ndcg),
            PositiveHitRate = Rounded(metrics.Positive.HitRate),
            PositiveNdcg = Rounded(metrics.Positive.Ndcg),
            NegativeHitRate = Rounded(metrics.Negative.HitRate),
            NegativeNdcg = Rounded(metrics.Negative.Ndcg),
            HitRateDifference = Rounded(metrics.HitRateDifference),
            NdcgDifference = Rounded(metrics.NdcgDifference),
            PositiveUsers = metrics.Positive.Count,
            NegativeUsers = metrics.Negative.Count,
            Seconds = record.SecondsOf(epochs),
            PeakGigabytes = console.Last is null ? null : MemoryMark.Gigabytes,
            Library = LibraryVersion(),
            Length = choice.Model.Length,
            Items = data.ItemCount,
        };
        file.Add(row, Ranks(ml, run, scored), record.Epochs);
        File.Delete(checkpoint);
        record.Delete();
        Console.WriteLine(FormattableString.Invariant($"  HR_p {row.PositiveHitRate:0.0000}, NDCG_p {row.PositiveNdcg:0.0000}, ΔHR {row.HitRateDifference:0.0000}, ΔNDCG {row.NdcgDifference:0.0000}"));
    }

    private static IEnumerable<UserRank> Ranks(MLContext ml, TableRun run, IDataView scored)
        => from row in ml.Data.CreateEnumerable<RecommendedMovies>(scored, reuseRowObject: false)
           where row.TargetFeedback != 0
           select new UserRank(run, row.User, row.TargetFeedback > 0, Array.IndexOf(row.RecommendedItems, row.TargetItem) + 1);

    private static double Rounded(double measure) => Math.Round(measure, 6);

    // the commit as git abbreviates it
    private static string LibraryVersion()
    {
        string version = typeof(NextItemTrainer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
        int commit = version.IndexOf('+', StringComparison.Ordinal) + 1;
        return commit == 0 || version.Length <= commit + 7 ? version : version[..(commit + 7)];
    }

    private sealed class RecommendedMovies
    {
        public int User { get; set; }

        public int TargetItem { get; set; }

        public float TargetFeedback { get; set; }

        public int[] RecommendedItems { get; set; } = [];
    }

    /// <summary>The most memory that the process has had at work; on Linux it can be forgotten, so that each training has its own.</summary>
    private static class MemoryMark
    {
        public static double Gigabytes
        {
            get
            {
                using var process = Process.GetCurrentProcess();
                return Math.Round(process.PeakWorkingSet64 / 1e9, 2);
            }
        }

        public static void Forget()
        {
            try
            {
                if (OperatingSystem.IsLinux())
                    File.WriteAllText("/proc/self/clear_refs", "5");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // then it is that of all trainings up to now
            }
        }
    }
}
