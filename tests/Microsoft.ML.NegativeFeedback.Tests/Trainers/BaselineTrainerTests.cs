using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>The baselines of SINE from the front door: learning, ranking candidates, saved and loaded, refused.</summary>
public class BaselineTrainerTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly List<string> _log = [];

    public BaselineTrainerTests() => _ml.Log += (_, message) =>
    {
        if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
            _log.Add(message.Message);
    };

    public static TheoryData<BaselineNetwork> Networks => [.. Enum.GetValues<BaselineNetwork>()];

    public static TheoryData<BaselineNetwork> CatalogueNetworks => [.. Enum.GetValues<BaselineNetwork>().Where(network => !RanksGivenCandidatesAlone(network.ToString()))];

    internal static bool RanksGivenCandidatesAlone(string name)
        => name is nameof(BaselineNetwork.Din) or nameof(BaselineNetwork.Dien) or nameof(BaselineNetwork.SliRec);

    public static TheoryData<BaselineNetwork, double> NetworksAndSkipShares
    {
        get
        {
            var cases = new TheoryData<BaselineNetwork, double> { { BaselineNetwork.SasRec, 0.3 } };
            foreach (var network in Enum.GetValues<BaselineNetwork>())
                cases.Add(network, 0);
            return cases;
        }
    }

    private static BaselineTrainer.Options Small(BaselineNetwork network, Action<BaselineTrainer.Options>? set = null)
    {
        var options = TrainerTests.Small(new BaselineTrainer.Options { Network = network });
        options.MaximumNumberOfEpochs = 25;
        options.LearningRate = 0.02;
        set?.Invoke(options);
        return options;
    }

    // candidates are a history's own items
    private EstimatorChain<ITransformer> WithCandidates()
        => new EstimatorChain<ITransformer>()
            .Append((IEstimator<ITransformer>)_ml.Transforms.Conversion.MapValueToKey("Items"))
            .Append((IEstimator<ITransformer>)_ml.Transforms.CopyColumns("Candidates", "Items"));

    private IDataView Keyed(IEnumerable<ToyHistory> histories)
    {
        var rows = _ml.Data.LoadFromEnumerable(histories);
        return WithCandidates().Fit(rows).Transform(rows);
    }

    private float[][] Scores(BaselineTrainer.Options options, IDataView train)
    {
        options.CandidatesColumnName = "Candidates";
        return _ml.Data.CreateEnumerable<Scored>(_ml.Recommendation().Trainers.Baseline(options).Fit(train).Transform(train), reuseRowObject: false)
            .Select(row => row.CandidateScores).ToArray();
    }

    [Theory]
    [MemberData(nameof(CatalogueNetworks))]
    public void A_chain_learns_what_comes_next(BaselineNetwork network)
    {
        var train = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(400, seed: 1));
        var test = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 2));
        var model = _ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(_ml.Recommendation().Trainers.Baseline(Small(network)))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(train);
        var metrics = _ml.Recommendation().EvaluateNextItem(model.Transform(test), numberOfRecommendations: 5);
        // 24 items of the ring less the 8 seen, and the disliked ones: chance is below 0.2
        Assert.True(metrics.Positive.HitRate > 0.4, $"HR@5 {metrics.Positive.HitRate}");
        Assert.Empty(_log);
    }

    [Theory]
    [MemberData(nameof(NetworksAndSkipShares))]
    public void It_tells_liked_from_skipped_better_than_popularity(BaselineNetwork network, double skipShare)
    {
        var split = Feed();
        var toKeys = _ml.Transforms.Conversion.MapValueToKey(
            [new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: split.Catalogue).Fit(split.TrainSet);
        var options = Small(network, options =>
        {
            options.CandidatesColumnName = "Candidates";
            options.ValidationSet = toKeys.Transform(split.ValidationSet);
            options.ObservedSkipShare = skipShare;
            options.MaximumSequenceLength = 30;
            options.MaximumNumberOfEpochs = 30;
            options.EarlyStoppingPatience = 6;
            options.LearningRate = 0.005;
        });
        var model = _ml.Recommendation().Trainers.Baseline(options).Fit(toKeys.Transform(split.TrainSet));
        double auc = _ml.Recommendation().EvaluateCandidates(model.Transform(toKeys.Transform(split.TestSet))).Auc;
        double popularity = PopularityAuc(split);
        // popularity may be worse than chance, as skips are of the popular too
        Assert.True(auc > Math.Max(popularity, 0.5) + 0.03, $"AUC {auc}, by popularity {popularity}");
    }

    private LeaveLastOutData Feed()
    {
        var log = _ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 400, VideoCount = 150, SessionsPerUser = 6, TastesPerUser = 1 });
        return _ml.Data.LeaveLastOut(_ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3)).Fit(log).Transform(log));
    }

    // every candidate's score is how often it was liked in training
    private double PopularityAuc(LeaveLastOutData split)
    {
        var likes = new Dictionary<int, int>();
        foreach (var row in Rows(split.TrainSet))
        {
            for (int i = 0; i < row.Items.Length; i++)
                likes[row.Items[i]] = likes.GetValueOrDefault(row.Items[i]) + (row.Feedback[i] > 0 ? 1 : 0);
        }

        var scored = Rows(split.TestSet).Select(row => new
        {
            row.CandidateLabels,
            CandidateScores = Array.ConvertAll(row.Candidates, item => (float)likes.GetValueOrDefault(item)),
        });
        return _ml.Recommendation().EvaluateCandidates(_ml.Data.LoadFromEnumerable(scored.ToArray())).Auc;

        IEnumerable<FeedRow> Rows(IDataView view) => _ml.Data.CreateEnumerable<FeedRow>(view, reuseRowObject: false, ignoreMissingColumns: true);
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void The_same_seed_gives_the_same_model_to_the_bit(BaselineNetwork network)
    {
        var train = Keyed(ToyFeed.Histories(100, seed: 1));
        var options = Small(network, options =>
        {
            (options.MaximumNumberOfEpochs, options.NumberOfThreads, options.DropoutRate) = (3, 2, 0.3);
            options.CandidatesColumnName = "Candidates";
        });
        Assert.Equal(Scores(options, train), Scores(options, train));
    }

    [Theory]
    [MemberData(nameof(Networks))]
    public void Saved_and_loaded_it_answers_the_same(BaselineNetwork network)
    {
        var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1));
        var options = Small(network, options => (options.MaximumNumberOfEpochs, options.CandidatesColumnName) = (2, "Candidates"));
        var model = WithCandidates().Append(_ml.Recommendation().Trainers.Baseline(options)).Fit(rows);
        using var saved = new MemoryStream();
        _ml.Model.Save(model, rows.Schema, saved);
        saved.Position = 0;
        using var fresh = _ml.Model.CreatePredictionEngine<ToyHistory, Scored>(
            _ml.Model.Load(saved, out _), new PredictionEngineOptions { OwnsTransformer = false });
        using var engine = _ml.Model.CreatePredictionEngine<ToyHistory, Scored>(model, new PredictionEngineOptions { OwnsTransformer = false });
        foreach (var history in ToyFeed.Histories(10, seed: 2).Append(new ToyHistory()))
        {
            float[] expected = engine.Predict(history).CandidateScores;
            Assert.Equal(history.Items.Length, expected.Length);
            Assert.Equal(expected, fresh.Predict(history).CandidateScores);
        }
    }

    [Fact]
    public void Skips_among_the_sampled_items_give_another_model()
    {
        var train = Keyed(ToyFeed.Histories(60, seed: 1));
        float[][] At(double share)
            => Scores(Small(BaselineNetwork.SasRec, options => (options.ObservedSkipShare, options.MaximumNumberOfEpochs) = (share, 2)), train);
        Assert.NotEqual(At(0), At(0.5));
        Assert.Empty(_log);
    }

    [Fact]
    public void Without_any_skip_to_mix_in_it_trains_and_warns_once()
    {
        var liked = ToyFeed.Histories(60, seed: 1).Select(history => new ToyHistory
        {
            Items = [.. history.Items.Where((_, i) => history.Feedback[i] > 0)],
            Feedback = [.. history.Feedback.Where(value => value > 0)],
        });
        var options = Small(BaselineNetwork.SasRec, options => (options.ObservedSkipShare, options.MaximumNumberOfEpochs) = (0.5, 2));
        _ml.Recommendation().Trainers.Baseline(options).Fit(Keyed(liked));
        Assert.Single(_log);
        Assert.Contains("'Feedback'", _log[0]);
    }

    [Theory]
    [InlineData(BaselineNetwork.Clsr, true)]
    [InlineData(BaselineNetwork.FeedRec, true)]
    [InlineData(BaselineNetwork.Gru4Rec, false)]
    public void The_weight_of_the_contrast_makes_another_model_of_those_that_have_one(BaselineNetwork network, bool contrasts)
    {
        var train = Keyed(ToyFeed.Histories(60, seed: 1));
        float[][] At(double weight) => Scores(Small(network, options => (options.ContrastWeight, options.MaximumNumberOfEpochs) = (weight, 2)), train);
        Assert.Equal(contrasts, !At(0).SelectMany(row => row).SequenceEqual(At(0.5).SelectMany(row => row)));
    }

    [Fact]
    public void FeedRec_answers_a_history_of_skips_alone()
    {
        var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1));
        var options = Small(BaselineNetwork.FeedRec, options => (options.MaximumNumberOfEpochs, options.CandidatesColumnName) = (2, "Candidates"));
        var model = WithCandidates().Append(_ml.Recommendation().Trainers.Baseline(options)).Fit(rows);
        using var engine = _ml.Model.CreatePredictionEngine<ToyHistory, Scored>(model);
        float[] Answer(float feedback) => engine.Predict(new ToyHistory { Items = ["liked1", "liked2"], Feedback = [feedback, feedback] }).CandidateScores;
        float[][] answers = [Answer(-1), Answer(0), Answer(1)];
        Assert.All(answers, answer => Assert.All(answer, score => Assert.True(float.IsFinite(score))));
        Assert.Equal(3, answers.DistinctBy(answer => answer[0]).Count());
    }

    [Fact]
    public void A_row_of_one_liked_item_that_FeedRec_learns_from_must_leave_an_item_to_sample()
    {
        var whole = new ToyHistory { Items = ["a", "b", "c"], Feedback = [-1, -1, 1] };
        var other = new ToyHistory { Items = ["a", "b"], Feedback = [1, 1] };
        var options = Small(BaselineNetwork.FeedRec, options => (options.NumberOfRecommendations, options.ValidationFraction) = (1, 0));
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Recommendation().Trainers.Baseline(options).Fit(Keyed([other, whole])));
        Assert.Contains("Column 'Items' of row 2 holds all 3 items", error.Message);
    }

    [Fact]
    public void FeedRec_learns_from_one_liked_item_after_skips()
    {
        ToyHistory[] histories = [.. Enumerable.Range(0, 60).Select(i => new ToyHistory { Items = [$"a{i % 7}", $"b{i % 5}", $"c{i % 3}"], Feedback = [-1, 0, 1] })];
        var options = Small(BaselineNetwork.FeedRec, options => (options.NumberOfRecommendations, options.MaximumNumberOfEpochs) = (1, 1));
        using var model = _ml.Recommendation().Trainers.Baseline(options).Fit(Keyed(histories));
        Assert.Equal(60, model.Transform(Keyed(histories)).GetColumn<uint[]>("RecommendedItems").Count());
    }

    [Fact]
    public void Liked_items_that_are_older_than_FeedRec_reads_are_nothing_to_learn_from()
    {
        ToyHistory[] histories = [.. Enumerable.Range(0, 4).Select(i => new ToyHistory { Items = ["a", "b", "c", "d", $"e{i}"], Feedback = [1, 1, -1, -1, -1] })];
        var options = Small(BaselineNetwork.FeedRec, options => (options.MaximumSequenceLength, options.NumberOfRecommendations, options.ValidationFraction) = (2, 1, 0));
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Recommendation().Trainers.Baseline(options).Fit(Keyed(histories)));
        Assert.Contains("MaximumSequenceLength", error.Message);
    }

    [Fact]
    public void Histories_without_a_liked_item_are_refused()
    {
        var skipped = new ToyHistory { Items = ["a", "b", "c", "d", "e", "f"], Feedback = [-1, -1, -1, -1, -1, -1] };
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Recommendation().Trainers.Baseline(BaselineNetwork.Gru4Rec, numberOfRecommendations: 1).Fit(Keyed([skipped])));
        Assert.Contains("positive feedback", error.Message);
    }

    [Theory]
    [InlineData(BaselineNetwork.Din)]
    [InlineData(BaselineNetwork.Dien)]
    [InlineData(BaselineNetwork.SliRec)]
    public void What_ranks_candidates_alone_is_refused_without_them_before_any_data_is_read(BaselineNetwork network)
    {
        var error = Assert.Throws<ArgumentException>(() => _ml.Recommendation().Trainers.Baseline(network));
        Assert.Contains("CandidatesColumnName", error.Message);
        Assert.Contains(network.ToString(), error.Message);
        Assert.NotNull(_ml.Recommendation().Trainers.Baseline(network, candidatesColumnName: "Candidates"));
    }

    [Fact]
    public void The_auxiliary_loss_is_reported_and_its_weight_counts()
    {
        var train = Keyed(ToyFeed.Histories(60, seed: 1));
        var progress = new Recorder<TrainingProgress>();
        float[][] At(double weight) => Scores(Small(BaselineNetwork.Dien,
            options => (options.AuxiliaryLossWeight, options.MaximumNumberOfEpochs, options.Progress) = (weight, 2, progress)), train);
        Assert.NotEqual(At(1), At(0));
        Assert.Equal([true, true, false, false], progress.Reports.Select(report => report.LossTerms.ContainsKey("auxiliary")));
    }

    [Fact]
    public void The_unit_of_the_times_makes_no_difference_to_a_training()
    {
        float[][] In(long unit)
        {
            var histories = ToyFeed.Histories(60, seed: 1);
            foreach (var history in histories)
                (history.Times, history.TargetTime) = ([.. history.Times.Select(time => time * unit)], history.TargetTime * unit);
            return Scores(Small(BaselineNetwork.SliRec, options => options.MaximumNumberOfEpochs = 2), Keyed(histories));
        }

        float[][] seconds = In(1), milliseconds = In(1000);
        for (int row = 0; row < seconds.Length; row++)
            Assert.Equal(seconds[row], milliseconds[row], (left, right) => Math.Abs(left - right) < 1e-3);
    }

    [Fact]
    public void When_it_is_asked_makes_a_difference_until_before_the_newest_item()
    {
        var histories = ToyFeed.Histories(60, seed: 1);
        var options = Small(BaselineNetwork.SliRec, options => (options.MaximumNumberOfEpochs, options.CandidatesColumnName) = (2, "Candidates"));
        var model = _ml.Recommendation().Trainers.Baseline(options).Fit(Keyed(histories));
        float[] At(long secondsLater)
        {
            var history = ToyFeed.Histories(1, seed: 1)[0];
            history.TargetTime = history.Times[^1] + secondsLater;
            return _ml.Data.CreateEnumerable<Scored>(model.Transform(WithCandidates().Fit(_ml.Data.LoadFromEnumerable(histories))
                .Transform(_ml.Data.LoadFromEnumerable([history]))), reuseRowObject: false).Single().CandidateScores;
        }

        Assert.NotEqual(At(10), At(1_000_000));
        Assert.All(At(-100_000_000), score => Assert.True(float.IsFinite(score)));
        Assert.Equal(At(-100_000_000), At(-200_000_000));
    }

    [Fact]
    public void Times_that_are_missing_of_another_type_or_descend_are_named()
    {
        NextItemTransformer Fit(IDataView rows, Action<BaselineTrainer.Options>? set = null) => _ml.Recommendation().Trainers.Baseline(Small(BaselineNetwork.SliRec, options =>
        {
            (options.MaximumNumberOfEpochs, options.CandidatesColumnName) = (1, "Candidates");
            set?.Invoke(options);
        })).Fit(rows);

        IDataView Without(IDataView rows, string column) => _ml.Transforms.DropColumns(column).Fit(rows).Transform(rows);

        var good = Keyed(ToyFeed.Histories(30, seed: 1));
        Assert.Contains("'Times'", Assert.Throws<ArgumentException>(() => Fit(Without(good, "Times"))).Message);
        Assert.Contains("'When'", Assert.Throws<ArgumentException>(() => Fit(good, options => options.TimesColumnName = "When")).Message);
        Assert.Contains("Int64", Assert.Throws<ArgumentException>(() => Fit(good, options => options.TimesColumnName = "TargetItem")).Message);

        var model = Fit(Without(good, "TargetTime"));
        // a chain maps its training rows by all that it is made of, and reads none
        var unasked = model.Transform(Without(good, "TargetTime"));
        Assert.Contains("'TargetTime'", Assert.Throws<ArgumentException>(() => unasked.GetColumn<float[]>("CandidateScores").ToArray()).Message);
        Assert.Equal(30, unasked.GetColumn<float[]>("Feedback").Count());
        Assert.All(_ml.Data.CreateEnumerable<Scored>(model.Transform(good), reuseRowObject: false), row => Assert.All(row.CandidateScores, score => Assert.True(float.IsFinite(score))));

        var histories = ToyFeed.Histories(30, seed: 1);
        (histories[4].Times[2], histories[4].Times[3]) = (histories[4].Times[3], histories[4].Times[2]);
        string message = Assert.Throws<InvalidDataException>(() => Fit(Keyed(histories))).Message;
        Assert.Contains("'Times' of row 5", message);
        Assert.Contains("1700000180 to 1700000080", message);
        histories[4].Times = [1];
        Assert.Contains("'Times'", Assert.Throws<InvalidDataException>(() => Fit(Keyed(histories))).Message);
    }

    public static TheoryData<string, Action<BaselineTrainer.Options>> WrongOptions => new()
    {
        { "Network", options => options.Network = (BaselineNetwork)99 },
        { "ObservedSkipShare", options => options.ObservedSkipShare = -0.1 },
        { "ObservedSkipShare", options => options.ObservedSkipShare = 1.1 },
        { "ObservedSkipShare", options => options.ObservedSkipShare = double.NaN },
        { "ContrastWeight", options => options.ContrastWeight = -0.1 },
        { "ContrastWeight", options => options.ContrastWeight = double.NaN },
        { "EmbeddingWidth", options => options.EmbeddingWidth = 0 },
        { "AuxiliaryLossWeight", options => options.AuxiliaryLossWeight = -0.1 },
        { "AuxiliaryLossWeight", options => options.AuxiliaryLossWeight = double.NaN },
        { "TimesColumnName", options => options.TimesColumnName = " " },
        { "TargetTimeColumnName", options => options.TargetTimeColumnName = null! },
        { "PopularityExponent", options => options.PopularityExponent = -1 },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void A_wrong_option_is_named_before_any_data_is_read(string name, Action<BaselineTrainer.Options> set)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => _ml.Recommendation().Trainers.Baseline(Small(BaselineNetwork.SasRec, set)));
        Assert.Contains(name, error.Message);
    }

    private sealed class Scored
    {
        public float[] CandidateScores { get; set; } = [];
    }

    private sealed class FeedRow
    {
        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public int[] Candidates { get; set; } = [];

        public float[] CandidateLabels { get; set; } = [];
    }
}
