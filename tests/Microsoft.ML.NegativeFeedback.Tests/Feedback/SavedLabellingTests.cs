using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Feedback;

/// <summary>Labelling saved as steps of ML.NET's own labels as it did, of vectors and of scalars.</summary>
public sealed class SavedLabellingTests
{
    private static readonly MLContext _ml = new(seed: 1);

    public static TheoryData<string, FeedbackRule> Rules => new()
    {
        { "watch time", FeedbackRule.WatchTime(0.72, 3, unknownDuration: UnknownDuration.SecondsDecide) },
        { "watch time, unknown as neither", FeedbackRule.WatchTime(0.3, 0, unknownDuration: UnknownDuration.Neither) },
        { "watched share", FeedbackRule.WatchedShare(0.8, 0.05, "WatchSeconds") },
        { "rating", FeedbackRule.Rating(3.6) },
        { "median", FeedbackRule.RatingMedian() },
        { "flags", FeedbackRule.Flags(["Like"], ["Hate"]) },
        { "flags before watch time", FeedbackRule.Flags(["Like"], ["Hate"], FeedbackRule.WatchTime(0.5, 3, unknownDuration: UnknownDuration.Neither)) },
        { "flags before the median", FeedbackRule.Flags([], ["Hate"], FeedbackRule.RatingMedian()) },
        { "a column twice", FeedbackRule.Flags(["Like"], [], FeedbackRule.Rating(0.5, "Like")) },
    };

