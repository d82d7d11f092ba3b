using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>What a trainer is given wrong is named before any training starts.</summary>
public class BadInputTests
{
    private readonly MLContext _ml = new(seed: 1);

    private IDataView Keyed(params ToyHistory[] histories)
    {
        var rows = _ml.Data.LoadFromEnumerable(histories);
        return _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
    }

    private NextItemTrainer PnfRec(Action<PnfRecTrainer.Options>? set = null)
    {
        var options = TrainerTests.Small(new PnfRecTrainer.Options());
        options.NumberOfRecommendations = 1;
        // an epoch must never end here: the error comes before
        options.Progress = new Recorder<TrainingProgress>(_ => Assert.Fail("Training started."));
        set?.Invoke(options);
        return _ml.Recommendation().Trainers.PnfRec(options);
    }

    private sealed class RankedHistory
    {
        public string[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public string[] Candidates { get; set; } = [];

        public float[] CandidateLabels { get; set; } = [];
    }

    private static RankedHistory Ranking => new()
    {
        Items = Good.Items,
        Feedback = Good.Feedback,
        Candidates = [.. Good.Items.Reverse()],
        CandidateLabels = [0, 0, 1, 1, 1],
    };

    private static ToyHistory Good => new() { Items = ["a", "b", "c", "x", "y"], Feedback = [1, 1, 1, -1, -1] };

    [Fact]
    public void A_gpu_that_is_not_there_is_told_of_before_any_row_is_read()
    {
        int read = 0;
        var mapping = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(_ml.Data.LoadFromEnumerable([Good]));
        var rows = mapping.Transform(_ml.Data.LoadFromEnumerable(Counted()));
        // of the scoring device nothing is asked: the context has none
        var error = Assert.Throws<InvalidOperationException>(() => PnfRec(options => options.Device = Missing).Fit(rows));
        Assert.Contains("CUDA device 0", error.Message);
        Assert.Equal(0, read);

        IEnumerable<ToyHistory> Counted()
        {
            read++;
            yield return Good;
        }
    }

    // where there is a GPU the test has nothing to ask for
    private static TrainingDevice Missing => TorchSharp.torch.cuda.is_available() ? throw new InvalidOperationException("CUDA device 0 is there") : TrainingDevice.Cuda;

    [Fact]
    public void One_disliked_item_a_row_leaves_the_contrast_nothing()
    {
        ToyHistory[] histories = [.. Enumerable.Range(0, 4).Select(_ => new ToyHistory { Items = ["a", "b", "c", "x"], Feedback = [1, 1, 1, -1] })];
        var error = Assert.Throws<InvalidOperationException>(() => PnfRec(options => options.NegativeWeight = 0).Fit(Keyed(histories)));
        Assert.Contains("two items with negative feedback", error.Message);
    }

    [Fact]
    public void A_missing_column_is_named()
    {
        var error = Assert.Throws<ArgumentException>(() => PnfRec(options => options.ItemsColumnName = "Films").Fit(Keyed(Good)));
        Assert.Contains("Column 'Films' is missing", error.Message);
        Assert.Contains("Items", error.Message);
    }

    [Fact]
    public void A_column_of_another_type_is_named_when_the_chain_is_fitted()
    {
        var rows = _ml.Data.LoadFromEnumerable([Good]);
        var chain = new EstimatorChain<ITransformer>().Append(PnfRec());
        var error = Assert.Throws<ArgumentException>(() => chain.Fit(rows));
        Assert.Contains("Column 'Items'", error.Message);
        Assert.Contains("MapValueToKey", error.Message);
    }

    [Fact]
    public void Data_without_rows_is_an_error()
    {
        var empty = Keyed(Good).Preview().Schema;
        var keyed = _ml.Data.FilterRowsByColumn(
            _ml.Transforms.CopyColumns("Unused", "TargetFeedback").Fit(Keyed(Good)).Transform(Keyed(Good)), "TargetFeedback", lowerBound: 5);
        Assert.Equal(empty.Count, keyed.Schema.Count - 1);
        var error = Assert.Throws<InvalidOperationException>(() => PnfRec().Fit(keyed));
        Assert.Contains("no rows", error.Message);
    }

    [Fact]
    public void Data_without_rows_is_an_error_in_a_chain_as_well()
    {
        var empty = _ml.Data.LoadFromEnumerable(Array.Empty<ToyHistory>());
        var error = Assert.Throws<ArgumentException>(() => _ml.Transforms.Conversion.MapValueToKey("Items").Append(PnfRec()).Fit(empty));
        Assert.Contains("Column 'Items'", error.Message);
        Assert.Contains("has no rows", error.Message);
    }

