using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Analysis;

public class FeedbackAnalysisTests
{
    private static readonly FeedbackAnalysisOptions ThreeLevels = new() { CategoryColumnNames = ["Level1", "Level2", "Level3"] };

    private readonly MLContext _ml = new(seed: 1);

    internal sealed class View
    {
        public int User { get; set; }

        public int Item { get; set; }

        public long Time { get; set; }

        public float Feedback { get; set; }

        public float Hate { get; set; }

        public bool Reported { get; set; }

        public string Level1 { get; set; } = "";

        public int Level2 { get; set; }

        public float Level3 { get; set; }
    }

    /// <summary>Item abc has the categories a, b and c.</summary>
    private static View Of(int user, int item, float feedback, long time, float hate = 0) => new()
    {
        User = user,
        Item = item,
        Feedback = feedback,
        Time = time,
        Hate = hate,
        Reported = hate == 1,
        Level1 = $"category {item / 100}",
        Level2 = item / 10 % 10,
        Level3 = item % 10,
    };

    [Fact]
    public void Pairs_are_counted_without_categories()
        => Assert.Equal(1, Analyze([Of(1, 1, -1, 1), Of(1, 2, 1, 2), Of(2, 1, 1, 3)], new FeedbackAnalysisOptions()).PairCount);

    [Fact]
    public void Reading_the_categories_can_be_cancelled()
    {
        using var source = new CancellationTokenSource();
        int readings = 0;
        var log = _ml.Data.LoadFromEnumerable(Rows());

        IEnumerable<View> Rows()
        {
            if (readings++ == 1)
                source.Cancel();
            yield return Of(1, 1, -1, 1);
            yield return Of(1, 2, 1, 2);
        }

        Assert.Throws<OperationCanceledException>(() => _ml.Data.AnalyzeFeedback(log, new FeedbackAnalysisOptions { CategoryColumnNames = ["Level1"], CancellationToken = source.Token }));
        Assert.Equal(2, readings);
    }

    [Fact]
    public void Every_interaction_is_of_one_kind_and_an_explicit_dislike_outweighs_the_rest()
    {
        View[] log = [Of(1, 1, 1, 1), Of(1, 2, 1, 2, hate: 1), Of(1, 3, -1, 3), Of(2, 1, -1, 4, hate: 1), Of(2, 2, -1, 5), Of(2, 3, 0, 6), Of(2, 4, 1, 7), Of(2, 5, 0, 8, hate: 1)];
        FeedbackKindCount[] expected =
        [
            new(FeedbackKind.Positive, 2, 2 / 8.0), new(FeedbackKind.PassiveNegative, 2, 2 / 8.0),
            new(FeedbackKind.ActiveNegative, 3, 3 / 8.0), new(FeedbackKind.Neither, 1, 1 / 8.0),
        ];

        foreach (string column in new[] { "Hate", "Reported" })
        {
            var analysis = Analyze(log, new FeedbackAnalysisOptions { ActiveNegativeColumnName = column });
            Assert.Equal((2, 5, 8), (analysis.UserCount, analysis.ItemCount, analysis.InteractionCount));
            Assert.Equal(expected, analysis.Kinds);
            Assert.Empty(analysis.CategoryCases);
        }

        Assert.Equal([3, 3, 2], Analyze(log).Kinds.Select(kind => kind.Count));
        Assert.DoesNotContain(Analyze(log).Kinds, kind => kind.Kind == FeedbackKind.ActiveNegative);
    }

    [Fact]
    public void Pairs_are_counted_by_the_first_level_at_which_they_differ()
    {
        View[] log =
        [
            // no skip before the first; then the nearest skip each, which two liked items share
            Of(1, 111, 1, 1), Of(1, 211, -1, 2), Of(1, 121, -1, 3), Of(1, 112, 1, 4), Of(1, 555, 0, 5), Of(1, 122, 1, 6), Of(1, 121, 1, 7),
            // the skip of user 1 is none of user 2's; level 2 agrees but level 1 does not
            Of(2, 111, 1, 8), Of(2, 311, -1, 9), Of(2, 211, 1, 10),
        ];

        var analysis = Analyze(log, ThreeLevels);

        Assert.Equal([1, 1, 1, 1], analysis.CategoryCases.Select(row => row.NeighbouringCount));
        Assert.Equal(4, analysis.PairCount);
        Assert.All(analysis.CategoryCases, row => Assert.Equal(0.25, row.NeighbouringShare));
        Assert.Equal(4, analysis.CategoryCases.Sum(row => row.RandomCount));
        Assert.Equal(
            ["other Level1", "same Level1, other Level2", "same Level2, other Level3", "same Level1 to Level3"],
            analysis.CategoryCases.Select(row => row.Description));
        Assert.Equal([1, 2, 3, 4], analysis.CategoryCases.Select(row => row.Number));
    }

