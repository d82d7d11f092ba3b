using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Microsoft.ML.NegativeFeedback.Trials;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Tests.AutoML;

/// <summary>Sweeps of the multi-feedback ranker, γ and λ among what is swept.</summary>
public sealed class MultiFeedbackSweepTests
{
    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void What_carries_attributes_and_the_weight_of_negative_feedback_is_swept_from_the_options_that_are_given()
    {
        var space = _ml.Auto().MultiFeedback(new() { FusionWeights = [1, 1, -0.25], NumberOfExperts = 6 }).SearchSpace;
        Assert.Equal(["EmbeddingWidth", "FusionWeights[2]", "LearningRate", "NumberOfBlocks", "NumberOfExperts", "NumberOfSlots"], space.Keys.Order(StringComparer.Ordinal));
        var start = space.SampleFromFeatureSpace(space.Default);
        Assert.Equal(-0.25, start["FusionWeights[2]"].AsType<double>(), 1e-9);
        Assert.Equal(6, start["NumberOfExperts"].AsType<int>());
        var range = Assert.IsType<UniformDoubleOption>(space["FusionWeights[2]"]);
        Assert.Equal((-2, 0), (range.Min, range.Max));

        Assert.Equal(-1, DefaultOf(new() { FusionWeights = [1, 1, 7] }, "FusionWeights[2]"), 1e-9);
        Assert.Equal(-1, DefaultOf(new() { TaskNames = ["GVV", "Like"], FusionWeights = [-1, 2] }, "FusionWeights[0]"), 1e-9);
        Assert.DoesNotContain(_ml.Auto().MultiFeedback(new() { TaskNames = ["Like"], FusionWeights = [2] }).SearchSpace.Keys, name => name.StartsWith("FusionWeights"));

        double DefaultOf(MultiFeedbackTrainer.Options options, string name)
        {
            var own = _ml.Auto().MultiFeedback(options).SearchSpace;
            return own.SampleFromFeatureSpace(own.Default)[name].AsType<double>();
        }
    }

    [Fact]
    public void Weights_are_set_place_by_place_and_coefficients_sum_to_one()
    {
        var template = new MultiFeedbackTrainer.Options { FusionWeights = [3, 2, -1], EmbeddingWidth = 16 };
        var made = Build(template, new()
        {
            ["FusionWeights[0]"] = new ChoiceOption(0.5),
            ["FusionWeights[2]"] = new ChoiceOption(-1.75),
            ["TaskShares[1]"] = new ChoiceOption(4 / 3.0),
            ["NumberOfExperts"] = new ChoiceOption(2),
        });
        Assert.Equal([0.5, 2, -1.75], made.FusionWeights);
        Assert.Equal(TaskBalance.Given, made.Balance);
        AssertShares([1 / 6.0, 2 / 3.0, 1 / 6.0], made);
        Assert.Equal(2, made.NumberOfExperts);
        // the template stays as it was
        Assert.Equal([3, 2, -1], template.FusionWeights);
        Assert.Null(template.TaskShares);
        Assert.Equal(TaskBalance.Equal, template.Balance);
    }

    [Fact]
    public void Given_coefficients_are_where_a_sweep_of_them_starts_and_others_are_left_alone()
    {
        var template = new MultiFeedbackTrainer.Options { Balance = TaskBalance.Given, TaskShares = [0.5, 0.25, 0.25] };
        AssertShares([1 / 3.0, 1 / 3.0, 1 / 3.0], Build(template, new() { ["TaskShares[0]"] = new ChoiceOption(0.25) }));
        Assert.Equal(template.TaskShares, Build(template, new() { ["NumberOfSlots"] = new ChoiceOption(4) }).TaskShares);
    }