    [Fact]
    public void Data_without_rows_is_not_warned_about_as_data_without_skips()
    {
        var warnings = new List<string>();
        _ml.Log += (_, message) =>
        {
            if (message.Kind == Microsoft.ML.Runtime.ChannelMessageKind.Warning)
                warnings.Add(message.Message);
        };
        var keyed = Keyed(Good);
        var empty = _ml.Data.SkipRows(keyed, 1);
        var options = TrainerTests.Small(new SineTrainer.Options());
        var error = Assert.Throws<InvalidOperationException>(() => _ml.Recommendation().Trainers.Sine(options).Fit(empty));
        Assert.Contains("no rows", error.Message);
        Assert.Empty(warnings);
    }

    [Fact]
    public void A_single_class_of_feedback_is_an_error()
    {
        var liked = new ToyHistory { Items = ["a", "b", "c"], Feedback = [1, 1, 1] };
        var error = Assert.Throws<InvalidOperationException>(() => PnfRec().Fit(Keyed(liked)));
        Assert.Contains("negative feedback", error.Message);
    }

    [Fact]
    public void Too_few_liked_items_are_an_error()
    {
        var once = new ToyHistory { Items = ["a", "x", "y"], Feedback = [1, -1, -1] };
        var error = Assert.Throws<InvalidOperationException>(() => PnfRec().Fit(Keyed(once, once)));
        Assert.Contains("two items with positive feedback", error.Message);
    }

    [Fact]
    public void Feedback_that_is_no_number_is_named_with_its_row()
    {
        var bad = new ToyHistory { Items = ["a", "b"], Feedback = [1, float.NaN] };
        var error = Assert.Throws<InvalidDataException>(() => PnfRec().Fit(Keyed(Good, bad)));
        Assert.Contains("'Feedback' of row 2", error.Message);
    }

    [Fact]
    public void Items_and_feedback_of_different_length_are_named_with_their_row()
    {
        var bad = new ToyHistory { Items = ["a", "b"], Feedback = [1] };
        var error = Assert.Throws<InvalidDataException>(() => PnfRec().Fit(Keyed(Good, bad)));
        Assert.Contains("Row 2", error.Message);
    }

    [Fact]
    public void Validation_targets_that_are_all_unknown_are_refused()
    {
        var unknown = _ml.Data.LoadFromEnumerable([new ToyHistory { Items = ["a", "b"], Feedback = [1, 1], TargetItem = "never seen" }]);
        var error = Assert.Throws<InvalidOperationException>(() => PnfRec(options => options.ValidationSet = unknown).Fit(Keyed(Good)));
        Assert.Contains("target that training knows", error.Message);
    }

    // the same items in the opposite order: as many keys, each for another item
    private IDataView KeysOfTheirOwn(string columnName)
    {
        var rows = _ml.Data.LoadFromEnumerable(Good.Items.Reverse().Select(target => new ToyHistory
        {
            Items = [.. Good.Items.Reverse()],
            Feedback = [-1, -1, 1, 1, 1],
            TargetItem = target,
        }).ToArray());
        return _ml.Transforms.Conversion.MapValueToKey(columnName).Fit(rows).Transform(rows);
    }

    [Theory]
    [InlineData("Items")]
    [InlineData("TargetItem")]
    public void Validation_rows_with_keys_of_another_dictionary_are_refused(string columnName)
    {
        var error = Assert.Throws<ArgumentException>(() => PnfRec(options => options.ValidationSet = KeysOfTheirOwn(columnName)).Fit(Keyed(Good)));
        Assert.Contains($"Column '{columnName}' of the validation rows has 'y' at key 1", error.Message);
        Assert.Contains("'a' of column 'Items'", error.Message);
        Assert.Contains("MapValueToKey", error.Message);
    }

    [Fact]
    public void Validation_candidates_with_keys_of_another_dictionary_are_refused()
    {
        var rows = _ml.Data.LoadFromEnumerable([Ranking]);
        var options = TrainerTests.Small(new SineTrainer.Options
        {
            ValidationSet = _ml.Transforms.Conversion.MapValueToKey("Candidates").Fit(rows).Transform(rows),
            Progress = new Recorder<TrainingProgress>(_ => Assert.Fail("Training started.")),
        });
        var error = Assert.Throws<ArgumentException>(() => _ml.Recommendation().Trainers.Sine(options).Fit(Keyed(Good, Good)));
        Assert.Contains("Column 'Candidates' of the validation rows has 'y' at key 1", error.Message);
    }

    [Fact]
    public void Candidates_with_keys_of_another_dictionary_are_refused()
    {
        var rows = _ml.Data.LoadFromEnumerable([Ranking, Ranking, Ranking]);
        var keys = _ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")]).Fit(rows);
        var error = Assert.Throws<ArgumentException>(() => PnfRec(options => options.CandidatesColumnName = "Candidates").Fit(keys.Transform(rows)));
        Assert.Contains("Column 'Candidates' of the training data has 'y' at key 1", error.Message);
        Assert.Contains("keyData", error.Message);
    }

