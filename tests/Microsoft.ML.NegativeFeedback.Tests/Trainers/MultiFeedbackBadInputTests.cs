using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>What the multi-feedback ranker is given wrong is named before any training starts.</summary>
public sealed class MultiFeedbackBadInputTests
{
    private readonly MLContext _ml = new(1);
    private readonly RankedFeed _feed;

    public MultiFeedbackBadInputTests() => _feed = new RankedFeed(_ml, rows: 20);

    [Fact]
    public void A_feature_of_the_user_that_is_text()
        => AssertFit<ArgumentException>(options => options.UserColumnNames = ["Name"], "Column 'Name'", "MapValueToKey", with: _ml.Transforms.CopyColumns("Name", "Text"));

    [Fact]
    public void A_feature_of_the_user_that_is_a_whole_number()
        => AssertFit<ArgumentException>(options => options.UserColumnNames = ["Age"], "Column 'Age'", "ConvertType",
            with: _ml.Transforms.Conversion.ConvertType("Age", "Text", DataKind.Int32));

    [Fact]
    public void A_feature_of_the_user_that_is_a_vector_of_keys()
        => AssertFit<ArgumentException>(options => options.UserColumnNames = ["Hour"], "Column 'Hour'", "a key stored as UInt32");

    [Fact]
    public void A_feature_of_the_context_that_is_one_value_a_row()
        => AssertFit<ArgumentException>(options => options.ContextColumnNames = ["TargetMinute"], "Column 'TargetMinute'", "beside the items");

    [Fact]
    public void A_feature_that_is_missing()
        => AssertFit<ArgumentException>(options => options.UserColumnNames = ["Country"], "Column 'Country' is missing");

    [Fact]
    public void A_feature_that_is_named_twice()
        => AssertFit<ArgumentException>(options => options.UserColumnNames = ["City", "City"], "Column 'City' is named twice");

    [Fact]
    public void A_feature_of_items_that_is_named_twice()
        => AssertFit<ArgumentException>(options => options.ItemColumnNames = ["Size", "Size"], "'item.Size' is named twice");

    [Fact]
    public void A_feature_that_is_the_history_itself()
        => AssertFit<ArgumentException>(options => options.ContextColumnNames = ["Items"], "Items");

    [Theory]
    [InlineData("Items")]
    [InlineData("Flags")]
    [InlineData("CandidateScores")]
    [InlineData("BlockedItems")]
    [InlineData("AllowedItems")]
    public void A_feature_that_is_called_as_what_the_graph_has_whatever_the_columns_are_called(string name)
        => AssertFit<ArgumentException>(options =>
        {
            (options.ItemsColumnName, options.FlagsColumnName, options.CandidateScoresColumnName) = ("Films", "Marks", "Ranked");
            options.UserColumnNames = [name];
        }, $"Column '{name}'", "another name",
            with: _ml.Transforms.CopyColumns("Films", "Items").Append(_ml.Transforms.CopyColumns("Marks", "Flags")).Append(_ml.Transforms.CopyColumns(name, "TargetMinute")));

    [Fact]
    public void No_flags() => AssertFit<ArgumentException>(options => options.FlagsColumnName = "Marks", "Column 'Marks' is missing");

    [Fact]
    public void A_flag_that_is_neither_0_nor_1()
        => AssertFitOfChanged<InvalidDataException>(history => history.Flags[4] = 0.5f, "Column 'Flags' has the value 0.5", "'FVV'");

    [Fact]
    public void Flags_of_another_length()
        => AssertFitOfChanged<InvalidDataException>(history => history.Flags = history.Flags[..^1], "Row 1 has 23 values in column 'Flags' and 8 items", "3 values");

    [Theory]
    [InlineData(0, "No item")]
    [InlineData(1, "Every item")]
    public void A_task_of_one_class(float flag, string message)
    {
        foreach (var history in _feed.Histories)
        {
            for (int i = 2; i < history.Flags.Length; i += 3)
                history.Flags[i] = flag;
        }

        AssertFitOfChanged<InvalidOperationException>(_ => { }, message, "'GVV'");
    }

    [Fact]
    public void Fusion_weights_that_do_not_fit_the_tasks()
        => AssertOptions(options => options.FusionWeights = [1, 1], "2 fusion weights for 3 tasks");

    [Fact]
    public void Names_of_features_that_are_empty_or_null()
    {
        AssertOptions(options => options.UserColumnNames = ["City", ""], "UserColumnNames");
        AssertOptions(options => options.ContextColumnNames = [null!], "ContextColumnNames");
        AssertOptions(options => options.ItemColumnNames = [" "], "ItemColumnNames");
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(1e39)]
    public void A_fusion_weight_that_is_no_finite_number_of_Single(double weight)
    {
        AssertOptions(options => options.FusionWeights = [1, weight, 1], "fusion weight", "finite");
        using var model = Trainer(options => options.MaximumNumberOfEpochs = 1, mayTrain: true).Fit(_feed.Train);
        Assert.Contains("finite", Assert.Throws<ArgumentException>(() => model.WithFusionWeights(1, weight, 1)).Message);
        Assert.Contains("2 weights for 3", Assert.Throws<ArgumentException>(() => model.WithFusionWeights(1, 1)).Message);
        Assert.Throws<ArgumentNullException>(() => model.WithFusionWeights(null!));
    }

