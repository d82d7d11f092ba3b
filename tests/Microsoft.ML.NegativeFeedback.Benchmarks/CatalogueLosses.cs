using System.CommandLine;
using System.Diagnostics;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>What the losses of <see cref="CatalogueLoss"/> cost: time and memory by the size of the catalogue, each in a process of its own, and NDCG_p@10 on MovieLens-1M.</summary>
internal static class CatalogueLosses
{
    private const int BatchSize = 128, Batches = 4, Length = 50, Width = 64;

    private static readonly IReadOnlyDictionary<string, Func<CatalogueLoss>> Losses = new Dictionary<string, Func<CatalogueLoss>>
    {
        ["full"] = () => CatalogueLoss.Full,
        ["sampled"] = () => CatalogueLoss.SampledSoftmax(),
        ["sampled-uniform"] = () => CatalogueLoss.SampledSoftmax(method: NegativeSamplingMethod.Uniform),
        ["scalable"] = () => CatalogueLoss.ScalableCrossEntropy(),
    };

    /// <summary>The command that times them.</summary>
    public static RootCommand CreateCommand()
    {
        var items = new Option<int[]>("--items") { Description = "sizes of the catalogue", DefaultValueFactory = _ => [10_000, 100_000, 1_000_000], AllowMultipleArgumentsPerToken = true };
        var losses = LossesOption();
        var one = new Option<bool>("--one") { Description = "in this process; of the first size and loss", Hidden = true };
        var command = new RootCommand("Time and memory of PNFRec's training by loss and size of the catalogue, as Markdown") { items, losses, one };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(one))
                Measure(parsed.GetValue(losses)![0], parsed.GetValue(items)![0]);
            else
                Table(parsed.GetValue(items)!, parsed.GetValue(losses)!);
        });
        return command;
    }

    /// <summary>The command that says what they cost in quality.</summary>
    public static RootCommand CreateQualityCommand()
    {
        var folder = new Option<string>("--data") { Description = "a folder with MovieLens-1M", Required = true };
        var seeds = new Option<int>("--seeds") { Description = "seeds of each", DefaultValueFactory = _ => 1 };
        var width = new Option<int>("--width") { Description = "EmbeddingWidth", DefaultValueFactory = _ => Width };
        var checkpoints = new Option<string?>("--checkpoints") { Description = "a folder for checkpoints, from which an interrupted run goes on" };
        var losses = LossesOption();
        var command = new RootCommand("NDCG_p@10 of PNFRec on MovieLens-1M by loss, as Markdown") { folder, seeds, width, checkpoints, losses };
        command.SetAction(parsed => Quality(parsed.GetValue(folder)!, parsed.GetValue(seeds), parsed.GetValue(width), parsed.GetValue(checkpoints), parsed.GetValue(losses)!));
        return command;
    }

    private static Option<string[]> LossesOption() => new Option<string[]>("--losses")
    {
        Description = "of " + string.Join(", ", Losses.Keys),
        DefaultValueFactory = _ => [.. Losses.Keys],
        AllowMultipleArgumentsPerToken = true,
    }.AcceptOnlyFromAmong([.. Losses.Keys]);

    private static void Table(int[] sizes, string[] losses)
    {
        Console.WriteLine($"PNFRec, width {Width}, {Batches} batches of {BatchSize} users with {Length + 1} liked and {Length / 2} skipped items each; an epoch with nothing else to do.\n");
        Console.WriteLine("| items | loss | step, s | to the full one | model fitted, s | peak memory, MiB |");
        Console.WriteLine("|--:|---|--:|--:|--:|--:|");
        foreach (int items in sizes)
        {
            double? baseline = null;
            foreach (string loss in losses)
            {
                double[] figures = InProcess(items, loss);
                baseline ??= loss == "full" ? figures[0] : null;
                Console.WriteLine(FormattableString.Invariant(
                    $"| {items:N0} | {loss} | {figures[0]:0.000} | {(baseline is { } full ? (figures[0] / full).ToString("0.000", System.Globalization.CultureInfo.InvariantCulture) : "")} | {figures[1]:0.0} | {figures[2]:N0} |"));
            }
        }
    }

    private static double[] InProcess(int items, string loss)
    {
        using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(CatalogueLosses).Assembly.Location, "catalogue-losses", "--one", "--items", $"{items}", "--losses", loss])
        {
            RedirectStandardOutput = true,
        })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? [.. output.Trim().Split('\n')[^1].Split(' ').Select(number => double.Parse(number, System.Globalization.CultureInfo.InvariantCulture))]
            : throw new InvalidOperationException($"{loss} with {items} items ended with code {process.ExitCode}: {output}");
    }

    // seconds a step, seconds of Fit, and MiB at most
    private static void Measure(string loss, int items)
    {
        var ml = new MLContext(seed: 1);
        var rows = Rows(ml, items);
        var epochs = new LastEpoch();
        var watch = Stopwatch.StartNew();
        using var model = ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options
        {
            EmbeddingWidth = Width,
            MaximumSequenceLength = Length,
            BatchSize = BatchSize,
            MaximumNumberOfEpochs = 2,
            ValidationFraction = 0,
            Loss = Losses[loss](),
            Progress = epochs,
        }).Fit(rows);
        double seconds = watch.Elapsed.TotalSeconds;
        Console.WriteLine(FormattableString.Invariant($"{BatchSize / epochs.SequencesPerSecond:R} {seconds:R} {Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0:R}"));
    }

    private static IDataView Rows(MLContext ml, int items)
    {
        var random = new Random(1);
        var rows = Enumerable.Range(0, Batches * BatchSize).Select(_ =>
        {
            int count = Length + 1 + (Length / 2);
            return new Row
            {
                // few are popular: the cube of a uniform number
                Items = [.. Enumerable.Range(0, count).Select(_ => 1 + (int)(items * Math.Pow(random.NextDouble(), 3)))],
                Feedback = [.. Enumerable.Range(0, count).Select(place => place % 3 == 2 ? -1f : 1)],
            };
        }).ToArray();
        var view = ml.Data.LoadFromEnumerable(rows);
        // every item of the catalogue, those that no row has as well
        var keys = ml.Data.LoadFromEnumerable(Enumerable.Range(1, items).Select(item => new Key { Item = item }));
        return ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items")], keyData: keys).Fit(view).Transform(view);
    }

    private static void Quality(string folder, int seeds, int width, string? checkpoints, string[] losses)
    {
        var ml = new MLContext(seed: 1);
        var log = ml.Data.LoadMovieLens(folder);
        var options = new TemporalSplitOptions { TestUsers = Users(folder, "test"), ValidationUsers = Users(folder, "validation") };
        var split = ml.Data.TemporalSplit(ml.Transforms.LabelFeedback(FeedbackRule.RatingMedian()).Fit(log).Transform(log), options);
        var users = ml.Transforms.WindowSequences().Fit(split.TrainSet).Transform(split.TrainSet);
        Console.WriteLine(FormattableString.Invariant($"PNFRec, width {width}, otherwise as published, MovieLens-1M.\n\n| loss | seed | best epoch | NDCG_p@10 of validation | HR_p@10 | NDCG_p@10 | ΔNDCG@10 | s an epoch |\n|---|--:|--:|--:|--:|--:|--:|--:|"));
        for (int seed = 1; seed <= seeds; seed++)
        {
            foreach (string loss in losses)
            {
                var last = new LastEpoch();
                var chain = ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options
                {
                    EmbeddingWidth = width,
                    Seed = seed,
                    ValidationSet = split.ValidationSet,
                    Loss = Losses[loss](),
                    Progress = last,
                    CheckpointPath = checkpoints is null ? null : Path.Combine(checkpoints, $"{loss}-{seed}.checkpoint"),
                })).Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"));
                var metrics = ml.Recommendation().EvaluateNextItem(chain.Fit(users).Transform(split.TestSet));
                Console.WriteLine(FormattableString.Invariant(
                    $"| {loss} | {seed} | {last.BestEpoch} | {last.BestScore:0.0000} | {metrics.Positive.HitRate:0.0000} | {metrics.Positive.Ndcg:0.0000} | {metrics.NdcgDifference:0.0000} | {last.EpochSeconds:0.0} |"));
            }
        }
    }

    private static string[]? Users(string folder, string part)
    {
        string path = Path.Combine(folder, $"pnfrec_{part}_users.txt");
        return File.Exists(path) ? File.ReadAllText(path).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : null;
    }

    private sealed class Row
    {
        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    private sealed class Key
    {
        public int Item { get; set; }
    }

    private sealed class LastEpoch : IProgress<TrainingProgress>
    {
        private TimeSpan _elapsed;

        public double SequencesPerSecond { get; private set; }

        public double EpochSeconds { get; private set; }

        public int BestEpoch { get; private set; }

        public double BestScore { get; private set; }

        public void Report(TrainingProgress value)
        {
            (SequencesPerSecond, EpochSeconds, _elapsed) = (value.SequencesPerSecond, (value.Elapsed - _elapsed).TotalSeconds, value.Elapsed);
            if (value.BestEpoch == value.Epoch)
                (BestEpoch, BestScore) = (value.Epoch, value.ValidationScore ?? 0);
        }
    }
}
