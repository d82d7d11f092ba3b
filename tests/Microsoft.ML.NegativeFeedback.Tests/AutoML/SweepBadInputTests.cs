using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;

namespace Microsoft.ML.NegativeFeedback.Tests.AutoML;

/// <summary>What is wrong with a sweep is said before anything is trained.</summary>
public class SweepBadInputTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly IDataView _trainSet;
    private readonly IDataView _validationSet;
    private readonly PnfRecTrainer.Options _trainer = SweepFeed.Short;

    public SweepBadInputTests()
    {
        _trainSet = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(20, seed: 1));
        _validationSet = _ml.Data.LoadFromEnumerable(SweepFeed.Evaluation(6, seed: 2));
        _trainer.Progress = new Recorder<TrainingProgress>(_ => Assert.Fail("A trainer has trained."));
    }

    private SweepablePipeline Pipeline => SweepFeed.Pipeline(_ml, _trainer, ("NegativeWeight", [0.1, 0.2]));

    private TException Refused<TException>(RecommenderSweepOptions options, IDataView? trainSet = null, IDataView? validationSet = null)
        where TException : Exception
        => Assert.Throws<TException>(() => _ml.Auto().SweepRecommender(Pipeline, trainSet ?? _trainSet, validationSet ?? _validationSet, options));

    private static RecommenderSweepOptions Five => new() { NumberOfRecommendations = 5 };

    [Fact]
    public void Null_is_refused()
    {
        Assert.Throws<ArgumentNullException>(() => _ml.Auto().SweepRecommender(null!, _trainSet, _validationSet));
        Assert.Throws<ArgumentNullException>(() => _ml.Auto().SweepRecommender(Pipeline, null!, _validationSet));
        Assert.Throws<ArgumentNullException>(() => _ml.Auto().SweepRecommender(Pipeline, _trainSet, null!));
        Assert.Throws<ArgumentNullException>(() => _ml.Auto().TunePnfRec(null!, _validationSet));
        Assert.Throws<ArgumentNullException>(() => _ml.Auto().CreateExperiment().SetRecommendationMetric(null!));
        Assert.Throws<ArgumentNullException>(() => new NextItemTrialRunner(_ml, Pipeline, _trainSet, null!, new()));
    }

    [Fact]
    public void Empty_sets_are_refused()
    {
        var empty = _ml.Data.LoadFromEnumerable(Array.Empty<ToyHistory>());

        Assert.Contains("training set is empty", Refused<InvalidOperationException>(Five, trainSet: empty).Message);
        Assert.Contains("validation set is empty", Refused<InvalidOperationException>(Five, validationSet: empty).Message);
    }

    [Fact]
    public void Columns_that_are_missing_are_named()
    {
        var options = Five;
        options.TargetItemColumnName = "Next";
        Assert.Contains("'Next'", Refused<ArgumentException>(options).Message);
        Assert.Contains("'TargetFeedback'", Refused<ArgumentException>(Five, validationSet: _ml.Transforms.DropColumns("TargetFeedback").Fit(_validationSet).Transform(_validationSet)).Message);
        options = Five;
        options.TestSet = _ml.Transforms.DropColumns("TargetItem").Fit(_validationSet).Transform(_validationSet);
        Assert.Contains("'TargetItem'", Refused<ArgumentException>(options).Message);
    }

    [Theory]
    [InlineData(true, "validation set")]
    [InlineData(false, "test set")]
    public void Targets_that_cannot_be_measured_are_named(bool isValidation, string set)
    {
        var rows = SweepFeed.Evaluation(6, seed: 2);
        rows[4].TargetFeedback = float.NaN;
        var options = Five;
        if (!isValidation)
            options.TestSet = _ml.Data.LoadFromEnumerable(rows);
        string message = Refused<ArgumentException>(options, validationSet: isValidation ? _ml.Data.LoadFromEnumerable(rows) : null).Message;

        Assert.Contains($"Row 5 of the {set}: column 'TargetFeedback' is NaN", message);
    }

    [Fact]
    public void A_metric_needs_targets_of_its_kind()
    {
        var liked = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(6, seed: 2));
        var options = Five;
        options.Metric = RecommendationMetric.NdcgDifference;
        var error = Refused<InvalidOperationException>(options, validationSet: liked);

        Assert.Contains("disliked target", error.Message);
        Assert.Contains("ΔNDCG@5", error.Message);
    }

    [Fact]
    public void A_trainer_that_recommends_too_little_is_refused()
        => Assert.Contains("recommends 5 items and NDCG_p@10 needs 10", Refused<ArgumentException>(new()).Message);

    [Fact]
    public void A_trainer_that_ranks_candidates_is_refused_where_recommendations_are_measured()
    {
        _trainer.CandidatesColumnName = "Candidates";

        Assert.Contains("'Candidates'", Refused<ArgumentException>(Five).Message);
    }

    [Fact]
    public void Options_out_of_their_range_are_refused()
    {
        Refused<ArgumentOutOfRangeException>(new() { NumberOfRecommendations = 0 });
        Refused<ArgumentOutOfRangeException>(new() { NumberOfRecommendations = 5, MaximumNumberOfTrials = 0 });
        Refused<ArgumentOutOfRangeException>(new() { NumberOfRecommendations = 5, Metric = (RecommendationMetric)77 });
        Refused<ArgumentOutOfRangeException>(new() { NumberOfRecommendations = 5, Strategy = (SweepStrategy)77 });
        Refused<ArgumentException>(new() { NumberOfRecommendations = 5, TargetItemColumnName = " " });
    }

    [Fact]
    public void An_experiment_without_rows_or_pipeline_says_so()
    {
        var noRows = _ml.Auto().CreateExperiment().SetPipeline(Pipeline).SetRecommendationMetric(RecommendationMetric.PositiveNdcg).SetMaxModelToExplore(1);
        var error = Assert.Throws<AggregateException>(() => noRows.Run());
        Assert.Contains("SetDataset", Assert.IsType<InvalidOperationException>(error.InnerException).Message);

        var noPipeline = _ml.Auto().CreateExperiment().SetDataset(_trainSet, _validationSet).SetRecommendationMetric(RecommendationMetric.PositiveNdcg).SetMaxModelToExplore(1);
        error = Assert.Throws<AggregateException>(() => noPipeline.Run());
        Assert.Contains("SetPipeline", Assert.IsType<InvalidOperationException>(error.InnerException).Message);
    }

    [Fact]
    public void An_experiment_checks_its_rows_before_the_first_trial()
    {
        var experiment = _ml.Auto().CreateExperiment().SetPipeline(Pipeline)
            .SetDataset(_trainSet, _ml.Data.LoadFromEnumerable(Array.Empty<ToyHistory>()))
            .SetRecommendationMetric(new RecommendationMetricOptions { NumberOfRecommendations = 5 })
            .SetMaxModelToExplore(1);

        var error = Assert.Throws<AggregateException>(() => experiment.Run());
        Assert.Contains("validation set is empty", error.InnerException!.Message);
    }
}
