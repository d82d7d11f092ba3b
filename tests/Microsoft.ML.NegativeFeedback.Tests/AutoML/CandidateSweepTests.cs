using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Microsoft.ML.NegativeFeedback.Trials;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Tests.AutoML;

/// <summary>Sweeps that make AUC or GAUC large, with SINE among the trainers.</summary>
public class CandidateSweepTests
{
    private readonly MLContext _ml = new(seed: 1);

    /// <summary>A history with candidates: the next of the ring, and disliked items.</summary>
    private sealed class Ranking
    {
        public string[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public string[] Candidates { get; set; } = [];

        public float[] CandidateLabels { get; set; } = [];
    }

    private sealed class Item
    {
        public string Name { get; set; } = "";
    }

    private IDataView Rows(int count, int seed, bool hasLiked = true, bool hasSkipped = true)
    {
        var candidates = new (string Item, float Label)[] { ("", 1), ("disliked1", 0), ("disliked2", 0) };
        return _ml.Data.LoadFromEnumerable(ToyFeed.Histories(count, seed).Select(history =>
        {
            var chosen = candidates.Where(candidate => candidate.Label > 0 ? hasLiked : hasSkipped).ToArray();
            return new Ranking
            {
                Items = history.Items,
                Feedback = history.Feedback,
                Candidates = [.. chosen.Select(candidate => candidate.Label > 0 ? history.TargetItem : candidate.Item)],
                CandidateLabels = [.. chosen.Select(candidate => candidate.Label)],
            };
        }).ToArray());
    }

