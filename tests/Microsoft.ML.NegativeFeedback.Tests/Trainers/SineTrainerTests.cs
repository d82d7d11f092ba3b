using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>SINE from the front door: learning, ranking candidates, warning, refusing.</summary>
public class SineTrainerTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _log = [];

    public SineTrainerTests() => _ml.Log += (_, message) =>
    {
        if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            _log.Add(message.Message);
    };

    private static SineTrainer.Options Small(Action<SineTrainer.Options>? set = null)
    {
        var options = TrainerTests.Small(new SineTrainer.Options());
        options.MaximumNumberOfEpochs = 25;
        options.LearningRate = 0.02;
        set?.Invoke(options);
        return options;
    }

    private IDataView Keyed(IEnumerable<ToyHistory> histories)
    {
        var rows = _ml.Data.LoadFromEnumerable(histories);
        return _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
    }

    public static TheoryData<string> Variants => ["as published", "eq. 13", "w/o AF", "w/o NF", "attention", "popularity", "in-batch"];

    [Theory]
    [MemberData(nameof(Variants))]
    public void A_chain_learns_what_comes_next(string variant)
    {
        var options = Small(options =>
        {
            options.FusionNormalization = variant == "eq. 13" ? FusionNormalization.Sum : FusionNormalization.Softmax;
            options.AdaptiveFusion = variant != "w/o AF";
            options.UseNegativeFeedback = variant != "w/o NF";
            options.SameInterestWeight = variant == "attention" ? 0.8 : 0.5;
            options.NegativeSampling = variant == "popularity" ? NegativeSamplingMethod.Popularity
                : variant == "in-batch" ? NegativeSamplingMethod.InBatch : NegativeSamplingMethod.Uniform;
        });
        var train = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(400, seed: 1));
        var test = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 2));
        var model = _ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(_ml.Recommendation().Trainers.Sine(options))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(train);
        var metrics = _ml.Recommendation().EvaluateNextItem(model.Transform(test), numberOfRecommendations: 5);
        // 24 items of the ring less the 8 seen, and the disliked ones: chance is below 0.2
        Assert.True(metrics.Positive.HitRate > 0.6, $"HR@5 {metrics.Positive.HitRate}");
        Assert.Empty(_log);
    }

    [Fact]
    public void Early_stopping_watches_candidates()
    {
        var progress = new Recorder<TrainingProgress>();
        var options = Small(options =>
        {
            options.Progress = progress;
            options.MaximumNumberOfEpochs = 3;
        });
        _ml.Recommendation().Trainers.Sine(options).Fit(Keyed(ToyFeed.Histories(200, seed: 1)));
        Assert.Equal(3, progress.Reports.Count);
        Assert.All(progress.Reports, report =>
        {
            Assert.Equal(["BPR sampled", "BPR skipped", "dCor"], report.LossTerms.Keys);
            Assert.Equal(report.ValidationMetrics["AUC"], report.ValidationScore);
            Assert.InRange(report.ValidationMetrics["GAUC"], 0, 1);
        });
        // liked and disliked items have names of their own: easily told apart
        Assert.True(progress.Reports[^1].ValidationScore > 0.9);
    }

    [Fact]
    public void The_same_seed_gives_the_same_model_to_the_bit()
    {
        var train = Keyed(ToyFeed.Histories(100, seed: 1));
        float[][] Scores(int threads) => _ml.Data.CreateEnumerable<Scored>(
            _ml.Recommendation().Trainers.Sine(Small(options => (options.MaximumNumberOfEpochs, options.NumberOfThreads, options.DropoutRate) = (3, threads, 0.3)))
                .Fit(train).Transform(train), reuseRowObject: false).Select(row => row.Scores).ToArray();
        Assert.Equal(Scores(1), Scores(1));
        Assert.Equal(Scores(2), Scores(2));
    }

    [Fact]
    public void Without_any_skip_it_trains_and_warns_once()
    {
        var liked = ToyFeed.Histories(100, seed: 1).Select(history => new ToyHistory
        {
            Items = [.. history.Items.Where((_, i) => history.Feedback[i] > 0)],
            Feedback = [.. history.Feedback.Where(value => value > 0)],
        });
        _ml.Recommendation().Trainers.Sine(Small(options => options.MaximumNumberOfEpochs = 3)).Fit(Keyed(liked));
        Assert.Single(_log);
        Assert.Contains("skipped", _log[0]);
        Assert.Contains("'Feedback'", _log[0]);
    }

    [Fact]
    public void Skips_of_which_none_stands_just_before_a_liked_item_are_warned_of_once()
    {
        // a skip before the first liked item, whose liking nothing foresees, and skips with a neutral item after each
        var apart = ToyFeed.Histories(60, seed: 1).Select(history => new ToyHistory
        {
            Items = ["skipped", .. history.Items.SelectMany((item, i) => history.Feedback[i] < 0 ? [item, "neutral"] : new[] { item })],
            Feedback = [-1, .. history.Feedback.SelectMany(value => value < 0 ? [value, 0] : new[] { value })],
        });
        _ml.Recommendation().Trainers.Sine(Small(options => options.MaximumNumberOfEpochs = 2)).Fit(Keyed(apart));
        Assert.Single(_log);
        Assert.Contains("just before", _log[0]);
        Assert.Contains("'Feedback'", _log[0]);
    }

    [Fact]
    public void Skips_among_the_sampled_items_give_another_model()
    {
        var train = Keyed(ToyFeed.Histories(60, seed: 1));
        Assert.NotEqual(At(0), At(0.5));

        float[][] At(double share)
        {
            var trainer = _ml.Recommendation().Trainers.Sine(Small(options => (options.ObservedSkipShare, options.MaximumNumberOfEpochs) = (share, 2)));
            return [.. _ml.Data.CreateEnumerable<Scored>(trainer.Fit(train).Transform(train), reuseRowObject: false).Select(row => row.Scores)];
        }
    }

    [Fact]
    public void Histories_without_a_liked_item_are_refused()
    {
        var skipped = new ToyHistory { Items = ["a", "b", "c", "d", "e", "f"], Feedback = [-1, -1, -1, -1, -1, -1] };
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Recommendation().Trainers.Sine(Small()).Fit(Keyed([skipped])));
        Assert.Contains("positive feedback", error.Message);
    }

    [Fact]
    public void A_user_who_met_every_item_is_named()
    {
        var other = new ToyHistory { Items = ["a", "b", "b", "c", "d"], Feedback = [1, 1, 1, 1, -1] };
        // with a single liked item nothing is drawn for it
        var likedOnce = new ToyHistory { Items = ["a", "b", "c", "d", "e"], Feedback = [1, -1, 0, 0, -1] };
        var everything = new ToyHistory { Items = ["a", "b", "c", "d", "a", "e"], Feedback = [1, 1, 1, 1, 1, -1] };
        var options = Small(options => options.Progress = new Recorder<TrainingProgress>(_ => Assert.Fail("Training started.")));
        // whichever rows are held out
        for (int seed = 0; seed < 4; seed++)
        {
            options.Seed = seed;
            var error = Assert.Throws<InvalidOperationException>(
                () => _ml.Recommendation().Trainers.Sine(options).Fit(Keyed([other, other, likedOnce, everything, everything])));
            Assert.Contains("Column 'Items' of row 4", error.Message);
            Assert.Contains("5 items", error.Message);
            Assert.DoesNotContain("fewer negatives", error.Message);
        }
    }

    [Fact]
    public void Candidates_may_be_named_without_options()
    {
        var trainer = _ml.Recommendation().Trainers.Sine(candidatesColumnName: "Shown");
        var keyed = Keyed([new ToyHistory { Items = ["a", "b"], Feedback = [1, -1] }]);
        var shown = _ml.Transforms.CopyColumns("Shown", "Items").Fit(keyed).Transform(keyed);
        var output = trainer.GetOutputSchema(new SchemaShape(shown.Schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column))));
        Assert.Contains(output, column => column.Name == "CandidateScores");
        Assert.DoesNotContain(output, column => column.Name == "RecommendedItems");
    }

    public static TheoryData<string, Action<SineTrainer.Options>> WrongOptions => new()
    {
        { "NumberOfSubInterests", options => options.NumberOfSubInterests = 1 },
        { "sum to one", options => options.SkipLossWeight = 0.5 },
        { "SampledLossWeight", options => options.SampledLossWeight = 0 },
        { "DistanceLossWeight", options => options.DistanceLossWeight = double.NaN },
        { "SameInterestWeight", options => options.SameInterestWeight = 1.1 },
        { "PopularityExponent", options => options.PopularityExponent = -1 },
        { "FusionNormalization", options => options.FusionNormalization = (FusionNormalization)9 },
        { "NegativeSampling", options => options.NegativeSampling = (NegativeSamplingMethod)9 },
        { "EarlyStoppingMetric", options => options.EarlyStoppingMetric = (EarlyStoppingMetric)9 },
        { "CandidateLabelsColumnName", options => options.CandidateLabelsColumnName = "" },
        { "ObservedSkipShare", options => options.ObservedSkipShare = 1.1 },
        { "UseNegativeFeedback", options => (options.ObservedSkipShare, options.UseNegativeFeedback) = (0.5, false) },
        { "SubInterestWeightsColumnName", options => (options.SubInterestWeightsColumnName, options.AdaptiveFusion) = ("Shares", false) },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void A_wrong_option_is_named_before_any_data_is_read(string name, Action<SineTrainer.Options> set)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => _ml.Recommendation().Trainers.Sine(Small(set)));
        Assert.Contains(name, error.Message);
    }

    private sealed class Scored
    {
        public float[] Scores { get; set; } = [];
    }
}
