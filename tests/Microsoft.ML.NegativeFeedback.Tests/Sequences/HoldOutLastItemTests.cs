using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>Evaluation rows out of whole sequences, so that ML.NET's own splits of rows can be evaluated.</summary>
public sealed class HoldOutLastItemTests
{
    private static readonly MLContext Context = new(seed: 1);

    [Theory]
    [InlineData("a+ b- c+", false, "a+ b- -> c+")]
    [InlineData("a+ b- c+ d0", false, "a+ b- -> c+")] // what is neither is no target, and comes after it
    [InlineData("a+ b+ c-", false, "a+ b+ -> c-")]
    [InlineData("a+ b+ c-", true, "a+ -> b+")]
    [InlineData("a0 b-", false, "a0 -> b-")]
    [InlineData("a0 b-", true, "a0 b- -> 0")]
    [InlineData("a+ b0", false, "a+ b0 -> 0")] // nothing lies before the only one that could be
    [InlineData("a+", false, "a+ -> 0")]
    [InlineData("", false, " -> 0")]
    public void The_last_item_is_the_target_and_the_history_what_lies_before(string sequence, bool likedOnly, string expected)
    {
        var rows = Context.Data.LoadFromEnumerable([Row(sequence)]);
        var model = Context.Transforms.HoldOutLastItem(sequenceColumnNames: ["Times"], likedOnly: likedOnly).Fit(rows);
        Assert.Equal([expected], Describe(model.Transform(rows)));
        // and of keys
        var catalogue = Context.Data.LoadFromEnumerable("abcd".Select(item => new Named { Name = $"{item}" }));
        var keys = Context.Transforms.Conversion.MapValueToKey("Items", keyData: catalogue)
            .Append(Context.Transforms.HoldOutLastItem(sequenceColumnNames: ["Times"], likedOnly: likedOnly)).Fit(rows).Transform(rows);
        Assert.Equal(BoxedValues.KeyValues(keys.Schema["Items"]), BoxedValues.KeyValues(keys.Schema["TargetItem"]));
        Assert.Equal([expected], Describe(Context.Transforms.Conversion.MapKeyToValue([new("Items"), new("TargetItem")]).Fit(keys).Transform(keys)));
    }

    [Fact]
    public void Times_are_cut_beside_the_items_and_other_columns_stay()
    {
        var rows = Context.Data.LoadFromEnumerable([Row("a+ b- c+"), Row("a0")]);
        var cut = Context.Transforms.HoldOutLastItem(sequenceColumnNames: ["Times"]).Fit(rows).Transform(rows);
        Assert.Equal([[7, (object[])[0L, 1L]], [7, (object[])[0L]]], DataViewRows.Of(cut, "User", "Times"));
        Assert.Equal(2, cut.GetRowCount());
        var whole = Context.Transforms.HoldOutLastItem().Fit(rows).Transform(rows);
        Assert.Equal([[(object[])[0L, 1L, 2L]], [(object[])[0L]]], DataViewRows.Of(whole, "Times"));
    }

    /// <summary>So that a chain that labels what an application logs can be evaluated on rows of users.</summary>
    [Fact]
    public void What_stands_beside_the_items_is_cut_by_items()
    {
        FlaggedHistory[] histories =
        [
            new() { Items = ["a", "b", "c"], Feedback = [1, -1, 1], Kinds = ["x", "y", "z"], Flags = [1, 2, 3, 4, 5, 6] },
            new() { Items = ["a"], Feedback = [1], Kinds = ["x"], Flags = [1, 2] },
            new(),
        ];
        var rows = Context.Data.LoadFromEnumerable(histories);
        var keyed = Context.Transforms.Conversion.MapValueToKey("Kinds").Fit(rows).Transform(rows);
        var cut = Context.Transforms.HoldOutLastItem(sequenceColumnNames: ["Kinds", "Flags"]).Fit(keyed).Transform(keyed);
        Assert.Equal([[1f, 2f, 3f, 4f], [1f, 2f], []], cut.GetColumn<float[]>("Flags"));
        Assert.Equal([[1u, 2u], [1u], []], cut.GetColumn<uint[]>("Kinds"));
        Assert.Equal(BoxedValues.KeyValues(keyed.Schema["Kinds"]), BoxedValues.KeyValues(cut.Schema["Kinds"]));

        var uneven = Context.Data.LoadFromEnumerable([new FlaggedHistory { Items = ["a", "b"], Feedback = [1, 1], Kinds = ["x"], Flags = [1, 2, 3] }]);
        foreach (string name in new[] { "Kinds", "Flags" })
        {
            var broken = Context.Transforms.HoldOutLastItem(sequenceColumnNames: [name]).Fit(uneven).Transform(uneven);
            Assert.Contains($"in column '{name}'", Assert.ThrowsAny<InvalidDataException>(() => DataViewRows.Of(broken, name)).Message);
        }
    }