    [Fact]
    public void The_order_is_that_of_time_and_of_the_log_where_there_is_none()
    {
        View[] log = [Of(1, 111, -1, 3), Of(1, 112, 1, 2), Of(1, 211, -1, 1)];

        // by time: the skip of 211, then 112
        Assert.Equal([1, 0, 0, 0], Cases(log, ThreeLevels));
        // by the log: 111, then 112
        Assert.Equal([0, 0, 1, 0], Cases(log, new() { CategoryColumnNames = ThreeLevels.CategoryColumnNames, TimestampColumnName = null }));
    }

    [Fact]
    public void A_distance_limits_the_pairs_and_explicit_dislikes_are_in_none()
    {
        View[] log = [Of(1, 111, -1, 1), Of(1, 112, 1, 2), Of(1, 999, 0, 3), Of(1, 112, 1, 4), Of(1, 211, -1, 5, hate: 1), Of(1, 112, 1, 6)];

        Assert.Equal([0, 0, 1, 0], Cases(log, With(distance: 1, active: "Hate")));
        Assert.Equal([0, 0, 2, 0], Cases(log, With(distance: 3, active: "Hate")));
        Assert.Equal([0, 0, 3, 0], Cases(log, With(distance: int.MaxValue, active: "Hate")));
        Assert.Equal([1, 0, 2, 0], Cases(log, With(distance: int.MaxValue, active: null)));

        FeedbackAnalysisOptions With(int distance, string? active)
            => new() { CategoryColumnNames = ThreeLevels.CategoryColumnNames, MaximumDistance = distance, ActiveNegativeColumnName = active };
    }

    [Fact]
    public void Random_items_are_drawn_uniformly_by_the_seed()
    {
        // 20,000 pairs; of four items one is in the category of the liked one, and it is that item itself
        var log = Enumerable.Range(0, 20_000)
            .SelectMany(i => new[] { Of(i, 100 * (1 + (i % 3)), -1, 0), Of(i, 400, 1, 1) }).ToArray();

        var analysis = Analyze(log, With(seed: 1));

        Assert.Equal(20_000, analysis.PairCount);
        Assert.Equal(0, analysis.CategoryCases[3].NeighbouringCount);
        // standard error of the share: 0.003
        Assert.Equal(0.25, analysis.CategoryCases[3].RandomShare, 0.012);
        Assert.Equal(0.75, analysis.CategoryCases[0].RandomShare, 0.012);
        Assert.Equal(analysis.CategoryCases, Analyze(log, With(seed: 1)).CategoryCases);
        Assert.NotEqual(analysis.CategoryCases, Analyze(log, With(seed: 2)).CategoryCases);

        FeedbackAnalysisOptions With(int seed) => new() { CategoryColumnNames = ThreeLevels.CategoryColumnNames, Seed = seed };
    }

    [Fact]
    public void Items_without_a_category_are_in_no_pair_and_not_drawn()
    {
        View[] log = [Of(1, 111, -1, 1), Of(1, 112, 1, 2), Of(1, 211, -1, 3), Of(1, 113, 1, 4), Of(1, 311, -1, 5), Of(1, 114, 1, 6)];
        log[2].Level1 = "";
        log[4].Level3 = float.NaN;

        var analysis = Analyze(log, ThreeLevels);

        Assert.Equal(2, analysis.ItemsWithoutCategories);
        Assert.Equal(1, analysis.PairCount);
        // the items left are 111 to 114: all of one branch
        Assert.Equal([0, 0], analysis.CategoryCases.Take(2).Select(row => row.RandomCount));
    }

    [Fact]
    public void Categories_may_be_keys_and_one_level_is_enough()
    {
        var log = _ml.Data.LoadFromEnumerable(new[] { Of(1, 111, -1, 1), Of(1, 112, 1, 2), Of(1, 211, -1, 3), Of(1, 113, 1, 4) });
        var keyed = _ml.Transforms.Conversion.MapValueToKey("Level1").Fit(log).Transform(log);

        var analysis = _ml.Data.AnalyzeFeedback(keyed, new FeedbackAnalysisOptions { CategoryColumnNames = ["Level1"] });

        Assert.Equal([1, 1], analysis.CategoryCases.Select(row => row.NeighbouringCount));
        Assert.Equal(["other Level1", "same Level1"], analysis.CategoryCases.Select(row => row.Description));
    }

