using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.NegativeFeedback.Evaluation;

namespace Microsoft.ML.NegativeFeedback.Tests.Evaluation;

/// <summary>An item whose category is its first letter, unless said otherwise.</summary>
public sealed class ItemCategory
{
    public string Item { get; set; } = "";

    public string Category { get; set; } = "";

    public static IDataView View(MLContext ml, params string[] items)
        => ml.Data.LoadFromEnumerable(items.Select(item => new ItemCategory { Item = item, Category = item[..1] }));
}

public class DiversityEntropyTests
{
    private static readonly MLContext Ml = new(seed: 1);
    private static readonly IDataView Categories = ItemCategory.View(Ml, "a1", "a2", "b1", "b2", "c1", "d1");

    private sealed class Recommended
    {
        public string User { get; set; } = "u";

        public string[] RecommendedItems { get; set; } = [];
    }

    private sealed class NumberedRow
    {
        public int[] RecommendedItems { get; set; } = [];

        public float[] Scores { get; set; } = [];
    }

    private sealed class NumberedCategory
    {
        public int Item { get; set; }

        public string Category { get; set; } = "";
    }

    private static DiversityOptions OfLists(int windowSize) => new() { RecommendedItemsColumnName = "RecommendedItems", WindowSize = windowSize };

    [Fact]
    public void Windows_go_across_rows_and_the_last_is_left_out()
    {
        // a a b c | b b b b | d
        var entropy = Evaluate(OfLists(4), ("u", ["a1", "a2", "b1"]), ("u", ["c1", "b1", "b2", "b1"]), ("v", ["b2", "d1"]));

        double first = (0.5 * Math.Log(2)) + (2 * 0.25 * Math.Log(4));
        Assert.Equal(first / 2, entropy.Mean, 12);
        Assert.Equal(first / Math.Sqrt(2), entropy.StandardDeviation, 12);
        Assert.Equal((2, 4, 4, true), (entropy.WindowCount, entropy.WindowSize, entropy.CategoryCount, entropy.AreWindowsComplete));
    }

    [Fact]
    public void A_user_has_windows_of_its_own()
    {
        var options = OfLists(2);
        options.UserColumnName = "User";

        // u: a a | b c, v: b b
        var entropy = Evaluate(options, ("u", ["a1", "a2", "b1"]), ("v", ["b1", "b2"]), ("u", ["c1"]));

        Assert.Equal(3, entropy.WindowCount);
        Assert.Equal(Math.Log(2) / 3, entropy.Mean, 12);
    }

    [Fact]
    public void Incomplete_windows_count_where_there_are_no_others()
    {
        var options = OfLists(100);
        options.UserColumnName = "User";

        var entropy = Evaluate(options, ("u", ["a1", "b1"]), ("v", ["c1"]), ("w", []));

        Assert.False(entropy.AreWindowsComplete);
        Assert.Equal(2, entropy.WindowCount);
        Assert.Equal(Math.Log(2) / 2, entropy.Mean, 12);
        Assert.Equal("diversity entropy 0.3466 ± 0.4901 nats over 2 incomplete windows of 100 items in 4 categories", entropy.ToString());
    }

    [Fact]
    public void Only_the_top_of_each_row_counts()
    {
        var options = OfLists(2);
        options.NumberOfRecommendations = 1;

        var entropy = Evaluate(options, ("u", ["a1", "b1"]), ("u", ["a2", "c1"]));

        Assert.Equal((0, 1), (entropy.Mean, entropy.WindowCount));
        Assert.True(double.IsNaN(entropy.StandardDeviation));
    }

    [Fact]
    public void Candidates_are_ranked_by_score()
    {
        var row = new RankedRow { Candidates = ["a1", "b1", "c1", "d1"], CandidateScores = [1, 3, float.NegativeInfinity, 3] };
        var rows = RankedRow.View(Ml, row, new RankedRow { Candidates = ["b2", "c1"], CandidateScores = [0, float.NegativeInfinity] });
        var keys = Ml.Transforms.Conversion.MapValueToKey("Candidates").Fit(rows).Transform(rows);
        var options = new DiversityOptions { NumberOfRecommendations = 3, WindowSize = 4 };

        // b d a, and b alone, for c is unknown to the model
        double expected = (0.5 * Math.Log(2)) + (2 * 0.25 * Math.Log(4));
        Assert.Equal(expected, Ml.Recommendation().EvaluateDiversity(rows, Categories, options).Mean, 12);
        Assert.Equal(expected, Ml.Recommendation().EvaluateDiversity(keys, Categories, options).Mean, 12);
        options.NumberOfRecommendations = 1;
        options.WindowSize = 2;
        Assert.Equal(0, Ml.Recommendation().EvaluateDiversity(rows, Categories, options).Mean);
    }

    [Fact]
    public void Equal_scores_keep_the_order_of_the_row()
        => Assert.Equal([5, 3, 6, 1, 2, 0], ScoredRowReader.Top([-1, 0, -0f, 2, float.NegativeInfinity, float.PositiveInfinity, 2], 10));

    [Fact]
    public void Items_of_the_categories_may_be_keys_and_repeat()
    {
        var items = ItemCategory.View(Ml, "b1", "a1", "a1", "a2");
        var keys = Ml.Transforms.Conversion.MapValueToKey("Item").Append(Ml.Transforms.Conversion.MapValueToKey("Category")).Fit(items).Transform(items);

        Assert.Equal(Math.Log(2), Ml.Recommendation().EvaluateDiversity(View(("u", ["a1", "b1"])), keys, OfLists(2)).Mean, 12);
    }