    [Theory]
    [InlineData("FusionWeights[3]", "FusionWeights has 3 values")]
    [InlineData("TaskShares[7]", "TaskShares has 3 values")]
    [InlineData("FusionWeights", "FusionWeights[0]")]
    [InlineData("FusionWeights[]", "no option")]
    [InlineData("FusionWeights[-1]", "no option")]
    [InlineData("TaskNames[0]", "no option")]
    [InlineData("LearningRate[0]", "no option")]
    public void A_name_that_is_no_place_of_a_list_is_refused(string name, string message)
    {
        var error = Assert.Throws<ArgumentException>(() => _ml.Auto().MultiFeedback(searchSpace: new() { [name] = new UniformDoubleOption(0, 1) }));
        Assert.Contains($"'{name}'", error.Message);
        Assert.Contains(message, error.Message);
    }

    [Fact]
    public void A_sweep_trains_measures_and_keeps_the_best_weights()
    {
        var feed = new RankedFeed(_ml, rows: 60);
        var options = feed.Options(epochs: 1);
        var space = new SearchSpace.SearchSpace { ["FusionWeights[2]"] = new ChoiceOption(-2.0, 50.0), ["TaskShares[0]"] = new ChoiceOption(0.2) };
        var pipeline = new EstimatorChain<ITransformer>().Append(_ml.Auto().MultiFeedback(options, space));
        var result = _ml.Auto().SweepRecommender(pipeline, feed.Train, feed.Test, new RecommenderSweepOptions
        {
            Metric = RecommendationMetric.Auc,
            Strategy = SweepStrategy.Grid,
            MaximumNumberOfTrials = 2,
        });
        Assert.Equal(2, result.Trials.Count);
        Assert.All(result.Trials, trial => Assert.Null(trial.Failure));
        var best = (MultiFeedbackTrainer.Options)result.Best.Options!;
        Assert.Equal(result.Best.Parameters["FusionWeights[2]"], best.FusionWeights[2]);
        Assert.Equal(1, best.TaskShares!.Sum(), 1e-12);
        (result.Model as IDisposable)?.Dispose();
    }

    [Fact]
    public void A_trial_watches_its_rows_where_they_have_flags_of_the_candidates_and_features_as_they_are_read()
    {
        var feed = new RankedFeed(_ml, rows: 20);
        Assert.NotNull(Watched(feed.Test));
        Assert.Null(Watched(_ml.Transforms.DropColumns("CandidateFlags").Fit(feed.Test).Transform(feed.Test)));
        Assert.Null(Watched(_ml.Transforms.DropColumns("TargetMinute").Fit(feed.Test).Transform(feed.Test)));
        // cities that the pipeline makes keys of
        Assert.Null(Watched(_ml.Transforms.Conversion.MapKeyToValue("City").Fit(feed.Test).Transform(feed.Test)));

        IDataView? Watched(IDataView validationSet)
        {
            var options = feed.Options();
            new TrialSurroundings(new RecommendationMetricOptions(), validationSet, default).Enter(options);
            return options.ValidationSet;
        }
    }

    private static void AssertShares(double[] expected, MultiFeedbackTrainer.Options options)
    {
        Assert.Equal(expected.Length, options.TaskShares!.Count);
        Assert.All(expected.Zip(options.TaskShares!), pair => Assert.Equal(pair.First, pair.Second, 1e-12));
    }

    private MultiFeedbackTrainer.Options Build(MultiFeedbackTrainer.Options template, SearchSpace.SearchSpace space)
    {
        var context = new MLContext(1);
        var trial = new TrialSurroundings(new RecommendationMetricOptions(), _ml.Data.LoadFromEnumerable(SweepFeed.Evaluation(1, seed: 1)), default);
        trial.AttachTo(context);
        var sweepable = _ml.Auto().MultiFeedback(template, space);
        sweepable.BuildFromOption(context, sweepable.SearchSpace.SampleFromFeatureSpace(sweepable.SearchSpace.Default));
        return Assert.IsType<MultiFeedbackTrainer.Options>(trial.TrainerOptions);
    }
}