    [Fact]
    public void A_log_without_pairs_has_cases_of_nothing()
    {
        var analysis = Analyze([Of(1, 111, 1, 1), Of(1, 112, -1, 2)], ThreeLevels);

        Assert.Equal(0, analysis.PairCount);
        Assert.All(analysis.CategoryCases, row => Assert.True(row.NeighbouringCount == 0 && double.IsNaN(row.NeighbouringShare)));
    }

    [Fact]
    public void The_text_shows_the_numbers()
    {
        View[] log = [Of(1, 111, -1, 1), Of(1, 112, 1, 2), Of(1, 211, -1, 3), Of(1, 113, 1, 4), Of(1, 114, 0, 5)];
        var analysis = Analyze(log, ThreeLevels);

        string[] lines = [.. analysis.ToString().Split('\n').Select(line => line.TrimEnd())];
        Assert.Equal("5 interactions of 1 users with 5 items", lines[0]);
        Assert.Equal("positive                       2    40.0 %", lines[1]);
        Assert.Equal("passive-negative               2    40.0 %", lines[2]);
        Assert.Equal("2 pairs             skipped before    random", lines[5]);
        Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"case 1      50.0 %{analysis.CategoryCases[0].RandomShare,10:P1}  other Level1"), lines[6]);
        Assert.StartsWith("case 3      50.0 %", lines[8]);
        Assert.EndsWith("same Level2, other Level3", lines[8]);
    }

    [Fact]
    public void In_the_simulated_feed_skips_resemble_what_is_liked_more_than_chance()
    {
        var feed = _ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 200 });
        var log = _ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3)).Fit(feed).Transform(feed);

        var analysis = _ml.Data.AnalyzeFeedback(log, new FeedbackAnalysisOptions { CategoryColumnNames = ["Category"] });

        Assert.True(analysis.PairCount > 1000);
        Assert.True(analysis.CategoryCases[1].NeighbouringShare > analysis.CategoryCases[1].RandomShare + 0.05, analysis.ToString());
    }

    [Fact]
    public void An_item_of_two_categories_is_named()
    {
        View[] log = [Of(1, 111, -1, 1), Of(1, 111, 1, 2)];
        log[1].Level1 = "news";

        var error = Assert.Throws<InvalidDataException>(() => Analyze(log, ThreeLevels));

        Assert.Contains("Item 111 has the category 'news' in column 'Level1' of row 2 and 'category 1' before", error.Message);
    }

    [Fact]
    public void Bad_data_is_named()
    {
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => Analyze([])).Message);
        Assert.Contains("'Feedback' is NaN", Assert.Throws<InvalidDataException>(() => Analyze([Of(1, 1, float.NaN, 1)])).Message);
        var flag = Assert.Throws<InvalidDataException>(() => Analyze([Of(1, 1, 1, 1, hate: 0.5f)], new() { ActiveNegativeColumnName = "Hate" }));
        Assert.Contains("'Hate' is 0.5 in row 1", flag.Message);
        var keyed = _ml.Data.LoadFromEnumerable(new[] { Of(1, 1, 1, 1), Of(1, 2, 1, 2) });
        var one = _ml.Data.LoadFromEnumerable(new[] { Of(1, 1, 1, 1) });
        keyed = _ml.Transforms.Conversion.MapValueToKey("Item").Fit(one).Transform(keyed);
        Assert.Contains("Column 'Item' is missing in row 2", Assert.Throws<InvalidDataException>(() => _ml.Data.AnalyzeFeedback(keyed)).Message);
    }

    [Fact]
    public void Bad_options_are_named()
    {
        View[] log = [Of(1, 1, 1, 1)];

        Assert.Contains("Column 'Genre' is missing", Error(new() { CategoryColumnNames = ["Genre"] }).Message);
        Assert.Contains("Column 'Level1' has type", Error(new() { ActiveNegativeColumnName = "Level1" }).Message);
        Assert.Contains("Column 'When' is missing", Error(new() { TimestampColumnName = "When" }).Message);
        Assert.Contains("named twice", Error(new() { CategoryColumnNames = ["Level1", "Level1"] }).Message);
        Assert.Contains("at least 1", Error(new() { MaximumDistance = 0 }).Message);
        Assert.Contains("column name is needed", Error(new() { CategoryColumnNames = [""] }).Message);

        ArgumentException Error(FeedbackAnalysisOptions options) => Assert.ThrowsAny<ArgumentException>(() => Analyze(log, options));
    }

    private FeedbackAnalysis Analyze(View[] log, FeedbackAnalysisOptions? options = null)
        => _ml.Data.AnalyzeFeedback(_ml.Data.LoadFromEnumerable(log), options);

    private IEnumerable<int> Cases(View[] log, FeedbackAnalysisOptions options)
        => Analyze(log, options).CategoryCases.Select(row => row.NeighbouringCount);
}