    [Theory]
    [MemberData(nameof(Rules))]
    public void Histories_are_labelled_the_same_after_saving(string name, FeedbackRule rule)
    {
        Assert.NotEmpty(name);
        var views = Views(count: 4000);
        var histories = views.Chunk(37).Select(chunk => new History(chunk)).Append(new History([])).ToArray();
        var data = _ml.Data.LoadFromEnumerable(histories);
        var label = _ml.Transforms.LabelFeedback(rule).Fit(data);
        float[][] expected = [.. label.Transform(data).GetColumn<float[]>("Feedback")];
        Assert.Equal([-1f, 0, 1], expected.SelectMany(feedback => feedback).Union([-1, 0, 1]).Order());

        var loaded = SaveAndLoad(label, data.Schema);

        var labelled = loaded.Transform(data);
        Assert.Equal(expected, labelled.GetColumn<float[]>("Feedback"));
        Assert.Equal(data.Schema.Count + 1, labelled.Schema.Count(column => !column.IsHidden));
        Assert.DoesNotContain(Assert.IsType<TransformerChain<ITransformer>>(loaded), step => step is LabelFeedbackTransformer);
        using var engine = _ml.Model.CreatePredictionEngine<History, Labelled>(loaded);
        Assert.Equal(expected[3], engine.Predict(histories[3]).Feedback);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void Interactions_are_labelled_the_same_after_saving(string name, FeedbackRule rule)
    {
        Assert.NotEmpty(name);
        var data = _ml.Data.LoadFromEnumerable(Views(count: 4000));
        var label = _ml.Transforms.LabelFeedback(rule, "Said").Fit(data);
        var loaded = SaveAndLoad(label, data.Schema);
        Assert.Equal(label.Transform(data).GetColumn<float>("Said"), loaded.Transform(data).GetColumn<float>("Said"));
    }

    [Fact]
    public void Vectors_of_a_known_size_are_labelled_as_well()
    {
        var data = _ml.Data.LoadFromEnumerable([new Pair { Rating = [5, 1] }, new Pair { Rating = [3, 4] }]);
        var loaded = SaveAndLoad(_ml.Transforms.LabelFeedback(FeedbackRule.Rating(4)).Fit(data), data.Schema);
        Assert.Equal([[1f, -1], [-1, 1]], loaded.Transform(data).GetColumn<float[]>("Feedback"));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 2), loaded.GetOutputSchema(data.Schema)["Feedback"].Type);
        var named = SaveAndLoad(_ml.Transforms.LabelFeedback(FeedbackRule.Rating(4), "__feedback").Fit(data), data.Schema);
        Assert.Equal([[1f, -1], [-1, 1]], named.Transform(data).GetColumn<float[]>("__feedback"));
    }

    /// <summary>A length of 1 would otherwise be taken for every item's.</summary>
    [Fact]
    public void Vectors_of_several_lengths_are_refused_by_the_saved_step_as_well()
    {
        var rule = FeedbackRule.Flags(["Like", "Follow"], ["Hate"], FeedbackRule.WatchTime());
        Evidence right = Of(3, 3, 3, 3, 3), wrongLike = Of(3, 1, 3, 3, 3), wrongHate = Of(1, 3, 3, 3, 3), noFollow = Of(3, 3, 0, 3, 3);
        var data = _ml.Data.LoadFromEnumerable([right]);
        var loaded = SaveAndLoad(_ml.Transforms.LabelFeedback(rule).Fit(data), data.Schema);
        Assert.Equal([[1f, 1, 1]], loaded.Transform(data).GetColumn<float[]>("Feedback"));
        AssertRefused(wrongLike, "Column 'Like' has another number of values than");
        AssertRefused(wrongHate, "has another number of values than 'Hate'", "has another number of values than 'Like'");
        AssertRefused(noFollow, "Column 'Follow' has another number of values than");

        static Evidence Of(int hate, int like, int follow, int watch, int duration) => new()
        {
            Hate = new float[hate],
            Like = [.. Enumerable.Repeat(1f, like)],
            Follow = new float[follow],
            WatchSeconds = [.. Enumerable.Repeat(1f, watch)],
            DurationSeconds = [.. Enumerable.Repeat(20f, duration)],
        };

        void AssertRefused(Evidence row, params string[] messages)
        {
            var error = Assert.ThrowsAny<Exception>(() => loaded.Transform(_ml.Data.LoadFromEnumerable([row])).GetColumn<float[]>("Feedback").ToArray());
            Assert.Contains(messages, message => $"{error}".Contains(message, StringComparison.Ordinal));
        }
    }

    private sealed class Evidence
    {
        public float[] Hate { get; set; } = [];

        public float[] Like { get; set; } = [];

        public float[] Follow { get; set; } = [];

        public float[] WatchSeconds { get; set; } = [];

        public float[] DurationSeconds { get; set; } = [];
    }

    [Fact]
    public void A_saved_chain_starts_at_what_the_application_logs()
    {
        var rule = FeedbackRule.WatchTime();
        var log = _ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 40, VideoCount = 60 });
        var prepare = _ml.Transforms.PrepareSequences(rule, new WindowSequencesOptions { MaximumLength = 30, SequenceColumnNames = ["WatchSeconds", "DurationSeconds"] });
        var trained = prepare.Append(_ml.Transforms.Conversion.MapValueToKey("Items"))
            .Append(_ml.Recommendation().Trainers.SasRec(new SasRecTrainer.Options { MaximumNumberOfEpochs = 1, EmbeddingWidth = 8, MaximumSequenceLength = 10, NumberOfThreads = 1 }))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(log);
        Assert.Contains("cannot be saved", Assert.Throws<NotSupportedException>(() => _ml.Model.Save(trained, log.Schema, Stream.Null)).Message);

        var users = prepare.Fit(log).Transform(log, TransformerScope.TrainTest);
        var sequences = trained.GetModelFor(TransformerScope.Scoring);
        Assert.Equal(3, sequences.Count());
        int[][] expected = [.. sequences.Transform(users).GetColumn<int[]>("RecommendedItems")];
        Assert.Equal(expected, trained.Transform(users).GetColumn<int[]>("RecommendedItems"));
        var raw = _ml.Transforms.DropColumns("Feedback").Fit(users).Transform(users);
        var serving = _ml.Transforms.LabelFeedback(rule).Fit(raw).Append(sequences);

        var loaded = SaveAndLoad(serving, raw.Schema);

        Assert.Equal(expected, loaded.Transform(raw).GetColumn<int[]>("RecommendedItems"));
        using var batches = Assert.IsType<TransformerChain<ITransformer>>(_ml.Recommendation().ScoreInBatches(loaded));
        Assert.Equal(expected, batches.Transform(raw).GetColumn<int[]>("RecommendedItems"));
    }

    [Theory]
    [InlineData(float.NaN, 20, "Column 'WatchSeconds' has a value that is not a number")]
    [InlineData(float.NegativeInfinity, 20, "Column 'WatchSeconds' has a value that is not a number")]
    [InlineData(1, float.PositiveInfinity, "Column 'DurationSeconds' has a value that is not a number")]
    [InlineData(1, -1, "Column 'DurationSeconds' has a value that is not 0 or more")]
    [InlineData(1, 0, "Column 'DurationSeconds' is 0")]
    public void What_is_refused_is_named_by_the_saved_step_and_NaN_of_a_scalar(float watchSeconds, float durationSeconds, string expected)
    {
        var view = new View { WatchSeconds = watchSeconds, DurationSeconds = durationSeconds };
        var good = _ml.Data.LoadFromEnumerable([new History([new View(), new View { WatchSeconds = 0 }])]);
        var histories = _ml.Data.LoadFromEnumerable([new History([new View(), view])]);
        var loaded = SaveAndLoad(_ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(good), good.Schema);
        Assert.Equal([1f, -1], loaded.Transform(good).GetColumn<float[]>("Feedback").Single());
        Assert.Contains(expected, Assert.ThrowsAny<Exception>(() => loaded.Transform(histories).GetColumn<float[]>("Feedback").Count()).ToString());

        var views = _ml.Data.LoadFromEnumerable([view]);
        var scalar = SaveAndLoad(_ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(_ml.Data.LoadFromEnumerable([new View()])), views.Schema);
        Assert.Equal([float.NaN], scalar.Transform(views).GetColumn<float>("Feedback"));
    }

    [Fact]
    public void A_rule_of_ones_own_cannot_be_saved_and_says_so()
    {
        var data = _ml.Data.LoadFromEnumerable([new History([new View()])]);
        var label = _ml.Transforms.LabelFeedback(FeedbackRule.Flags(["Like"], [], FeedbackRule.Custom(row => 1, "Hate"))).Fit(data);
        Assert.Contains("FeedbackRule.Custom", Assert.Throws<NotSupportedException>(() => _ml.Model.Save(label, data.Schema, Stream.Null)).Message);
    }

    private static ITransformer SaveAndLoad(ITransformer model, DataViewSchema schema)
    {
        using var file = new MemoryStream();
        _ml.Model.Save(model, schema, file);
        file.Position = 0;
        return _ml.Model.Load(file, out _);
    }

    // at edges and beside them, as logs have them
    private static View[] Views(int count)
    {
        var random = new Random(7);
        return [.. Enumerable.Range(0, count).Select(i =>
        {
            decimal duration = random.Next(4) switch { 0 => 0, 1 => random.Next(1, 900), 2 => random.Next(1, 9000) / 10m, _ => random.Next(1, 900_000) / 1000m };
            decimal share = random.Next(3) switch { 0 => 0.72m, 1 => 0.3m, _ => random.Next(0, 150) / 100m };
            float watched = (float)(duration > 0 ? decimal.Round(share * duration, 3) : random.Next(0, 60) / 10m);
            return new View
            {
                WatchSeconds = random.Next(3) switch { 0 => MathF.BitIncrement(watched), 1 when watched > 0 => MathF.BitDecrement(watched), _ => watched },
                DurationSeconds = (float)duration,
                Rating = random.Next(2, 11) / 2f,
                Like = random.Next(5) == 0 ? 1 : 0,
                Hate = random.Next(9) == 0 ? 0.25f : 0,
            };
        })];
    }

    private sealed class View
    {
        public float WatchSeconds { get; set; } = 15;

        public float DurationSeconds { get; set; } = 20;

        public float Rating { get; set; }

        public float Like { get; set; }

        public float Hate { get; set; }
    }

    private sealed class History
    {
        public History()
        {
        }

        public History(View[] views)
        {
            WatchSeconds = [.. views.Select(view => view.WatchSeconds)];
            DurationSeconds = [.. views.Select(view => view.DurationSeconds)];
            Rating = [.. views.Select(view => view.Rating)];
            Like = [.. views.Select(view => view.Like)];
            Hate = [.. views.Select(view => view.Hate)];
        }

        public float[] WatchSeconds { get; set; } = [];

        public float[] DurationSeconds { get; set; } = [];

        public float[] Rating { get; set; } = [];

        public float[] Like { get; set; } = [];

        public float[] Hate { get; set; } = [];
    }

    private sealed class Pair
    {
        [VectorType(2)]
        public float[] Rating { get; set; } = [];
    }

    private sealed class Labelled
    {
        public float[] Feedback { get; set; } = [];
    }
}