    [Fact]
    public void Numbers_without_a_target_are_zero()
    {
        var rows = Context.Data.LoadFromEnumerable([new Sequence { Items = [4, 5], Feedback = [1, -1] }, new Sequence { Items = [4], Feedback = [1] }]);
        var cut = Context.Transforms.HoldOutLastItem("Next", "NextFeedback").Fit(rows).Transform(rows);
        Assert.Equal([[5, -1f], [0, 0f]], DataViewRows.Of(cut, "Next", "NextFeedback"));
    }

    [Fact]
    public void The_shape_that_is_promised_is_the_schema_that_comes()
    {
        var rows = Context.Data.LoadFromEnumerable([Row("a+ b- c+")]);
        var keyed = Context.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        foreach (var view in new[] { rows, keyed })
        {
            var estimator = Context.Transforms.HoldOutLastItem(sequenceColumnNames: ["Times"]);
            var model = estimator.Fit(view);
            Assert.True(model.IsRowToRowMapper);
            Assert.Equal(
                model.GetOutputSchema(view.Schema).Where(column => !column.IsHidden).Select(column => Describe(SchemaShapes.Of(column))).Order(),
                estimator.GetOutputSchema(new SchemaShape(view.Schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column))))
                    .Select(Describe).Order());
        }

        static string Describe(SchemaShape.Column shape)
            => $"{shape.Name} {shape.Kind} {shape.ItemType} {shape.IsKey} {string.Join(",", shape.Annotations.Select(other => other.Name))}";
    }

    [Fact]
    public void A_prediction_engine_cuts_single_rows()
    {
        var rows = Context.Data.LoadFromEnumerable([Row("a+ b- c+")]);
        using var engine = Context.Model.CreatePredictionEngine<TimedHistory, CutHistory>(Context.Transforms.HoldOutLastItem().Fit(rows));
        var cut = engine.Predict(Row("x+ y- z-"));
        Assert.Equal(["x", "y"], cut.Items);
        Assert.Equal(("z", -1f), (cut.TargetItem, cut.TargetFeedback));
        Assert.Equal(("", 0f), (engine.Predict(Row("x+")).TargetItem, engine.Predict(Row("x+")).TargetFeedback));
    }

    [Fact]
    public void What_is_wrong_is_named()
    {
        var uneven = Context.Data.LoadFromEnumerable([Row("a+ b-"), new TimedHistory { Items = ["a"], Feedback = [1, 1], Times = [0] }]);
        Refused<InvalidDataException>(() => Describe(Context.Transforms.HoldOutLastItem().Fit(uneven).Transform(uneven)), "Row 2", "'Feedback'");
        var broken = Context.Data.LoadFromEnumerable([new TimedHistory { Items = ["a"], Feedback = [float.NaN], Times = [0] }]);
        Refused<InvalidDataException>(() => Describe(Context.Transforms.HoldOutLastItem().Fit(broken).Transform(broken)), "'Feedback' of row 1", "NaN");
        var unfit = Context.Transforms.HoldOutLastItem(itemsColumnName: "Videos");
        Refused<ArgumentException>(() => unfit.Fit(uneven), "'Videos' is missing");
        Refused<ArgumentException>(() => unfit.Append(unfit).Fit(uneven), "'Videos' is missing");
        Refused<ArgumentException>(() => Context.Transforms.HoldOutLastItem(feedbackColumnName: "Items").Fit(uneven), "'Items'");
        Refused<ArgumentException>(() => Context.Transforms.HoldOutLastItem(sequenceColumnNames: ["Feedback"]), "'Feedback'");
        Refused<ArgumentException>(() => Context.Transforms.HoldOutLastItem("Items"), "'Items'");
        Refused<ArgumentException>(() => Context.Transforms.HoldOutLastItem(" "), "targetItemColumnName");
        var model = Context.Transforms.HoldOutLastItem().Fit(uneven);
        Refused<NotSupportedException>(() => Context.Model.Save(model, uneven.Schema, new MemoryStream()), "histories");

        static void Refused<TException>(Action act, params string[] parts)
            where TException : Exception
        {
            string message = Assert.ThrowsAny<TException>(act).Message;
            Assert.All(parts, part => Assert.Contains(part, message));
        }
    }

    [Fact]
    public void The_parts_of_a_split_of_rows_are_evaluated()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(ToyFeed.Histories(300, seed: 1).Append(new ToyHistory { Items = ["liked1"], Feedback = [1] }));
        var split = ml.Data.TrainTestSplit(rows, testFraction: 0.2);
        var metrics = Evaluate(ml, split, likedOnly: true);
        Assert.True(metrics.Positive.HitRate > 0.8, metrics.ToString());
        Assert.Equal(ml.Data.CreateEnumerable<ToyHistory>(split.TestSet, false).Count(), metrics.Positive.Count + metrics.RowsWithoutTarget);
    }

    [Fact]
    public void Every_fold_of_a_cross_validation_is_evaluated_though_each_brings_items_that_its_training_lacks()
    {
        var ml = new MLContext(seed: 1);
        // whatever the fold: an item that ends one row alone is unknown to the two other folds
        var rows = ToyFeed.Histories(120, seed: 1).Select((row, i) => i % 4 > 0 ? row : new ToyHistory
        {
            Items = [.. row.Items, $"new{i}"],
            Feedback = [.. row.Feedback, 1],
        });
        var folds = ml.Data.CrossValidationSplit(ml.Data.LoadFromEnumerable(rows.Append(new ToyHistory { Items = ["liked1"], Feedback = [1] })), 3);
        var metrics = folds.Select(fold => Evaluate(ml, fold, likedOnly: false)).ToArray();
        Assert.Equal(121, metrics.Sum(fold => fold.Positive.Count + fold.Negative.Count + fold.RowsWithoutTarget));
        Assert.Equal((30, 1), (metrics.Sum(fold => fold.UnknownTargetCount), metrics.Sum(fold => fold.RowsWithoutTarget)));
        Assert.All(metrics, fold => Assert.InRange(fold.UnknownTargetCount, 1, 29));
    }

    private static NextItemMetrics Evaluate(MLContext ml, DataOperationsCatalog.TrainTestData data, bool likedOnly)
    {
        var model = ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(ml.Recommendation().Trainers.PnfRec(TrainerTests.Small(new PnfRecTrainer.Options { MaximumNumberOfEpochs = 8 })))
            .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(data.TrainSet);
        var evaluated = ml.Transforms.HoldOutLastItem(likedOnly: likedOnly).Fit(data.TestSet).Transform(data.TestSet);
        return ml.Recommendation().EvaluateNextItem(model.Transform(evaluated), numberOfRecommendations: 5);
    }

    private static IEnumerable<string> Describe(IDataView view)
        => DataViewRows.Of(view, "Items", "Feedback", "TargetItem", "TargetFeedback").Select(row =>
            $"{string.Join(' ', ((object[])row[0]!).Zip((object[])row[1]!, Signed))} -> {row[2]}{((float)row[3]! == 0 ? "0" : Signed("", row[3]!))}").ToArray();

    private static string Signed(object item, object feedback) => $"{item}{((float)feedback > 0 ? "+" : (float)feedback < 0 ? "-" : "0")}";

    private static TimedHistory Row(string sequence)
    {
        string[] items = sequence.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return new TimedHistory
        {
            Items = [.. items.Select(item => item[..^1])],
            Feedback = [.. items.Select(item => item[^1] switch { '+' => 1f, '-' => -1f, _ => 0f })],
            Times = [.. items.Select((_, time) => (long)time)],
        };
    }

    private sealed class Named
    {
        public string Name { get; set; } = "";
    }

    private sealed class CutHistory
    {
        public string[] Items { get; set; } = [];

        public string TargetItem { get; set; } = "";

        public float TargetFeedback { get; set; }
    }

    private sealed class TimedHistory
    {
        public int User { get; set; } = 7;

        public string[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public long[] Times { get; set; } = [];
    }

    private sealed class FlaggedHistory
    {
        public string[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public string[] Kinds { get; set; } = [];

        public float[] Flags { get; set; } = [];
    }
}
