namespace Microsoft.ML.NegativeFeedback.Tests.Evaluation;

public class EngagementStageTests
{
    private static readonly MLContext Ml = new(seed: 1);

    /// <summary>Day 100 is the log's last; the window of 28 days has its halves from 72 and 86 on.</summary>
    private static readonly (string User, double[] Days)[] Views =
    [
        ("few", [1, 2, 3, 4, 5, 99, 100]),
        ("young", [91, 92, 93, 94, 95]),
        ("steady", [10, 73, 74, 75, 76, 77, 78, 87, 88, 89]),
        ("leaving", [10, 73, 74, 75, 76, 77, 78, 87, 88]),
    ];

    private sealed class View
    {
        public string User { get; set; } = "";

        public long Time { get; set; }

        public DateTime Date { get; set; }

        public float Tenure { get; set; }
    }

    private sealed class NumberedView
    {
        public long User { get; set; }

        public long Time { get; set; }
    }

    private static LiftOptions Options => new() { Log = Log(), LowActivityViews = 5, NumberOfRecommendations = 1, BootstrapCount = 10, Seed = 1 };

    [Fact]
    public void Stages_follow_from_views_tenure_and_trend()
    {
        var stages = StagesOf(Options);

        // who is not in the log has no views
        Assert.Equal("few: low activity, leaving: recession, steady: maturity, stranger: low activity, young: growth", stages);
    }

    [Fact]
    public void Boundaries_are_options()
    {
        Assert.Contains("few: recession", StagesOf(With(options => (options.LowActivityViews, options.WindowDays, options.RecessionTrend) = (2, 180, 1))));
        Assert.Contains("few: maturity", StagesOf(With(options => options.LowActivityViews = 2)));
        Assert.Contains("young: maturity", StagesOf(With(options => options.GrowthTenureDays = 9)));
        Assert.Contains("leaving: maturity", StagesOf(With(options => options.RecessionTrend = 0.3)));
        Assert.Contains("steady: low activity", StagesOf(With(options => options.WindowDays = 13)));
    }

    [Fact]
    public void Time_may_be_a_date_or_in_another_unit()
    {
        Assert.Equal(StagesOf(Options), StagesOf(With(options => options.LogTimestampColumnName = "Date")));
        Assert.Equal(StagesOf(Options), StagesOf(With(options => (options.Log, options.LogTimeUnit) = (Log(unitsPerDay: 86_400_000), TimeSpan.FromMilliseconds(1)))));
    }

    [Fact]
    public void Tenure_may_be_told()
        => Assert.Contains("young: maturity", StagesOf(With(options => (options.Log, options.TenureDaysColumnName) = (Log(tenure: 400), "Tenure"))));

    [Fact]
    public void Stages_stand_in_their_order()
        => Assert.Equal(["all users", "low activity", "growth", "maturity", "recession"], Compare(Options).Rows.Select(row => row.Group).Distinct());

    [Fact]
    public void A_wrong_log_is_named()
    {
        Assert.Contains("Column 'Time' is missing", Failing(RankedRow.View(Ml, RankedRow.Few)));
        Assert.Contains("has no user in column 'User'", Failing(Ml.Data.LoadFromEnumerable([new View()])));
        Assert.Contains("a tenure is -1", Assert.ThrowsAny<ArgumentException>(
            () => StagesOf(With(options => (options.Log, options.TenureDaysColumnName) = (Log(tenure: -1), "Tenure")))).Message);
        Assert.Contains("has no rows", Assert.Throws<InvalidOperationException>(() => StagesOf(With(options => options.Log = Ml.Data.LoadFromEnumerable<View>([])))).Message);
        Assert.Contains("Column 'User' of the log holds Int64, but column 'User' of the scored rows String", Failing(Ml.Data.LoadFromEnumerable([new NumberedView { User = 1, Time = 1 }])));
        Assert.Contains("both tell the users' groups", Assert.Throws<ArgumentException>(() => StagesOf(With(options => options.GroupColumnName = "Group"))).Message);

        static string Failing(IDataView log) => Assert.ThrowsAny<ArgumentException>(() => StagesOf(With(options => options.Log = log))).Message;
    }

    [Fact]
    public void A_log_that_changes_between_its_readings_is_an_error()
    {
        int readings = 0;
        var changing = Ml.Data.LoadFromEnumerable(Once());

        IEnumerable<View> Once()
        {
            foreach (string user in Users.Skip(readings++ == 0 ? 1 : 0))
                yield return new View { User = user, Time = 86_400 };
        }

        Assert.Contains("gives other rows when it is read again", Assert.Throws<InvalidOperationException>(() => Compare(With(options => options.Log = changing))).Message);
    }

    /// <summary>Each user's stage, by who is left of it when nobody else is compared.</summary>
    private static string StagesOf(LiftOptions options) => string.Join(", ", Users.Select(user =>
        $"{user}: {Compare(options, user).Rows.Select(row => row.Group).Distinct().Single(group => group != "all users")}"));

    private static IEnumerable<string> Users => Views.Select(user => user.User).Append("stranger").Order(StringComparer.Ordinal);

    private static LiftTable Compare(LiftOptions options, string? user = null)
    {
        var rows = RankedRow.View(Ml, [.. Users.Where(name => user is null || name == user).Select(name => RankedRow.Of(name, (0.8f, 1, 0.1f, 0), (0.3f, 0, 0.6f, 1)))]);
        return Ml.Recommendation().CompareModels(rows, rows, options);
    }

    private static LiftOptions With(Action<LiftOptions> change)
    {
        var options = Options;
        change(options);
        return options;
    }

    private static IDataView Log(long unitsPerDay = 86_400, float tenure = 0) => Ml.Data.LoadFromEnumerable(Views.SelectMany(user => user.Days.Select(day => new View
    {
        User = user.User,
        Time = (long)(day * unitsPerDay),
        Date = DateTime.UnixEpoch.AddDays(day),
        Tenure = tenure,
    })));
}
