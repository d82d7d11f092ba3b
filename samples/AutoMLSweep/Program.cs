// Tunes PNFRec as its paper does and shows what α is worth, as figure 2 there: on a simulated feed, or with --data DIR on a MovieLens-1M folder.
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.SearchSpace.Option;

if (args.Length != 0 && args is not ["--data", _])
{
    Console.Error.WriteLine("AutoMLSweep [--data DIR]    DIR: a MovieLens-1M folder; without it a simulated short-video feed is used");
    return 2;
}

var ml = new MLContext(seed: 1);
bool isSimulated = args.Length == 0;
IDataView log = isSimulated
    ? ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 1000, VideoCount = 500 })
    : ml.Data.LoadMovieLens(args[1]);
var label = ml.Transforms.LabelFeedback(isSimulated ? FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3) : FeedbackRule.RatingMedian());
var split = ml.Data.TemporalSplit(label.Fit(log).Transform(log));
IDataView users = ml.Transforms.WindowSequences().Fit(split.TrainSet).Transform(split.TrainSet);

// First the encoder with α = β = 0, then α, then β. Trials are chosen by the validation rows and measured on the test rows as well, which have skipped targets too.
var watch = Stopwatch.StartNew();
var tuned = ml.Auto().TunePnfRec(users, split.ValidationSet, new PnfRecTuningOptions
{
    Trainer = new PnfRecTrainer.Options
    {
        BatchSize = isSimulated ? 64 : 500,
        MaximumNumberOfEpochs = isSimulated ? 10 : 100,
        EarlyStoppingPatience = isSimulated ? 2 : 10,
    },
    EncoderSearchSpace = new()
    {
        [nameof(PnfRecTrainer.Options.EmbeddingWidth)] = new ChoiceOption([32, 64], 64),
        [nameof(PnfRecTrainer.Options.LearningRate)] = new UniformDoubleOption(5e-4, 5e-3, logBase: true, defaultValue: 1e-3),
    },
    MaximumNumberOfEncoderTrials = 4,
    NegativeWeights = [.. Enumerable.Range(0, 11).Select(step => step / 10.0)],
    ContrastiveWeights = [0, 0.25, 0.5],
    TestSet = split.TestSet,
    Progress = new ConsoleProgress(),
});

Console.WriteLine($"Tuned in {watch.Elapsed.TotalSeconds:0} s: width {tuned.Options.EmbeddingWidth}, learning rate {tuned.Options.LearningRate:0.0000}, "
    + $"α {tuned.Options.NegativeWeight}, β {tuned.Options.ContrastiveWeight}.");
Console.WriteLine(tuned.Best.Test!.NextItem);
Console.WriteLine();
Console.WriteLine("Figure 2 of PNFRec: what α is worth, β = 0, test rows");
Console.WriteLine($"{"α",6}{"NDCG_p@10",12}{"ΔNDCG@10",12}");
foreach (var trial in tuned.NegativeWeightSweep!.Trials.Where(trial => trial.Failure is null))
    Console.WriteLine($"{trial.Parameters["NegativeWeight"],6:0.00}{trial.Test!.NextItem.Positive.Ndcg,12:0.0000}{trial.Test.NextItem.NdcgDifference,12:0.0000}");
return 0;

/// <summary>Prints a line a trial.</summary>
internal sealed class ConsoleProgress : IProgress<SweepProgress>
{
    public void Report(SweepProgress value)
    {
        var trial = value.Trial;
        string parameters = string.Join(", ", trial.Parameters.Select(parameter => $"{parameter.Key} {parameter.Value:0.####}"));
        Console.WriteLine($"trial {trial.Id,2}  {(trial.Failure is null ? $"{trial.Metric:0.0000}" : "failed")}  (best {value.Best?.Metric:0.0000})  {trial.Duration.TotalSeconds,5:0.0} s  {parameters}");
    }
}