    private IEstimator<ITransformer> Keys => _ml.Transforms.Conversion.MapValueToKey(
        [new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")],
        keyData: _ml.Data.LoadFromEnumerable(Enumerable.Range(0, ToyFeed.RingSize)
            .SelectMany(i => new[] { new Item { Name = $"liked{i}" }, new Item { Name = $"disliked{i}" } }).ToArray()));

    private static SineTrainer.Options ShortSine
    {
        get
        {
            var options = TrainerTests.Small(new SineTrainer.Options { CandidatesColumnName = "Candidates", CandidateScoresColumnName = "Ranked" });
            options.MaximumNumberOfEpochs = 2;
            return options;
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1)]
    public void Labels_that_cannot_be_measured_are_named_before_the_first_trial(float label)
    {
        var trainer = ShortSine;
        trainer.Progress = new Recorder<TrainingProgress>(_ => Assert.Fail("A trainer has trained."));
        var pipeline = Keys.Append(_ml.Auto().Sine(trainer, new() { ["NumberOfSubInterests"] = new ChoiceOption(2, 3) }));
        Ranking[] rows = [.. _ml.Data.CreateEnumerable<Ranking>(Rows(6, seed: 3), reuseRowObject: false)];
        rows[3].CandidateLabels[1] = label;
        string message = Assert.Throws<ArgumentException>(() => _ml.Auto().SweepRecommender(pipeline, Rows(20, seed: 1), Rows(6, seed: 2),
            new RecommenderSweepOptions { Metric = RecommendationMetric.Auc, TestSet = _ml.Data.LoadFromEnumerable(rows) })).Message;
        Assert.Contains($"Row 4 of the test set: column 'CandidateLabels' is {label}", message);
    }

    [Theory]
    [InlineData(RecommendationMetric.Auc)]
    [InlineData(RecommendationMetric.Gauc)]
    public void SINE_is_swept_by_how_it_ranks_candidates(RecommendationMetric metric)
    {
        var stopping = new Recorder<TrainingProgress>();
        var trainer = ShortSine;
        trainer.Progress = stopping;
        var pipeline = Keys.Append(_ml.Auto().Sine(trainer, new() { ["NumberOfSubInterests"] = new ChoiceOption(2, 3) }));

        var result = _ml.Auto().SweepRecommender(pipeline, Rows(80, seed: 1), Rows(30, seed: 2),
            new() { Metric = metric, Strategy = SweepStrategy.Grid, TestSet = Rows(10, seed: 3) });

        Assert.Equal([2L, 3L], result.Trials.Select(trial => trial.Parameters["NumberOfSubInterests"]));
        Assert.All(result.Trials, trial => Assert.Null(trial.Validation!.NextItem));
        Assert.All(result.Trials, trial => Assert.Equal(10, trial.Test!.Candidates!.RowCount));
        Assert.All(result.Trials, trial => Assert.Equal(
            metric == RecommendationMetric.Auc ? trial.Validation!.Candidates!.Auc : trial.Validation!.Candidates!.Gauc, trial.Metric));
        var again = _ml.Recommendation().EvaluateCandidates(result.Model.Transform(Rows(30, seed: 2)), scoreColumnName: "Ranked");
        Assert.Equal(result.Best.Validation!.Candidates!.Gauc, again.Gauc);
        // early stopping watches the same rows
        Assert.All(result.Trials, trial => Assert.Contains(stopping.Reports, report => Math.Abs(report.ValidationScore!.Value - trial.Validation!.Candidates!.Auc) < 1e-6));
    }

    [Fact]
    public void A_trainer_of_the_next_item_is_swept_by_candidates_as_well()
    {
        var trainer = SweepFeed.Short;
        trainer.CandidatesColumnName = "Candidates";
        var pipeline = Keys.Append(_ml.Auto().PnfRec(trainer, new() { ["NegativeWeight"] = new ChoiceOption(0.0, 0.5) }));

        var result = _ml.Auto().SweepRecommender(pipeline, Rows(80, seed: 1), Rows(30, seed: 2),
            new() { Metric = RecommendationMetric.Gauc, Strategy = SweepStrategy.Grid });

        Assert.All(result.Trials, trial => Assert.Null(trial.Failure));
        Assert.True(result.Best.Metric > 0.6, $"GAUC {result.Best.Metric}");
    }

    [Fact]
    public void The_weights_of_the_loss_of_SINE_are_proportions()
    {
        var trial = new TrialSurroundings(new RecommendationMetricOptions(), Rows(1, seed: 1), default);
        trial.AttachTo(_ml);
        var sweepable = _ml.Auto().Sine(searchSpace: new() { ["SkipLossWeight"] = new ChoiceOption(1.0 / 3, 2.0 / 3) });

        sweepable.BuildFromOption(_ml, sweepable.SearchSpace.SampleFromFeatureSpace([0.9]));

        var made = Assert.IsType<SineTrainer.Options>(trial.TrainerOptions);
        Assert.Equal((0.25, 0.5, 0.25), (made.SampledLossWeight, made.SkipLossWeight, made.DistanceLossWeight));
    }

    [Fact]
    public void Metrics_of_candidates_need_candidates()
    {
        var pipeline = Keys.Append(_ml.Auto().Sine(ShortSine));
        RecommenderSweepOptions Gauc() => new() { Metric = RecommendationMetric.Gauc };
        var train = Rows(20, seed: 1);

        var noColumn = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(6, seed: 2));
        Assert.Contains("'CandidateLabels'", Assert.Throws<ArgumentException>(() => _ml.Auto().SweepRecommender(pipeline, train, noColumn, Gauc())).Message);
        var options = Gauc();
        options.TestSet = noColumn;
        Assert.Contains("'CandidateLabels'", Assert.Throws<ArgumentException>(() => _ml.Auto().SweepRecommender(pipeline, train, Rows(6, seed: 2), options)).Message);
        foreach (var metric in new[] { RecommendationMetric.Auc, RecommendationMetric.Gauc })
        {
            options = new() { Metric = metric };
            Assert.Contains("skipped candidates", Assert.Throws<InvalidOperationException>(
                () => _ml.Auto().SweepRecommender(pipeline, train, Rows(6, seed: 2, hasSkipped: false), options)).Message);
            Assert.Contains("skipped candidates", Assert.Throws<InvalidOperationException>(
                () => _ml.Auto().SweepRecommender(pipeline, train, Rows(6, seed: 2, hasLiked: false), options)).Message);
        }

        var recommending = Keys.Append(_ml.Auto().Sine());
        Assert.Contains("CandidatesColumnName", Assert.Throws<ArgumentException>(
            () => _ml.Auto().SweepRecommender(recommending, train, Rows(6, seed: 2), Gauc())).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Auto().SweepRecommender(pipeline, train, Rows(6, seed: 2), new() { CandidateTruncationLevel = 0 }));
    }

    [Fact]
    public void Tuning_by_candidates_needs_keys_of_one_dictionary()
    {
        var options = new PnfRecTuningOptions { Trainer = SweepFeed.Short, Metric = RecommendationMetric.Gauc };
        options.Trainer.CandidatesColumnName = "Candidates";

        Assert.Contains("one dictionary", Assert.Throws<ArgumentException>(() => _ml.Auto().TunePnfRec(Rows(20, seed: 1), Rows(6, seed: 2), options)).Message);
    }
}