    [Fact]
    public void Entropy_lies_between_nothing_and_an_even_spread()
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(50).WithReplay(new Replay(new Rnd(3, 5), null)), Prop.ForAll(
            Gen.Elements("a1", "a2", "b1", "c1", "d1").ListOf().Select(items => items.ToArray()).NonEmptyListOf().ToArbitrary(),
            Gen.Choose(1, 9).ToArbitrary(),
            (lists, windowSize) =>
            {
                var rows = lists.Append(["a1"]).Select(list => ("u", list)).ToArray();
                var entropy = Evaluate(OfLists(windowSize), rows);
                return entropy.Mean >= 0 && entropy.Mean <= Math.Log(Math.Min(windowSize, 4)) + 1e-12
                    && entropy.WindowCount == Math.Max(1, rows.Sum(row => Math.Min(10, row.Item2.Length)) / windowSize);
            }));

    [Fact]
    public void An_item_without_a_category_is_named()
    {
        var error = Assert.Throws<ArgumentException>(() => Evaluate(OfLists(2), ("u", ["a1"]), ("u", ["x9"])));
        Assert.Contains("Row 2: item 'x9' (String) of column 'RecommendedItems' has no category", error.Message);

        var empty = Ml.Data.LoadFromEnumerable([new ItemCategory { Item = "a1" }, new ItemCategory { Item = "b1", Category = "b" }]);
        error = Assert.Throws<ArgumentException>(() => Ml.Recommendation().EvaluateDiversity(View(("u", ["a1"])), empty, OfLists(2)));
        Assert.Contains("item 'a1'", error.Message);
    }

    [Fact]
    public void What_fills_a_list_of_numbers_up_needs_no_category()
    {
        var rows = Ml.Data.LoadFromEnumerable([new NumberedRow { RecommendedItems = [1, 2, 0, 0], Scores = [2, 1, float.NegativeInfinity, float.NegativeInfinity] }]);
        var categories = Ml.Data.LoadFromEnumerable([new NumberedCategory { Item = 1, Category = "a" }, new NumberedCategory { Item = 2, Category = "b" }]);

        Assert.Equal(Math.Log(2), Ml.Recommendation().EvaluateDiversity(rows, categories, OfLists(2)).Mean, 12);
    }

    [Fact]
    public void An_item_of_two_categories_is_named()
    {
        var two = Ml.Data.LoadFromEnumerable([new ItemCategory { Item = "a1", Category = "a" }, new ItemCategory { Item = "a1", Category = "b" }]);
        var error = Assert.Throws<ArgumentException>(() => Ml.Recommendation().EvaluateDiversity(View(("u", ["a1"])), two, OfLists(2)));
        Assert.Contains("Item 'a1' has the category 'b' in column 'Category' of row 2", error.Message);
    }

    [Fact]
    public void Nothing_to_evaluate_is_an_error()
    {
        Assert.Contains("no rows", Assert.Throws<InvalidOperationException>(() => Evaluate(OfLists(2))).Message);
        Assert.Contains("No row recommends", Assert.Throws<InvalidOperationException>(() => Evaluate(OfLists(2), ("u", [""]))).Message);
        Assert.Contains("No item has a category", Assert.Throws<InvalidOperationException>(
            () => Ml.Recommendation().EvaluateDiversity(View(("u", ["a1"])), ItemCategory.View(Ml), OfLists(2))).Message);
    }

    [Fact]
    public void Scores_that_do_not_fit_are_named()
    {
        var error = Assert.Throws<ArgumentException>(() => OfScores(1, 2));
        Assert.Contains("Row 1 has 1 values in column 'Candidates' and 2 in 'CandidateScores'", error.Message);
        error = Assert.Throws<ArgumentException>(() => OfScores(float.NaN));
        Assert.Contains("column 'CandidateScores': a score is NaN", error.Message);

        static void OfScores(params float[] scores) => Ml.Recommendation().EvaluateDiversity(
            RankedRow.View(Ml, new RankedRow { Candidates = ["a1"], CandidateScores = scores }), Categories);
    }

    [Fact]
    public void Missing_and_wrong_columns_are_named()
    {
        Assert.Contains("Column 'Candidates' is missing", Failing(new()));
        Assert.Contains("Column 'User' has type", Failing(new() { RecommendedItemsColumnName = "User" }));
        Assert.Contains("Column 'Nobody' is missing", Failing(Changed(options => options.UserColumnName = "Nobody")));
        Assert.Contains("Column 'Tag' is missing", Failing(Changed(options => options.CategoryColumnName = "Tag")));
        Assert.Contains("Column 'Video' is missing", Failing(Changed(options => options.ItemColumnName = "Video")));
    }

    [Fact]
    public void Numbers_below_one_are_named()
    {
        Assert.Contains("WindowSize", Failing(Changed(options => options.WindowSize = 0)));
        Assert.Contains("NumberOfRecommendations", Failing(Changed(options => options.NumberOfRecommendations = -1)));
    }

    private static DiversityOptions Changed(Action<DiversityOptions> change)
    {
        var options = OfLists(2);
        change(options);
        return options;
    }

    private static string Failing(DiversityOptions options) => Assert.ThrowsAny<ArgumentException>(() => Evaluate(options, ("u", ["a1"]))).Message;

    private static DiversityEntropy Evaluate(DiversityOptions options, params (string User, string[] Items)[] rows)
        => Ml.Recommendation().EvaluateDiversity(View(rows), Categories, options);

    private static IDataView View(params (string User, string[] Items)[] rows)
        => Ml.Data.LoadFromEnumerable(rows.Select(row => new Recommended { User = row.User, RecommendedItems = row.Items }));
}