    [Fact]
    public void Candidates_that_are_no_keys_are_refused()
    {
        var rows = _ml.Data.LoadFromEnumerable([Ranking, Ranking, Ranking]);
        var keys = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows);
        var error = Assert.Throws<ArgumentException>(() => PnfRec(options => options.CandidatesColumnName = "Candidates").Fit(keys.Transform(rows)));
        Assert.Contains("Column 'Candidates' has type", error.Message);
    }

    private sealed class Dated<T>
    {
        public T[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    private void AssertItemsRefused<T>(string reason, params T[] items)
    {
        var rows = _ml.Data.LoadFromEnumerable([new Dated<T> { Items = items, Feedback = [.. items.Select((_, i) => i % 2 == 0 ? 1f : -1f)] }]);
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        var error = Assert.Throws<ArgumentException>(() => PnfRec().Fit(keyed));
        Assert.Contains("column 'Items'", error.Message);
        Assert.Contains(reason, error.Message);
        Assert.Contains("before Transforms.Conversion.MapValueToKey", error.Message);
    }

    [Fact]
    public void Items_of_a_type_that_no_saved_model_holds_are_refused()
    {
        var day = new DateTime(2026, 1, 1);
        AssertItemsRefused("DateTime", day, day.AddDays(1), day.AddDays(2));
        AssertItemsRefused("TimeSpan", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        AssertItemsRefused("DateTimeOffset", new DateTimeOffset(day, TimeSpan.Zero), new DateTimeOffset(day.AddDays(1), TimeSpan.Zero));
        AssertItemsRefused("no item", true, false);
        AssertItemsRefused("no item", Enumerable.Range(0, 256).Select(i => (byte)i).ToArray());
    }

    [Fact]
    public void More_recommendations_than_the_catalogue_has_are_an_error()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => PnfRec(options => options.NumberOfRecommendations = 6).Fit(Keyed(Good)));
        Assert.Contains("knows 5 items", error.Message);

        // where given candidates are scored nothing is recommended
        PnfRec(options => (options.NumberOfRecommendations, options.CandidatesColumnName, options.Progress) = (6, "Candidates", null)).Fit(Keyed(Good, Good, Good)).Dispose();
    }

    [Fact]
    public void A_checkpoint_that_cannot_be_written_is_an_error()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "no", "such", "folder", "training.checkpoint");
        var error = Assert.Throws<ArgumentException>(() => PnfRec(options => options.CheckpointPath = folder).Fit(Keyed(Good, Good, Good)));
        Assert.Contains(folder, error.Message);
    }

    [Fact]
    public void A_foreign_checkpoint_is_an_error()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "not a checkpoint at all");
        var error = Assert.Throws<InvalidDataException>(() => PnfRec(options => options.CheckpointPath = path).Fit(Keyed(Good, Good, Good)));
        Assert.Contains(path, error.Message);
        File.Delete(path);
    }

    public static TheoryData<string, Action<PnfRecTrainer.Options>> WrongOptions => new()
    {
        { "NumberOfRecommendations", options => options.NumberOfRecommendations = 0 },
        { "MaximumSequenceLength", options => options.MaximumSequenceLength = 0 },
        { "EmbeddingWidth", options => options.EmbeddingWidth = -1 },
        { "NumberOfHeads", options => options.NumberOfHeads = 3 },
        { "NumberOfBlocks", options => options.NumberOfBlocks = 0 },
        { "DropoutRate", options => options.DropoutRate = 1 },
        { "DropoutRate", options => options.DropoutRate = double.NaN },
        { "BatchSize", options => options.BatchSize = 0 },
        { "LearningRate", options => options.LearningRate = 0 },
        { "LearningRate", options => options.LearningRate = double.PositiveInfinity },
        { "MaximumNumberOfEpochs", options => options.MaximumNumberOfEpochs = 0 },
        { "EarlyStoppingPatience", options => options.EarlyStoppingPatience = 0 },
        { "ValidationFraction", options => options.ValidationFraction = 1 },
        { "GradientClippingNorm", options => options.GradientClippingNorm = 0 },
        { "NumberOfThreads", options => options.NumberOfThreads = 0 },
        { "NegativeWeight", options => options.NegativeWeight = -0.1 },
        { "ContrastiveWeight", options => options.ContrastiveWeight = double.NaN },
        { "Similarity", options => options.Similarity = (ContrastSimilarity)9 },
        { "ItemsColumnName", options => options.ItemsColumnName = " " },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void An_option_out_of_its_range_is_named(string option, Action<PnfRecTrainer.Options> set)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => PnfRec(set));
        Assert.Contains(option, error.Message + error.ParamName);
    }
}
