using System.Diagnostics;
using Common;
using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;

namespace Ranking;

/// <summary>What became of one seed: the ranker without and with feedback in what its encoder reads.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Without">How well the one without foretells each kind of feedback.</param>
/// <param name="With">How well the one with feedback does.</param>
/// <param name="Lift">What the second gains over the first, by group of users.</param>
/// <param name="Trade">Both at every γ of GVV, from 0 down.</param>
internal sealed record SeedResult(int Seed, MultiFeedbackMetrics Without, MultiFeedbackMetrics With, LiftTable Lift, IReadOnlyList<TradePoint> Trade);

/// <summary>What is on top with one γ of GVV.</summary>
/// <param name="Gamma">γ of GVV; those of EVV and FVV are 1.</param>
/// <param name="Without">The ranker without feedback.</param>
/// <param name="With">The ranker with feedback.</param>
internal sealed record TradePoint(double Gamma, TopViews Without, TopViews With);

/// <summary>What became of the views on top, in the mean over users.</summary>
/// <param name="EngagedShare">The share of EVV.</param>
/// <param name="GlanceShare">The share of GVV: negative feedback.</param>
/// <param name="WatchSeconds">Seconds watched.</param>
/// <param name="Entropy">The entropy of categories in windows of 100 views on top, in nats; NaN where there are no categories.</param>
internal sealed record TopViews(double EngagedShare, double GlanceShare, double WatchSeconds, double Entropy);

/// <summary>Trains the ranker with and without feedback and compares them on each user's last views.</summary>
internal sealed class Experiment(RankingData data, RankingArguments arguments)
{
    /// <summary>How many of the last views are on top.</summary>
    public const int Top = 3;

    private const int FirstSeed = 1;

    private static readonly double[] Gammas = [0, -0.25, -0.5, -1, -2, -4, -8];

    public IReadOnlyList<SeedResult> Run()
    {
        var counts = data.Counts;
        Console.WriteLine(FormattableString.Invariant($"""
            {data.Name}: {counts.Users:N0} users, {counts.Items:N0} videos, {counts.TrainInteractions:N0} views to train on
            to rank: the last {RankingData.LastViews} views of {counts.EvaluationRows:N0} users
            """));
        return [.. Enumerable.Range(FirstSeed, arguments.Seeds).Select(Run)];
    }

    private SeedResult Run(int seed)
    {
        var ml = new MLContext(seed);
        using var without = Train(ml, seed, usesFeedback: false);
        using var with = Train(ml, seed, usesFeedback: true);
        IDataView scoredWithout = Score(ml, without), scoredWith = Score(ml, with);
        var recommendation = ml.Recommendation();
        return new SeedResult(seed, recommendation.EvaluateMultiFeedback(scoredWithout), recommendation.EvaluateMultiFeedback(scoredWith),
            Compare(ml, scoredWithout, scoredWith, data.Groups, bootstrapCount: 1000), [.. Gammas.Select(gamma => Trade(ml, without, with, gamma))]);
    }

    private NextItemTransformer Train(MLContext ml, int seed, bool usesFeedback)
    {
        string name = usesFeedback ? "with feedback" : "without feedback";
        if (arguments.CheckpointFolder is { } folder)
            Directory.CreateDirectory(folder);
        var watch = Stopwatch.StartNew();
        var progress = new TrainingConsole("GAUC");
        var trainer = ml.Recommendation().Trainers.MultiFeedback(new MultiFeedbackTrainer.Options
        {
            UseFeedback = usesFeedback,
            UserColumnNames = data.UserColumns,
            ContextColumnNames = data.ContextColumns,
            ItemFeatures = data.Videos,
            ValidationSet = data.Validation,
            NumberOfRecommendations = Top,
            EmbeddingWidth = 32,
            NumberOfBlocks = 1,
            BatchSize = 64,
            LearningRate = arguments.LearningRate,
            DropoutRate = arguments.DropoutRate,
            SampledItemWeight = arguments.SampledWeight,
            MaximumNumberOfEpochs = arguments.Epochs,
            EarlyStoppingMetric = EarlyStoppingMetric.Gauc,
            EarlyStoppingPatience = arguments.Patience,
            NumberOfThreads = arguments.Threads,
            Seed = seed,
            CheckpointPath = arguments.CheckpointFolder is { } path ? Path.Combine(path, $"{data.Name} {name} {seed}.checkpoint".Replace(' ', '-')) : null,
            CancellationToken = arguments.Cancellation,
            Progress = progress,
        });
        var model = progress.Watch($"{name}, seed {seed}", () => trainer.Fit(data.Train));
        Console.WriteLine(FormattableString.Invariant($"  {watch.Elapsed.TotalSeconds:0} s"));
        return model;
    }

    private TradePoint Trade(MLContext ml, NextItemTransformer without, NextItemTransformer with, double gamma)
    {
        using NextItemTransformer weightedWithout = without.WithFusionWeights(1, 1, gamma), weightedWith = with.WithFusionWeights(1, 1, gamma);
        IDataView scoredWithout = Score(ml, weightedWithout), scoredWith = Score(ml, weightedWith);
        var table = Compare(ml, scoredWithout, scoredWith, new LiftOptions(), bootstrapCount: 1);
        return new TradePoint(gamma, Read(row => row.Baseline, scoredWithout), Read(row => row.Treatment, scoredWith));

        TopViews Read(Func<LiftRow, double> side, IDataView scored)
            => new(side(Row("EVV share")), side(Row("GVV share")), side(Row("watch seconds")), Entropy(ml, scored));

        LiftRow Row(string metric) => table["all users", $"{metric}@{Top}"];
    }

    /// <summary>Scored once, however often it is read.</summary>
    private IDataView Score(MLContext ml, NextItemTransformer model) => ml.Data.Cache(model.Transform(data.Test));

    private double Entropy(MLContext ml, IDataView scored) => data.Categories is null ? double.NaN
        : ml.Recommendation().EvaluateDiversity(scored, data.Categories, new DiversityOptions { NumberOfRecommendations = Top }).Mean;

    private static LiftTable Compare(MLContext ml, IDataView without, IDataView with, LiftOptions groups, int bootstrapCount)
        => ml.Recommendation().CompareModels(without, with, new LiftOptions
        {
            Log = groups.Log,
            LogTimeUnit = groups.LogTimeUnit,
            TenureDaysColumnName = groups.TenureDaysColumnName,
            WindowDays = groups.WindowDays,
            GroupColumnName = groups.GroupColumnName,
            WatchSecondsColumnName = "CandidateWatchSeconds",
            NumberOfRecommendations = Top,
            BootstrapCount = bootstrapCount,
        });
}