    [Fact]
    public void Fusion_weights_of_a_model_that_foretells_no_feedback()
    {
        using var model = _ml.Recommendation().Trainers.PnfRec(TrainerTests.Small(new PnfRecTrainer.Options { MaximumNumberOfEpochs = 1 })).Fit(_feed.Train);
        Assert.Contains("Trainers.MultiFeedback", Assert.Throws<ArgumentException>(() => model.WithFusionWeights(1)).Message);
    }

    public static TheoryData<double[]?, string> Shares => new()
    {
        { [0.5, 0.5], "2 coefficients for 3 tasks" },
        { [0.5, 0.5, 0.5], "sum to 1" },
        { [1.5, -0.25, -0.25], "at least 0" },
        { [double.NaN, 0.5, 0.5], "at least 0" },
        { null, "TaskShares is null" },
    };

    [Theory]
    [MemberData(nameof(Shares))]
    public void Coefficients_of_the_tasks_that_are_no_proportions(double[]? shares, string message)
        => AssertOptions(options => (options.Balance, options.TaskShares) = (TaskBalance.Given, shares), message);

    [Fact]
    public void Coefficients_of_the_tasks_that_are_not_asked_for()
        => AssertOptions(options => options.TaskShares = [0.5, 0.25, 0.25], "TaskShares are given, but Balance is Equal");

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void Heads_that_do_not_divide_the_width_of_the_encoder(int heads, bool readsFeedback)
        => AssertOptions(options => (options.NumberOfHeads, options.UseFeedback) = (heads, readsFeedback), "NumberOfHeads", readsFeedback ? "19" : "16");

    [Fact]
    public void Heads_that_divide_it_though_not_the_width_of_the_items_are_right()
        => Trainer(options => (options.NumberOfHeads, options.EmbeddingWidth, options.MaximumNumberOfEpochs) = (5, 12, 1), mayTrain: true).Fit(_feed.Train).Dispose();

    [Fact]
    public void No_column_of_candidates() => AssertOptions(options => options.CandidatesColumnName = null, "CandidatesColumnName is null");

    [Fact]
    public void A_metric_of_one_kind_of_feedback() => AssertOptions(options => options.EarlyStoppingMetric = EarlyStoppingMetric.Ndcg, "EarlyStoppingMetric", "Gauc");

    [Fact]
    public void Tasks_of_the_same_name() => AssertOptions(options => options.TaskNames = ["EVV", "EVV", "GVV"], "EVV");

    [Fact]
    public void Candidates_of_another_dictionary()
        => AssertFit<ArgumentException>(_ => { }, "Column 'Candidates'", "keys", with: _ml.Transforms.Text.TokenizeIntoWords("Words", "Text")
            .Append(_ml.Transforms.Conversion.MapValueToKey("Candidates", "Words")));

    [Fact]
    public void Features_of_an_item_twice()
    {
        var error = AssertFit<InvalidDataException>(options => options.ItemFeatures = _feed.KeyedItems([1, 2, 3, 2]));
        Assert.Contains("Row 4 of ItemFeatures has an item that row 2 has", error.Message);
    }

    [Fact]
    public void Features_of_items_without_the_item()
        => AssertFit<ArgumentException>(options => options.ItemFeaturesItemColumnName = "Video", "Column 'Video' is missing in ItemFeatures");

    [Fact]
    public void Features_of_items_with_keys_of_another_dictionary()
    {
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Item").Fit(_feed.KeyedItems([1, 2, 3]));
        var error = AssertFit<ArgumentException>(options => options.ItemFeatures = keyed.Transform(_feed.KeyedItems([1, 2, 3])));
        Assert.Contains("ItemFeatures", error.Message);
        Assert.DoesNotContain("validation", error.Message);
    }

    [Fact]
    public void Columns_of_items_without_their_features()
        => AssertFit<ArgumentException>(options => (options.ItemFeatures, options.ItemColumnNames) = (null, ["Size"]), "ItemFeatures is null");

    [Fact]
    public void Validation_rows_without_flags_of_the_candidates()
    {
        var rows = _ml.Transforms.DropColumns("CandidateFlags").Fit(_feed.Test).Transform(_feed.Test);
        Assert.Contains("Column 'CandidateFlags' is missing", AssertFit<ArgumentException>(options => options.ValidationSet = rows).Message);
    }

