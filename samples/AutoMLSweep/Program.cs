// Two sweeps: PNFRec tuned as its paper does, with what α is worth (figure 2 there), and SINE by its number of sub-interests (figure 4 there).
// dotnet run -c Release --project samples/AutoMLSweep; --help tells the options
using System.CommandLine;
using System.Diagnostics;
using AutoMLSweep;
using Common;
using Microsoft.ML;
using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.SearchSpace.Option;

var dataOption = SampleOptions.Data("a folder of MovieLens-1M (hours); without it a simulated short-video feed (minutes)");
var pageOption = SampleOptions.Page(Path.Combine("output", "sweeps.html"));
return await new RootCommand("Two sweeps: PNFRec tuned as its paper does, with what α is worth, and SINE by its number of sub-interests.") { dataOption, pageOption }
    .Does((parsed, cancellation) => Sweep(parsed.GetValue(dataOption), parsed.GetValue(pageOption)!, cancellation)).RunAsync(args);

static int Sweep(string? folder, string pageFile, CancellationToken cancellation)
{
    var ml = new MLContext(seed: 1);
    bool isSimulated = folder is null;
    IDataView log = isSimulated
        ? ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 1000, VideoCount = 500 })
        : ml.Data.LoadMovieLens(folder!);
    var label = ml.Transforms.LabelFeedback(isSimulated ? FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3) : FeedbackRule.RatingMedian());
    IDataView labelled = label.Fit(log).Transform(log);
    var watch = Stopwatch.StartNew();

    // First the encoder with α = β = 0, then α, then β. Trials are chosen by the validation rows and measured on the test rows as well, which have disliked targets too.
    var split = ml.Data.TemporalSplit(labelled);
    IDataView users = ml.Transforms.WindowSequences().Fit(split.TrainSet).Transform(split.TrainSet);
    var tuned = ml.Auto().TunePnfRec(users, split.ValidationSet, new PnfRecTuningOptions
    {
        Trainer = Sized(new PnfRecTrainer.Options()),
        EncoderSearchSpace = new()
        {
            [nameof(PnfRecTrainer.Options.EmbeddingWidth)] = new ChoiceOption([32, 64], 64),
            [nameof(PnfRecTrainer.Options.LearningRate)] = new UniformDoubleOption(5e-4, 5e-3, logBase: true, defaultValue: 1e-3),
        },
        MaximumNumberOfEncoderTrials = 4,
        NegativeWeights = [.. Enumerable.Range(0, 11).Select(step => step / 10.0)],
        ContrastiveWeights = [0, 0.25, 0.5],
        TestSet = split.TestSet,
        Progress = new TrialConsole("PNFRec"),
        CancellationToken = cancellation,
    });
    Console.WriteLine(FormattableString.Invariant($"PNFRec: width {tuned.Options.EmbeddingWidth}, learning rate {tuned.Options.LearningRate:0.0000}, α {tuned.Options.NegativeWeight}, β {tuned.Options.ContrastiveWeight}"));
    Console.WriteLine(tuned.Best.Test!.NextItem);

    // The last liked item of a user against what was skipped around it, for K of 2 and more. With one sub-interest SINE is SASRec.
    var lastOut = ml.Data.LeaveLastOut(labelled);
    var keys = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: lastOut.Catalogue);
    var sine = ml.Auto().Sine(
        // the learning rate that its paper found best (section 5.4.2)
        Sized(new SineTrainer.Options { CandidatesColumnName = "Candidates", MaximumSequenceLength = 50, LearningRate = 0.003, DropoutRate = 0.2 }),
        new() { [nameof(SineTrainer.Options.NumberOfSubInterests)] = new ChoiceOption(2, 3, 4, 5, 6, 7, 8) });
    var swept = ml.Auto().SweepRecommender(keys.Append(sine), lastOut.TrainSet, lastOut.ValidationSet, new RecommenderSweepOptions
    {
        Metric = RecommendationMetric.Gauc,
        Strategy = SweepStrategy.Grid,
        TestSet = lastOut.TestSet,
        Progress = new TrialConsole("SINE"),
        CancellationToken = cancellation,
    });
    Console.WriteLine($"SINE: K {swept.Best.Parameters["NumberOfSubInterests"]}");
    Console.WriteLine(swept.Best.Test!.Candidates);

    new HtmlPage("Sweeps over PNFRec and SINE")
        .AddHeading("What α is worth to PNFRec, with β = 0 (figure 2 of its paper)")
        .AddParagraph($"Test rows; the encoder was tuned before with α = 0. By the validation rows α = {tuned.NegativeWeightSweep!.Best.Parameters["NegativeWeight"]} is best.")
        .AddSweep(tuned.NegativeWeightSweep, "NegativeWeight", "α",
            ("NDCG_p@10", metrics => metrics.NextItem!.Positive.Ndcg), ("ΔNDCG@10", metrics => metrics.NextItem!.NdcgDifference))
        .AddHeading("What K is worth to SINE (figure 4 of its paper)")
        .AddParagraph($"Test rows. By the validation rows K = {swept.Best.Parameters["NumberOfSubInterests"]} is best.")
        .AddSweep(swept, "NumberOfSubInterests", "K", ("GAUC", metrics => metrics.Candidates!.Gauc), ("NDCG@2", metrics => metrics.Candidates!.Ndcg))
        .Save(pageFile);
    Console.WriteLine(FormattableString.Invariant($"Written after {watch.Elapsed.TotalSeconds:0} s: {pageFile}"));
    return 0;

    TOptions Sized<TOptions>(TOptions options) where TOptions : SequenceTrainerOptions
    {
        if (isSimulated)
            (options.BatchSize, options.MaximumNumberOfEpochs, options.EarlyStoppingPatience) = (64, 10, 2);
        return options;
    }
}
