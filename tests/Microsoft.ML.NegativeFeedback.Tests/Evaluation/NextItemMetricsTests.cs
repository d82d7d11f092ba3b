using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Evaluation;

public class NextItemMetricsTests
{
    private readonly MLContext _ml = new(seed: 1);

    private sealed class ScoredRow
    {
        public int[] RecommendedItems { get; set; } = [];

        public int TargetItem { get; set; }

        public float TargetFeedback { get; set; }
    }

    /// <summary>The rankings and metrics that the published PNFRec code gives, every file of that format in the folder.</summary>
    public static TheoryData<string, int> PublishedMetrics()
    {
        var cases = new TheoryData<string, int>();
        foreach (var path in Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "M*_pnfrec*.json"))
        {
            using var golden = JsonDocument.Parse(File.ReadAllText(path));
            foreach (var byK in golden.RootElement.GetProperty("by_k").EnumerateObject())
                cases.Add(Path.GetFileName(path), int.Parse(byK.Name));
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(PublishedMetrics))]
    public void Metrics_are_the_published_ones(string file, int k)
    {
        using var golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", file)));
        var root = golden.RootElement;
        var byK = root.GetProperty("by_k").GetProperty(k.ToString());
        float threshold = root.GetProperty("relevance_threshold").GetSingle();
        var targets = root.GetProperty("target_item").EnumerateArray().Select(item => item.GetInt32()).ToArray();
        var ratings = root.GetProperty("target_rating").EnumerateArray().Select(rating => rating.GetSingle()).ToArray();

        var official = byK.GetProperty("top_items").GetProperty("data").EnumerateArray().Select(item => item.GetInt32()).Chunk(k).ToArray();
        var lowerIdFirst = byK.GetProperty("lower_id_first").GetProperty("top_items").EnumerateArray()
            .Select(row => row.EnumerateArray().Select(item => item.GetInt32()).ToArray()).ToArray();

        AssertMetrics(byK.GetProperty("unrounded"), Evaluate(official));
        AssertMetrics(byK.GetProperty("lower_id_first").GetProperty("unrounded"), Evaluate(lowerIdFirst));

        NextItemMetrics Evaluate(int[][] rankings) => _ml.Recommendation().EvaluateNextItem(
            _ml.Data.LoadFromEnumerable(rankings.Select((items, row) => new ScoredRow
            {
                RecommendedItems = items,
                TargetItem = targets[row],
                TargetFeedback = ratings[row] >= threshold ? 1 : -1,
            })), k);
    }

    private static void AssertMetrics(JsonElement expected, NextItemMetrics actual)
    {
        void AssertClose(string name, double value) => Assert.Equal(expected.GetProperty(name).GetDouble(), value, 8);
        AssertClose("HR_p", actual.Positive.HitRate);
        AssertClose("NDCG_p", actual.Positive.Ndcg);
        AssertClose("MRR_p", actual.Positive.ReciprocalRank);
        AssertClose("HR_n", actual.Negative.HitRate);
        AssertClose("NDCG_n", actual.Negative.Ndcg);
        AssertClose("MRR_n", actual.Negative.ReciprocalRank);
        AssertClose("HR_diff", actual.HitRateDifference);
        AssertClose("NDCG_diff", actual.NdcgDifference);
        AssertClose("MRR_diff", actual.ReciprocalRankDifference);
    }

    [Fact]
    public void Keys_are_compared_by_the_values_behind_them_and_give_coverage()
    {
        // two dictionaries in different order: key 1 of one is key 2 of the other
        var rows = _ml.Data.LoadFromEnumerable(new[]
        {
            new { RecommendedItems = new[] { "a", "b" }, TargetItem = "b", TargetFeedback = 1f },
            new { RecommendedItems = new[] { "a", "c" }, TargetItem = "a", TargetFeedback = -1f },
        }.Select(row => new TextRow { RecommendedItems = row.RecommendedItems, TargetItem = row.TargetItem, TargetFeedback = row.TargetFeedback }));
        var catalogue = Catalogue("d", "c", "b", "a");
        var scored = _ml.Transforms.Conversion.MapValueToKey("RecommendedItems", keyData: catalogue)
            .Append(_ml.Transforms.Conversion.MapValueToKey("TargetItem")).Fit(rows).Transform(rows);

        var metrics = _ml.Recommendation().EvaluateNextItem(scored, numberOfRecommendations: 2);

        Assert.Equal(1, metrics.Positive.Count);
        Assert.Equal(0.5, metrics.Positive.ReciprocalRank, 10);
        Assert.Equal(1 / Math.Log2(3), metrics.Positive.Ndcg, 10);
        Assert.Equal(1, metrics.Negative.HitRate);
        Assert.Equal(0, metrics.HitRateDifference);
        Assert.Equal(0.75, metrics.Coverage, 10);
    }

    [Fact]
    public void The_keys_of_the_histories_tell_the_catalogue_where_recommendations_are_values()
    {
        var rows = _ml.Data.LoadFromEnumerable([new TextRow { Items = ["a", "b", "c", "d"], RecommendedItems = ["a"], TargetItem = "b", TargetFeedback = 1 }]);
        var scored = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);

        Assert.Equal(0.25, _ml.Recommendation().EvaluateNextItem(scored, 1).Coverage, 10);
        Assert.True(double.IsNaN(_ml.Recommendation().EvaluateNextItem(rows, 1).Coverage));
    }

    [Fact]
    public void A_group_without_rows_has_no_metrics()
    {
        var metrics = _ml.Recommendation().EvaluateNextItem(
            _ml.Data.LoadFromEnumerable([new ScoredRow { RecommendedItems = [1, 2], TargetItem = 2, TargetFeedback = 1 }]), 2);

        Assert.Equal(1, metrics.Positive.HitRate);
        Assert.Equal(0, metrics.Negative.Count);
        Assert.True(double.IsNaN(metrics.Negative.HitRate));
        Assert.True(double.IsNaN(metrics.NdcgDifference));
    }

    [Fact]
    public void The_table_has_a_line_a_group()
    {
        var metrics = _ml.Recommendation().EvaluateNextItem(
            _ml.Data.LoadFromEnumerable([new ScoredRow { RecommendedItems = [1, 2], TargetItem = 2, TargetFeedback = 1 }]), 2);

        var lines = metrics.ToString().Split('\n').Select(line => line.TrimEnd()).ToArray();
        Assert.Equal("@2            rows        HR      NDCG       MRR", lines[0]);
        Assert.Equal("positive         1    1.0000    0.6309    0.5000", lines[1]);
        Assert.Equal("negative         0       NaN       NaN       NaN", lines[2]);
    }

    [Fact]
    public void An_unknown_target_is_a_miss_and_counted()
    {
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add(message.Message);
        var rows = _ml.Data.LoadFromEnumerable([
            new TextRow { Items = ["a", "b"], RecommendedItems = ["a", ""], TargetItem = "a", TargetFeedback = 1 },
            new TextRow { RecommendedItems = ["a", ""], TargetItem = "z", TargetFeedback = 1 },
            new TextRow { RecommendedItems = ["a", ""], TargetItem = "y", TargetFeedback = -1 },
            new TextRow { RecommendedItems = ["a", ""], TargetItem = "", TargetFeedback = -1 },
            new TextRow { RecommendedItems = ["b", ""], TargetItem = "x", TargetFeedback = 0 },
        ]);
        // recommendations as values, as keys, and targets as keys of which z, y and x are none
        var one = _ml.Transforms.Conversion.MapValueToKey("Items");
        var both = _ml.Transforms.Conversion.MapValueToKey([new("Items"), new("RecommendedItems"), new("TargetItem")], keyData: Catalogue("a", "b"));
        foreach (var scored in new[] { one.Fit(rows).Transform(rows), both.Fit(rows).Transform(rows) })
        {
            log.Clear();
            var metrics = _ml.Recommendation().EvaluateNextItem(scored, 2);
            Assert.Equal((2, 0.5), (metrics.Positive.Count, metrics.Positive.HitRate));
            Assert.Equal((2, 0.0), (metrics.Negative.Count, metrics.Negative.HitRate));
            Assert.Equal((3, 1), (metrics.UnknownTargetCount, metrics.RowsWithoutTarget));
            Assert.Equal(1, metrics.Coverage);
            Assert.Contains("unknown          3 targets, counted as misses", metrics.ToString());
            Assert.Contains("left out         1 rows without a target", metrics.ToString());
            Assert.Contains(log, line => line.Contains("In 3 of 5 rows") && line.Contains("'TargetItem'"));
            Assert.Contains(log, line => line.Contains("1 of 5 rows are left out"));
        }
    }

    [Fact]
    public void Targets_of_another_type_than_the_items_are_an_error()
    {
        var rows = _ml.Data.LoadFromEnumerable([new ScoredRow { RecommendedItems = [1], TargetItem = 2, TargetFeedback = 1 }]);
        var named = _ml.Transforms.Conversion.ConvertType("TargetItem", outputKind: DataKind.String)
            .Append(_ml.Transforms.Conversion.MapValueToKey("RecommendedItems")).Fit(rows).Transform(rows);
        var error = Assert.Throws<ArgumentException>(() => _ml.Recommendation().EvaluateNextItem(named, 1));
        Assert.Contains("'TargetItem' holds String, but the items are Int32", error.Message);
    }

    [Fact]
    public void Targets_of_another_type_are_an_error_where_nobody_knows_the_catalogue()
    {
        var rows = _ml.Data.LoadFromEnumerable([new ScoredRow { RecommendedItems = [1], TargetItem = 1, TargetFeedback = 1 }]);
        var longer = _ml.Transforms.Conversion.ConvertType("TargetItem", outputKind: DataKind.Int64).Fit(rows).Transform(rows);
        var error = Assert.Throws<ArgumentException>(() => _ml.Recommendation().EvaluateNextItem(longer, 1));
        Assert.Contains("'TargetItem' holds Int64, but the items are Int32", error.Message);
    }

    [Fact]
    public void What_fills_a_list_of_numbers_up_is_no_item_0()
    {
        var rows = _ml.Data.LoadFromEnumerable([
            new NumberedRow { RecommendedItems = [1, 0, 0], Scores = [0.5f, float.NegativeInfinity, float.NegativeInfinity], TargetItem = 0, TargetFeedback = 1 },
            new NumberedRow { RecommendedItems = [1, 0, 0], Scores = [0.5f, 0.1f, float.NegativeInfinity], TargetItem = 0, TargetFeedback = 1 },
        ]);

        Assert.Equal(0.5, _ml.Recommendation().EvaluateNextItem(rows, 3).Positive.HitRate);
        // nothing beside tells of it
        Assert.Equal(1, _ml.Recommendation().EvaluateNextItem(rows, 3, scoresColumnName: "None").Positive.HitRate);
    }

    [Fact]
    public void A_feedback_that_is_no_number_is_named()
    {
        var rows = _ml.Data.LoadFromEnumerable([new ScoredRow { RecommendedItems = [1], TargetItem = 1, TargetFeedback = float.NaN }]);
        var error = Assert.Throws<ArgumentException>(() => _ml.Recommendation().EvaluateNextItem(rows, 1));
        Assert.Contains("Row 1: column 'TargetFeedback'", error.Message);
    }

    [Fact]
    public void More_recommendations_than_there_are_is_an_error()
    {
        var scored = _ml.Data.LoadFromEnumerable([new FixedRow()]);
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => _ml.Recommendation().EvaluateNextItem(scored, 3));
        Assert.Contains("holds 2 recommendations", error.Message);
    }

    [Fact]
    public void Data_without_rows_is_an_error()
        => Assert.Throws<InvalidOperationException>(
            () => _ml.Recommendation().EvaluateNextItem(_ml.Data.LoadFromEnumerable(Array.Empty<ScoredRow>()), 1));

    [Fact]
    public void A_missing_column_is_named()
    {
        var rows = _ml.Data.LoadFromEnumerable([new ScoredRow { RecommendedItems = [1], TargetItem = 1, TargetFeedback = 1 }]);
        var error = Assert.Throws<ArgumentException>(
            () => _ml.Recommendation().EvaluateNextItem(rows, 1, targetItemColumnName: "Next"));
        Assert.Contains("Column 'Next' is missing", error.Message);
        Assert.Contains("TargetItem", error.Message);
    }

    private IDataView Catalogue(params string[] items) => _ml.Data.LoadFromEnumerable(items.Select(item => new Item { Value = item }));

    private sealed class TextRow
    {
        public string[] Items { get; set; } = [];

        public string[] RecommendedItems { get; set; } = [];

        public string TargetItem { get; set; } = "";

        public float TargetFeedback { get; set; }
    }

    private sealed class NumberedRow
    {
        public int[] RecommendedItems { get; set; } = [];

        public float[] Scores { get; set; } = [];

        public int TargetItem { get; set; }

        public float TargetFeedback { get; set; }
    }

    private sealed class Item
    {
        public string Value { get; set; } = "";
    }

    private sealed class FixedRow
    {
        [VectorType(2)]
        public int[] RecommendedItems { get; set; } = [1, 2];

        public int TargetItem { get; set; } = 1;

        public float TargetFeedback { get; set; } = 1;
    }
}