    [Fact]
    public void Validation_rows_without_the_context_of_the_candidates()
    {
        var rows = _ml.Transforms.DropColumns("TargetHour").Fit(_feed.Test).Transform(_feed.Test);
        Assert.Contains("Column 'TargetHour' is missing", AssertFit<ArgumentException>(options => options.ValidationSet = rows).Message);
    }

    [Fact]
    public void Validation_rows_with_a_task_of_one_class()
    {
        foreach (var history in _feed.TestHistories)
        {
            for (int i = 0; i < history.CandidateFlags.Length; i += 3)
                history.CandidateFlags[i] = 0;
        }

        var error = AssertFit<InvalidOperationException>(options => options.ValidationSet = _feed.Keyed(_feed.TestHistories));
        Assert.Contains("'EVV'", error.Message);
    }

    [Fact]
    public void Validation_rows_of_one_candidate_where_GAUC_is_watched()
    {
        for (int row = 0; row < _feed.TestHistories.Length; row++)
        {
            var history = _feed.TestHistories[row];
            history.Candidates = history.Candidates[..1];
            history.CandidateFlags = [row % 2, row % 2, row % 2];
        }

        var rows = _feed.Keyed(_feed.TestHistories);
        var error = AssertFit<InvalidOperationException>(options => (options.ValidationSet, options.EarlyStoppingMetric) = (rows, EarlyStoppingMetric.Gauc));
        Assert.Contains("No validation row has candidates with and without the feedback 'EVV', which Gauc needs within a row", error.Message);
    }

    [Fact]
    public void Keys_of_users_of_another_dictionary_when_scoring()
    {
        using var model = Trainer(options => options.MaximumNumberOfEpochs = 1, mayTrain: true).Fit(_feed.Train);
        var other = _ml.Transforms.Conversion.MapValueToKey("City", keyData: _feed.Values(["a", "b", "c"]));
        var raw = _ml.Transforms.Conversion.MapKeyToValue("City").Fit(_feed.Test).Transform(_feed.Test);
        var error = Assert.Throws<ArgumentException>(() => model.Transform(other.Fit(raw).Transform(raw)));
        Assert.Contains("Column 'City' has 3 keys, but the model was trained on 2", error.Message);
        // as many, but each stands for another
        var turned = _ml.Transforms.Conversion.MapValueToKey("City", keyData: _feed.Values(["south", "north"]));
        error = Assert.Throws<ArgumentException>(() => model.Transform(turned.Fit(raw).Transform(raw)));
        Assert.Contains("Column 'City' has other values behind its keys, or in another order, than the model was trained on", error.Message);
        // and a row that has its number wrong is met when it is read
        var history = _feed.TestHistories[0];
        history.Flags = [1, 0];
        var flagged = model.Transform(_feed.Keyed(history));
        Assert.Contains("2 values in column 'Flags' and 8 items", Assert.Throws<InvalidDataException>(() => flagged.GetColumn<float[]>("Scores").ToArray()).Message);
    }

    private MultiFeedbackTrainer Trainer(Action<MultiFeedbackTrainer.Options>? set = null, bool mayTrain = false)
    {
        var options = _feed.Options();
        // an epoch must never end here: the error comes before
        if (!mayTrain)
            options.Progress = new Recorder<TrainingProgress>(_ => Assert.Fail("Training started."));
        set?.Invoke(options);
        return _ml.Recommendation().Trainers.MultiFeedback(options);
    }

    private void AssertOptions(Action<MultiFeedbackTrainer.Options> set, params string[] messages)
    {
        var error = Assert.ThrowsAny<ArgumentException>(() => Trainer(set));
        Assert.All(messages, message => Assert.Contains(message, error.Message));
    }

    private TException AssertFit<TException>(Action<MultiFeedbackTrainer.Options> set)
        where TException : Exception
        => Assert.ThrowsAny<TException>(() => Trainer(set).Fit(_feed.Train));

    private void AssertFit<TException>(Action<MultiFeedbackTrainer.Options> set, string message, string other = "", IEstimator<ITransformer>? with = null)
        where TException : Exception
    {
        var rows = _ml.Transforms.Conversion.MapKeyToValue("Text", "City").Fit(_feed.Train).Transform(_feed.Train);
        var error = Assert.ThrowsAny<TException>(() => Trainer(set).Fit(with is null ? rows : with.Fit(rows).Transform(rows)));
        Assert.Contains(message, error.Message);
        Assert.Contains(other, error.Message);
    }

    private void AssertFitOfChanged<TException>(Action<RankedHistory> change, string message, string other = "", IEstimator<ITransformer>? with = null)
        where TException : Exception
    {
        change(_feed.Histories[0]);
        var rows = _feed.Keyed(_feed.Histories);
        rows = _ml.Transforms.Conversion.MapKeyToValue("Text", "City").Fit(rows).Transform(rows);
        var error = Assert.ThrowsAny<TException>(() => Trainer().Fit(with is null ? rows : with.Fit(rows).Transform(rows)));
        Assert.Contains(message, error.Message);
        Assert.Contains(other, error.Message);
    }
}
