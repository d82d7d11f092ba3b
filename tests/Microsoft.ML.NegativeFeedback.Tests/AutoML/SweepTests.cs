using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Tests.AutoML;

/// <summary>Sweeps: through AutoML's experiment and through the shorthand, with trials that fail and sweeps that are cancelled.</summary>
public class SweepTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView TrainSet => _ml.Data.LoadFromEnumerable(ToyFeed.Histories(80, seed: 1));

    private IDataView ValidationSet => _ml.Data.LoadFromEnumerable(SweepFeed.Evaluation(30, seed: 2));

    private SweepablePipeline Pipeline(PnfRecTrainer.Options trainer, params (string Name, object[] Choices)[] space)
        => SweepFeed.Pipeline(_ml, trainer, space);

    [Fact]
    public void An_experiment_makes_the_metric_large()
    {
        var best = _ml.Auto().CreateExperiment()
            .SetPipeline(Pipeline(SweepFeed.Short, ("LearningRate", [1e-4, 1e-2])))
            .SetDataset(TrainSet, ValidationSet)
            .SetRecommendationMetric(new RecommendationMetricOptions { Metric = RecommendationMetric.NdcgDifference, NumberOfRecommendations = 5 })
            .SetMaxModelToExplore(3)
            .Run();

        var metrics = _ml.Recommendation().EvaluateNextItem(best.Model.Transform(ValidationSet), numberOfRecommendations: 5);
        Assert.Equal(metrics.NdcgDifference, best.Metric);
        Assert.Equal(-best.Metric, best.Loss);
    }

    [Fact]
    public void A_runner_of_ones_own_serves_every_trial()
    {
        var pipeline = Pipeline(SweepFeed.Short, ("LearningRate", [1e-4, 1e-2]));
        var progress = new Recorder<SweepProgress>();
        var best = _ml.Auto().CreateExperiment()
            .SetPipeline(pipeline)
            .SetTrialRunner(new NextItemTrialRunner(_ml, pipeline, TrainSet, ValidationSet, new() { NumberOfRecommendations = 5, Progress = progress }))
            .SetMaxModelToExplore(2)
            .Run();

        Assert.Equal(2, progress.Reports.Count);
        Assert.All(progress.Reports, report => Assert.Null(report.Trial.Failure));
        Assert.Equal(progress.Reports[^1].Best!.Metric, best.Metric);
    }

    [Fact]
    public async Task A_trial_leaves_nothing_on_the_context_that_it_was_made_in()
    {
        using var cancellation = new CancellationTokenSource();
        string checkpoint = Path.Combine(Directory.CreateTempSubdirectory().FullName, "training.checkpoint");
        var trainer = SweepFeed.Short;
        trainer.CheckpointPath = checkpoint;
        var pipeline = Pipeline(trainer, ("NumberOfHeads", [1, 3]));
        var grid = new Sweeps.GridTuner(pipeline, limit: 10);
        using var runner = new NextItemTrialRunner(_ml, pipeline, TrainSet, ValidationSet, new() { NumberOfRecommendations = 5 });
        var settings = new TrialSettings { Parameter = grid.Propose(new()) };
        await runner.RunAsync(settings, cancellation.Token);
        Assert.False(File.Exists(checkpoint));
        // three heads cannot share a width of 16: a trial that fails
        await runner.RunAsync(new TrialSettings { TrialId = 1, Parameter = grid.Propose(new()) }, cancellation.Token);

        cancellation.Cancel();
        pipeline.BuildFromOption(_ml, settings.Parameter["_pipeline_"]).Fit(TrainSet);

        Assert.True(File.Exists(checkpoint));
        Directory.Delete(Path.GetDirectoryName(checkpoint)!, recursive: true);
    }

    [Fact]
    public void A_pipeline_may_make_the_columns_of_the_trainer_itself()
    {
        var trainer = SweepFeed.Short;
        trainer.ItemsColumnName = "History";
        var pipeline = _ml.Transforms.CopyColumns("History", "Items")
            .Append(_ml.Transforms.Conversion.MapValueToKey("History"))
            .Append(_ml.Auto().PnfRec(trainer, new() { ["NegativeWeight"] = new ChoiceOption(0.0, 0.5) }))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"));

        var result = _ml.Auto().SweepRecommender(pipeline, TrainSet, ValidationSet, new() { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid });

        Assert.All(result.Trials, trial => Assert.Null(trial.Failure));
    }

    [Fact]
    public void Recommendations_are_measured_in_the_columns_that_the_trainer_names()
    {
        var trainer = SweepFeed.Short;
        (trainer.ItemsColumnName, trainer.RecommendedItemsColumnName) = ("History", "Next");
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("History")
            .Append(_ml.Auto().PnfRec(trainer, new() { ["NegativeWeight"] = new ChoiceOption(0.0, 0.5) }))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("Next"));

        var result = _ml.Auto().SweepRecommender(pipeline, Renamed(TrainSet), Renamed(ValidationSet), new() { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid });

        Assert.All(result.Trials, trial => Assert.Null(trial.Failure));
        // the histories' keys tell the catalogue
        Assert.All(result.Trials, trial => Assert.InRange(trial.Validation!.NextItem!.Coverage, 0.01, 1));

        IDataView Renamed(IDataView rows)
        {
            var copied = _ml.Transforms.CopyColumns("History", "Items").Fit(rows).Transform(rows);
            return _ml.Transforms.DropColumns("Items").Fit(copied).Transform(copied);
        }
    }

    [Fact]
    public void A_sweep_keeps_every_trial_and_the_best_model()
    {
        var lines = new List<string>();
        _ml.Log += (_, message) => lines.Add(message.Message);
        var progress = new Recorder<SweepProgress>();
        var testSet = _ml.Data.LoadFromEnumerable(SweepFeed.Evaluation(20, seed: 3));

        var result = _ml.Auto().SweepRecommender(Pipeline(SweepFeed.Short, ("LearningRate", [1e-4, 1e-2]), ("NegativeWeight", [0.0, 0.5])), TrainSet, ValidationSet,
            new RecommenderSweepOptions { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid, TestSet = testSet, Progress = progress });

        Assert.False(result.IsCancelled);
        Assert.Equal(
            [(1e-4, 0.0), (1e-4, 0.5), (1e-2, 0.0), (1e-2, 0.5)],
            result.Trials.Select(trial => ((double)trial.Parameters["LearningRate"], (double)trial.Parameters["NegativeWeight"])));
        Assert.All(result.Trials, trial => Assert.Equal(trial.Validation!.NextItem!.Positive.Ndcg, trial.Metric));
        Assert.Equal(result.Trials.MaxBy(trial => trial.Metric), result.Best);
        Assert.Equal(0.01, result.Best.Options!.LearningRate);
        Assert.Equal(SweepFeed.Short.EmbeddingWidth, result.Best.Options.EmbeddingWidth);
        Assert.Equal(
            result.Best.Test!.NextItem!.NdcgDifference,
            _ml.Recommendation().EvaluateNextItem(result.Model.Transform(testSet), numberOfRecommendations: 5).NdcgDifference);

        Assert.Equal(result.Trials, progress.Reports.Select(report => report.Trial));
        Assert.Equal(result.Best, progress.Reports[^1].Best);
        Assert.Equal(4, lines.Count(line => line.Contains("best so far")));
        Assert.Contains(lines, line => line.Contains("Trial 3 of PnfRecTrainer (LearningRate 0.01, NegativeWeight 0.5): NDCG_p@5 "));
    }

    [Theory]
    [InlineData(SweepStrategy.CostFrugal)]
    [InlineData(SweepStrategy.Random)]
    public void The_same_seed_gives_the_same_trials(SweepStrategy strategy)
    {
        double[] Sweep(int seed)
        {
            var ml = new MLContext(seed);
            var trainer = SweepFeed.Short;
            trainer.Seed = null;
            var pipeline = ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Auto().PnfRec(trainer, new() { ["LearningRate"] = new UniformDoubleOption(1e-3, 1e-2, true, 2e-3) }));
            return [.. ml.Auto().SweepRecommender(pipeline, TrainSet, ValidationSet, new() { NumberOfRecommendations = 5, Strategy = strategy, MaximumNumberOfTrials = 3 })
                .Trials.SelectMany(trial => new[] { (double)trial.Parameters["LearningRate"], trial.Metric })];
        }

        var first = Sweep(seed: 5);
        Assert.Equal(first, Sweep(seed: 5));
        Assert.NotEqual(first, Sweep(seed: 6));
        if (strategy == SweepStrategy.CostFrugal)
            Assert.Equal(2e-3, first[0], 1e-12);
    }

    [Fact]
    public void A_progress_that_throws_does_not_end_the_sweep()
    {
        var warnings = new List<string>();
        _ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
                warnings.Add(message.Message);
        };
        var progress = new Recorder<SweepProgress>(_ => throw new IOException("The page cannot be written."));

        var result = _ml.Auto().SweepRecommender(Pipeline(SweepFeed.Short, ("NegativeWeight", [0.0, 0.5])), TrainSet, ValidationSet,
            new() { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid, Progress = progress });

        Assert.Equal(2, result.Trials.Count);
        Assert.Equal(2, progress.Reports.Count);
        Assert.NotNull(result.Model);
        Assert.Equal(2, warnings.Count(line => line.Contains("The page cannot be written.")));
    }

    [Fact]
    public void A_test_set_that_cannot_be_measured_costs_no_trial()
    {
        var warnings = new List<string>();
        _ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
                warnings.Add(message.Message);
        };
        var rows = SweepFeed.Evaluation(6, seed: 3);
        rows[1].Feedback[0] = float.NaN;

        var result = _ml.Auto().SweepRecommender(Pipeline(SweepFeed.Short, ("NegativeWeight", [0.0, 0.5])), TrainSet, ValidationSet,
            new() { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid, TestSet = _ml.Data.LoadFromEnumerable(rows) });

        Assert.All(result.Trials, trial => Assert.Null(trial.Failure));
        Assert.All(result.Trials, trial => Assert.NotNull(trial.Validation));
        Assert.All(result.Trials, trial => Assert.Null(trial.Test));
        Assert.Equal(2, warnings.Count(line => line.Contains("test set") && line.Contains("'Feedback' of row 2")));
    }

    [Fact]
    public void A_failed_trial_is_recorded_and_does_not_end_the_sweep()
    {
        // three heads cannot share a width of 16: the first trial fails
        var progress = new Recorder<SweepProgress>();
        var result = _ml.Auto().SweepRecommender(Pipeline(SweepFeed.Short, ("NumberOfHeads", [3, 1, 2])), TrainSet, ValidationSet,
            new RecommenderSweepOptions
            {
                Metric = RecommendationMetric.NdcgDifference,
                NumberOfRecommendations = 5,
                Strategy = SweepStrategy.Grid,
                Progress = progress,
            });

        Assert.Equal(3, result.Trials.Count);
        var failed = result.Trials[0];
        Assert.Contains("NumberOfHeads", Assert.IsType<ArgumentException>(failed.Failure).Message);
        Assert.Equal(-1, failed.Metric);
        Assert.Null(failed.Validation);
        Assert.Null(progress.Reports[0].Best);
        Assert.All(result.Trials.Skip(1), trial => Assert.Null(trial.Failure));
        Assert.NotEqual(failed, result.Best);
    }

    [Fact]
    public void A_failed_trial_reaches_the_monitor_with_an_infinite_loss()
    {
        var monitor = new Monitor();
        var best = _ml.Auto().CreateExperiment()
            .SetPipeline(Pipeline(SweepFeed.Short, ("NumberOfHeads", [3, 1])))
            .SetDataset(TrainSet, ValidationSet)
            .SetRecommendationMetric(new RecommendationMetricOptions { NumberOfRecommendations = 5 })
            .SetTuner(new Sweeps.GridTuner(Pipeline(SweepFeed.Short, ("NumberOfHeads", [3, 1])), limit: 10))
            .SetMonitor(monitor)
            .SetMaxModelToExplore(2)
            .Run();

        Assert.Equal(1, best.TrialSettings.TrialId);
        Assert.Equal([double.PositiveInfinity, best.Loss], monitor.Completed.Select(trial => trial.Loss));
        Assert.Equal(0, monitor.Failed);
    }

    [Fact]
    public void A_sweep_whose_trials_all_fail_says_why()
    {
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Auto().SweepRecommender(Pipeline(SweepFeed.Short, ("NumberOfHeads", [3, 5])), TrainSet, ValidationSet,
            new RecommenderSweepOptions { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid }));

        Assert.Contains("None of 2 trials", error.Message);
        Assert.Contains("NumberOfHeads 3", error.Message);
        Assert.IsType<ArgumentException>(error.InnerException);
    }

    [Fact]
    public void Cancelling_stops_a_trial_that_trains()
    {
        using var cancellation = new CancellationTokenSource();
        var trainer = SweepFeed.Short;
        trainer.MaximumNumberOfEpochs = 100_000;
        trainer.EarlyStoppingPatience = 100_000;
        int lastEpoch = 0;
        // the first trial fails before it trains, the second trains until it is stopped
        trainer.Progress = new Recorder<TrainingProgress>(report =>
        {
            if (report.Epoch == 2)
                cancellation.Cancel();
            lastEpoch = report.Epoch;
        });
        var progress = new Recorder<SweepProgress>();

        Assert.Throws<OperationCanceledException>(() => _ml.Auto().SweepRecommender(Pipeline(trainer, ("NumberOfHeads", [3, 1])), TrainSet, ValidationSet,
            new() { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid, Progress = progress, CancellationToken = cancellation.Token }));

        Assert.Equal(2, lastEpoch);
        Assert.NotNull(Assert.Single(progress.Reports).Trial.Failure);
    }

    [Fact]
    public void A_sweep_that_is_cancelled_after_a_trial_has_that_trial()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder<SweepProgress>(report =>
        {
            if (report.Trial.Id == 1)
                cancellation.Cancel();
        });

        var result = _ml.Auto().SweepRecommender(Pipeline(SweepFeed.Short, ("NegativeWeight", [0.0, 0.1, 0.2, 0.3])), TrainSet, ValidationSet,
            new() { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid, Progress = progress, CancellationToken = cancellation.Token });

        Assert.True(result.IsCancelled);
        Assert.Equal(2, result.Trials.Count);
        Assert.Contains(result.Best, result.Trials);
        Assert.Equal(result.Best.Metric, _ml.Recommendation().EvaluateNextItem(result.Model.Transform(ValidationSet), numberOfRecommendations: 5).Positive.Ndcg);
    }

    private sealed class Monitor : IMonitor
    {
        public List<TrialResult> Completed { get; } = [];

        public int Failed { get; private set; }

        public void ReportCompletedTrial(TrialResult result) => Completed.Add(result);

        public void ReportBestTrial(TrialResult result) => Assert.Contains(result, Completed);

        public void ReportFailTrial(TrialSettings settings, Exception? exception = null) => Failed++;

        public void ReportRunningTrial(TrialSettings settings) => Assert.Equal(Completed.Count, settings.TrialId);
    }
}
