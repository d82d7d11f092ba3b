using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Evaluation;

public class LiftTableTests
{
    private const string All = "all users";

    private static readonly MLContext Ml = new(seed: 1);
    private static readonly (float, float, float, float)[] Right = [(0.8f, 1, 0.1f, 0), (0.3f, 0, 0.6f, 1)];
    private static readonly (float, float, float, float)[] Wrong = [(0.2f, 1, 0.5f, 0), (0.9f, 0, 0.1f, 1)];

    private static LiftOptions Options => new() { NumberOfRecommendations = 1, BootstrapCount = 200, Seed = 5 };

    [Fact]
    public void Metrics_are_those_of_both_models()
    {
        var options = Options;
        options.WatchSecondsColumnName = "CandidateWatchSeconds";

        var table = Compare([RankedRow.Of("a", Wrong), RankedRow.Of("b", Right)], [RankedRow.Of("b", Right), RankedRow.Of("a", Right)], options);

        Assert.Equal(
            ["AUC EVV", "AUC FVV", "AUC GVV", "GAUC EVV", "GAUC FVV", "GAUC GVV", "NDCG@1 EVV", "EVV share@1", "GVV share@1", "watch seconds@1"],
            table.Rows.Select(row => row.Metric));
        Expect("AUC EVV", 0.25, 1, 300); // of 0.2 and 0.8 only the last is above one of 0.9 and 0.3
        Expect("GAUC EVV", 0.5, 1, 100);
        Expect("NDCG@1 EVV", 0.5, 1, 100);
        Expect("EVV share@1", 0.5, 1, 100);
        Expect("GVV share@1", 0.5, 0, -100);
        Expect("watch seconds@1", 5.5, 10, 100 * 4.5 / 5.5);
        Assert.All(table.Rows, row => Assert.Equal((2, row.Metric == "GVV share@1"), (row.UserCount, row.IsLowerBetter)));

        void Expect(string metric, double baseline, double treatment, double lift)
        {
            var row = table[All, metric];
            Assert.Equal(baseline, row.Baseline, 12);
            Assert.Equal(treatment, row.Treatment, 12);
            Assert.Equal(lift, row.LiftPercent, 10);
        }
    }

    [Fact]
    public void Users_are_drawn_for_both_models_alike()
    {
        var table = Compare([RankedRow.Of("a", Wrong), RankedRow.Of("b", Right)], [RankedRow.Of("a", Right), RankedRow.Of("b", Right)], Options);

        // a quarter of the draws each: b twice, no lift; a twice, from 0 to 1
        Assert.Equal((0, double.PositiveInfinity), (table[All, "GAUC EVV"].LowerPercent, table[All, "GAUC EVV"].UpperPercent));
        Assert.Equal((-100, 0), (table[All, "GVV share@1"].LowerPercent, table[All, "GVV share@1"].UpperPercent));
        Assert.True(double.IsNaN(table[All, "AUC EVV"].LowerPercent));
    }

    [Fact]
    public void A_model_gains_nothing_over_itself()
    {
        var rows = Users(9, seed: 3, skill: 0.2f);
        var options = Options;
        options.GroupColumnName = "Group";

        var table = Compare(rows, [.. rows.Reverse()], options);

        Assert.Equal(2 * 9, table.Rows.Count);
        Assert.All(table.Rows, row => Assert.Equal(0, row.LiftPercent));
        Assert.All(table.Rows.Where(row => !row.Metric.StartsWith("AUC", StringComparison.Ordinal)), row => Assert.Equal((0, 0), (row.LowerPercent, row.UpperPercent)));
    }

    [Fact]
    public void Intervals_hold_the_lift_and_shrink_with_the_number_of_users()
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(20).WithReplay(new Replay(new Rnd(9, 11), null)), Prop.ForAll(
            Gen.Choose(1, 100_000).ToArbitrary(), seed =>
            {
                var options = Options;
                options.NumberOfRecommendations = 4; // half of the candidates: no share is 0
                var (few, many) = (Compare(1), Compare(9));
                return few.Rows.Zip(many.Rows).Where(pair => !double.IsNaN(pair.First.LowerPercent)).All(pair => Holds(pair.First) && Holds(pair.Second)
                    && (Width(pair.Second) < Width(pair.First) || Width(pair.First) == 0) && Math.Abs(pair.First.LiftPercent - pair.Second.LiftPercent) < 1e-9);

                LiftTable Compare(int times) => LiftTableTests.Compare(
                    Repeat(Users(12, seed, skill: 0.1f), times), Repeat(Users(12, seed, skill: 0.2f), times), options);
                bool Holds(LiftRow row) => row.LowerPercent <= row.LiftPercent && row.LiftPercent <= row.UpperPercent;
                double Width(LiftRow row) => row.UpperPercent - row.LowerPercent;
            }));

    [Fact]
    public void Users_who_are_all_alike_leave_no_doubt()
    {
        var table = Compare(
            Repeat([RankedRow.Of("u", [.. Wrong, .. Right])], 7), Repeat([RankedRow.Of("u", [.. Right, .. Right])], 7), new LiftOptions { NumberOfRecommendations = 3, Seed = 1 });

        Assert.All(table.Rows.Where(row => row.Metric.StartsWith("GAUC", StringComparison.Ordinal)), row =>
        {
            Assert.True(row.LiftPercent > 0);
            Assert.Equal((row.LiftPercent, row.LiftPercent), (row.LowerPercent, row.UpperPercent));
        });
    }

    [Fact]
    public void The_seed_alone_draws()
    {
        RankedRow[] before = Users(12, 1, 0.2f), after = Users(12, 1, 0.4f);
        var once = Compare(before, after, Options);

        Assert.Equal(once.Rows, Compare(before, [.. after.Reverse()], Options).Rows);
        Assert.NotEqual(once.Rows, Compare(before, after, new LiftOptions { NumberOfRecommendations = 1, BootstrapCount = 200, Seed = 6 }).Rows);
        Assert.Equal(
            new MLContext(seed: 2).Recommendation().CompareModels(View(before), View(after)).Rows, new MLContext(seed: 2).Recommendation().CompareModels(View(before), View(after)).Rows);
    }

    [Fact]
    public void Users_are_matched_by_what_is_behind_keys()
    {
        RankedRow[] before = Users(5, 1, 0.2f), after = [.. Users(5, 1, 0.4f).Reverse()];
        var table = Ml.Recommendation().CompareModels(Keys(before), Keys(after), Options);

        Assert.Equal(Compare(before, after, Options).Rows, table.Rows);

        static IDataView Keys(RankedRow[] rows) => Ml.Transforms.Conversion.MapValueToKey("User").Fit(View(rows)).Transform(View(rows));
    }

    [Fact]
    public void Groups_of_a_column_stand_apart()
    {
        RankedRow[] before = [RankedRow.Of("a", Wrong), RankedRow.Of("b", Right), RankedRow.Of("c", (0.5f, 1, 0.5f, 0))];
        (before[0].Group, before[1].Group, before[2].Group) = ("new", "kept", "one class");
        var options = Options;
        options.GroupColumnName = "Group";

        var table = Compare(before, [RankedRow.Of("a", Right), RankedRow.Of("b", Right), RankedRow.Of("c", (0.5f, 1, 0.5f, 0))], options);

        Assert.Equal([All, "kept", "new", "one class"], table.Rows.Select(row => row.Group).Distinct());
        Assert.Equal((0, 1), (table["new", "GAUC EVV"].Baseline, table["new", "AUC EVV"].Treatment));
        Assert.Equal(0, table["kept", "GAUC EVV"].LiftPercent);
        var unknown = table["one class", "GAUC EVV"];
        Assert.Equal((0, double.NaN, double.NaN, double.NaN), (unknown.UserCount, unknown.Baseline, unknown.LiftPercent, unknown.UpperPercent));
        Assert.Equal(1, table["one class", "EVV share@1"].Baseline);
        Assert.Equal(3, table[All, "EVV share@1"].UserCount);
        Assert.Equal(2, table[All, "GAUC EVV"].UserCount);
        var keys = Ml.Transforms.Conversion.MapValueToKey("Group").Fit(View(before)).Transform(View(before));
        Assert.Equal(table.Rows.Select(row => row.Group), Ml.Recommendation().CompareModels(keys, View(before), options).Rows.Select(row => row.Group));
    }

    [Fact]
    public void Rows_make_a_table_and_a_data_view()
    {
        var table = Compare([RankedRow.Of("a", Wrong), RankedRow.Of("b", Right)], [RankedRow.Of("a", Right), RankedRow.Of("b", Right)], Options);

        var lines = table.ToString().Split('\n');
        Assert.Equal("group      metric             users   baseline  treatment    lift %         95 % interval", lines[0]);
        Assert.Equal("all users  AUC EVV                2     0.2500     1.0000  +300.000                     –", lines[1]);
        Assert.Equal("all users  GVV share@1 ↓          2     0.5000     0.0000  -100.000     [-100.000, 0.000]", lines[^1]);
        Assert.Equal(table.Rows.Select(row => row.LiftPercent), Ml.Data.LoadFromEnumerable(table.Rows).GetColumn<double>("LiftPercent"));
        Assert.Contains("There is no row of 'MRR'", Assert.Throws<ArgumentException>(() => table[All, "MRR"]).Message);
    }

    [Fact]
    public void Users_of_one_view_or_of_two_rows_are_named()
    {
        RankedRow a = RankedRow.Of("a", Right), b = RankedRow.Of("b", Right);

        Assert.Contains("User 'b' of column 'User' is in the treatment's data and not in the baseline's", Failing([a], [a, b]));
        Assert.Contains("User 'b' of column 'User' is in the baseline's data and not in the treatment's", Failing([a, b], [a]));
        Assert.Contains("User 'a' of column 'User' has a second row, 3, in the baseline's data", Failing([a, b, a], [a, b]));
        Assert.Contains("User 'b' of column 'User' has a second row, 3, in the treatment's data", Failing([a, b], [a, b, b]));
        Assert.Contains("Row 1 has no user", Failing([RankedRow.Of("", Right)], [a]));
    }

    [Fact]
    public void Wrong_values_are_named()
    {
        var options = Options;
        options.WatchSecondsColumnName = "CandidateWatchSeconds";
        Assert.Contains("Row 1, column 'CandidateWatchSeconds': a watch time is -1", Changed(row => row.CandidateWatchSeconds = [-1, 2]));
        Assert.Contains("Row 1, column 'CandidateWatchSeconds': there are 1 values, but 2 are needed", Changed(row => row.CandidateWatchSeconds = [1]));
        Assert.Contains("Row 1, column 'CandidateScores': a score is NaN", Changed(row => row.CandidateScores = [0, float.NaN]));
        Assert.Contains("Row 1, column 'CandidateScores': there are 3 values, but 2 are needed", Changed(row => row.CandidateScores = [0, 1, 2]));
        options.GroupColumnName = "Group";
        Assert.Contains("user 'a' has no group in column 'Group'", Changed(row => row.Group = ""));

        string Changed(Action<RankedRow> change)
        {
            var row = RankedRow.Of("a", Right);
            change(row);
            return Failing([row], [RankedRow.Of("a", Right)], options);
        }
    }

    [Fact]
    public void A_task_of_a_single_class_is_named()
    {
        var row = RankedRow.Of("a", (0.5f, 1, 0.5f, 0), (0.5f, 0, 0.5f, 0));
        Assert.Contains("Task 'GVV' has no positive", Assert.Throws<InvalidOperationException>(() => Compare([row], [row], Options)).Message);
        Assert.Contains("no rows", Assert.Throws<InvalidOperationException>(() => Compare([], [], Options)).Message);
    }

    public static TheoryData<string, Action<LiftOptions>> WrongOptions => new()
    {
        { "Column 'Nobody' is missing", options => options.UserColumnName = "Nobody" },
        { "Column 'Score' is missing", options => options.ScoreColumnName = "Score" },
        { "Column 'Seconds' is missing", options => options.WatchSecondsColumnName = "Seconds" },
        { "Column 'Stage' is missing", options => options.GroupColumnName = "Stage" },
        { "Column 'CandidateScores' has type", options => options.GroupColumnName = "CandidateScores" },
        { "no task 'Liked' among", options => options.PositiveTaskName = "Liked" },
        { "no task 'Skipped' among", options => options.NegativeTaskName = "Skipped" },
        { "'EVV' is named twice", options => options.TaskNames = ["EVV", "EVV", "GVV"] },
        { "NumberOfRecommendations", options => options.NumberOfRecommendations = 0 },
        { "BootstrapCount", options => options.BootstrapCount = 0 },
        { "ConfidenceLevel must be between 0 and 1", options => options.ConfidenceLevel = 1 },
        { "WindowDays must be above 0", options => options.WindowDays = 0 },
        { "RecessionTrend must be at least 0", options => options.RecessionTrend = double.NaN },
        { "GrowthTenureDays must be at least 0", options => options.GrowthTenureDays = -1 },
        { "LowActivityViews", options => options.LowActivityViews = 0 },
        { "LogTimeUnit", options => options.LogTimeUnit = TimeSpan.Zero },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void Wrong_options_are_named(string expected, Action<LiftOptions> change)
    {
        var options = Options;
        change(options);
        Assert.Contains(expected, Failing([RankedRow.Of("a", Right)], [RankedRow.Of("a", Right)], options));
    }

    [Fact]
    public void Comparing_can_be_cancelled()
    {
        var options = Options;
        options.CancellationToken = new CancellationToken(canceled: true);
        Assert.Throws<OperationCanceledException>(() => Compare([RankedRow.Of("a", Right)], [RankedRow.Of("a", Right)], options));
    }

    private static RankedRow[] Users(int count, long seed, float skill) => [.. Enumerable.Range(0, count).Select(user => RankedRow.Random("u" + (char)('a' + user), seed, skill))];

    private static RankedRow[] Repeat(RankedRow[] rows, int times) => [.. Enumerable.Range(0, times).SelectMany(time => rows.Select(row => new RankedRow
    {
        User = row.User + time,
        Probabilities = row.Probabilities,
        CandidateFlags = row.CandidateFlags,
        CandidateScores = row.CandidateScores,
    }))];

    private static string Failing(RankedRow[] baseline, RankedRow[] treatment, LiftOptions? options = null)
        => Assert.ThrowsAny<ArgumentException>(() => Compare(baseline, treatment, options ?? Options)).Message;

    private static LiftTable Compare(RankedRow[] baseline, RankedRow[] treatment, LiftOptions options)
        => Ml.Recommendation().CompareModels(View(baseline), View(treatment), options);

    private static IDataView View(RankedRow[] rows) => RankedRow.View(Ml, rows);
}
