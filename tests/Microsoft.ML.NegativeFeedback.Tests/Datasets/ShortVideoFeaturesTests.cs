namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

/// <summary>What the simulated feed tells of its users, its videos and the context beside the views themselves.</summary>
public sealed class ShortVideoFeaturesTests
{
    private static readonly ShortVideoFeedOptions EveryOption = new()
    {
        UserCount = 300,
        PassingSkipShare = 0.5,
        TasteReplacementProbability = 0.1,
        ActivityGroups = true,
    };

    private readonly MLContext _ml = new(seed: 1);

    [Fact]
    public void Equal_options_give_equal_views_on_every_machine()
    {
        string[] expected =
        [
            "User 31F9AD9753FA722D",
            "Item AF9287CBB3A51C63",
            "Time 85894CD2DD064807",
            "WatchSeconds 1BAAC5E49DB86881",
            "DurationSeconds CB97354A1BEF8CEC",
            "Session 0D6CC2BF74819CE0",
            "Taste 03C1369013CA1956",
            "Category D0ED71C36B8F7EE2",
            "Mismatches 3B6927C125F8BDE7",
            "Hour 9873CDC8ADEF5AB0",
            "Tab B251C5A3AB71A45E",
            "MoodMismatches BE578EDB0F54EECF",
            "MatchingTastes F7D3E84C4A662B98",
            "User D1C1A7D9ABAC10C9",
            "ActivityGroup 442FE9387CEAD734",
            "TenureDays 57B9297FF9123BB4",
            "AgeGroup DAE44FEF0C223631",
            "DeclaredCategory D3E312EF132971AC",
            "Region 30881347CD934E68",
            "Item 8E73E8FA284834C0",
            "Category 6440ADBE7775EAA9",
            "DurationSeconds 3455AD10C1F2F4FD",
            "Aspect1 8F9CA7AECB98F770",
            "Aspect2 6672A8FA2F358E00",
            "Author CB2A3E6040C89F1E",
            "UploadDay 290824D6EF5AE3F5",
        ];
        IDataView[] views = [_ml.Data.SimulateShortVideoFeed(EveryOption), _ml.Data.SimulateShortVideoUsers(EveryOption), _ml.Data.SimulateShortVideos(EveryOption)];
        Assert.Equal(expected, views.SelectMany(view => view.Schema.Select(column => $"{column.Name} {DataViewRows.HashOf(DataViewRows.Of(view, column.Name).Select(row => row[0]))}")));
    }

    [Fact]
    public void Users_of_a_group_come_as_often_and_as_long_as_it_says()
    {
        var options = new ShortVideoFeedOptions { UserCount = 2000, ActivityGroups = true };
        var sessions = DataViewRows.Of(_ml.Data.SimulateShortVideoFeed(options), "User", "Session", "Time")
            .GroupBy(row => (User: (int)row[0]!, Session: (int)row[1]!)).ToLookup(session => session.Key.User, session => (long)session.First()[2]!);
        var groups = DataViewRows.Of(_ml.Data.SimulateShortVideoUsers(options), "User", "ActivityGroup", "TenureDays").ToLookup(row => $"{row[1]}");

        Assert.Equal(["growth", "low activity", "maturity", "recession"], groups.Select(group => group.Key).Order(StringComparer.Ordinal));
        Is("low activity", userShare: 0.4, sessionCount: 2, moment: 0.5);
        Is("growth", userShare: 0.15, sessionCount: 8, moment: 2 / 3.0);
        Is("maturity", userShare: 0.35, sessionCount: 16, moment: 0.5);
        Is("recession", userShare: 0.1, sessionCount: 4, moment: 1 / 3.0);
        Assert.All(groups, group => Assert.All(group, row => Assert.Equal(group.Key == "growth", (int)row[2]! < 60)));

        void Is(string group, double userShare, double sessionCount, double moment)
        {
            int[] users = [.. groups[group].Select(row => (int)row[0]!)];
            Assert.InRange(users.Length / 2000.0, userShare - 0.03, userShare + 0.03);
            // halves are cut off
            Assert.InRange(users.Average(user => sessions[user].Count()), sessionCount - 0.6, sessionCount + 0.6);
            Assert.InRange(users.SelectMany(user => sessions[user]).Average(time => (time - options.StartTime) / (86400.0 * options.Days)), moment - 0.03, moment + 0.03);
        }
    }

    [Fact]
    public void Without_groups_all_users_are_alike()
        => Assert.All(DataViewRows.Of(_ml.Data.SimulateShortVideoUsers(), "ActivityGroup"), row => Assert.Equal("all", $"{row[0]}"));

    [Fact]
    public void Declared_category_and_age_tell_a_little_of_the_tastes_and_the_region_tells_nothing()
    {
        var options = new ShortVideoFeedOptions { UserCount = 2000 };
        var liked = DataViewRows.Of(_ml.Data.SimulateShortVideoFeed(options), "User", "Category", "Mismatches").Where(row => (int)row[2]! == 0)
            .ToLookup(row => (int)row[0]!, row => (int)row[1]!);
        var users = DataViewRows.Of(_ml.Data.SimulateShortVideoUsers(options), "User", "DeclaredCategory", "AgeGroup", "Region");
        Assert.Equal(Enumerable.Range(1, 2000), users.Select(row => (int)row[0]!));

        // by chance one view in twelve is of the declared category, one in six of the age group's categories
        Assert.InRange(Share((row, category) => category == (int)row[1]!), 1.5 / 12, 4.0 / 12);
        Assert.InRange(Share((row, category) => category % 6 == (int)row[2]! - 1), 1.2 / 6, 2.0 / 6);
        Assert.InRange(Share((row, category) => category % 8 == (int)row[3]! - 1), 0.115, 0.135);

        double Share(Func<object?[], int, bool> agrees)
            => users.Average(row => liked[(int)row[0]!].Select(category => agrees(row, category) ? 1.0 : 0.0).DefaultIfEmpty().Average());
    }

    [Fact]
    public void Videos_join_the_feed_and_authors_keep_to_a_category()
    {
        var options = new ShortVideoFeedOptions { UserCount = 100, AspectCount = 3 };
        var feed = _ml.Data.SimulateShortVideoFeed(options);
        var videos = _ml.Data.SimulateShortVideos(options);
        Assert.Equal(["Item", "Category", "DurationSeconds", "Aspect1", "Aspect2", "Aspect3", "Author", "UploadDay"], videos.Schema.Select(column => column.Name));
        var joined = _ml.Transforms.Conversion.MapValue("Author", videos, videos.Schema["Item"], videos.Schema["Author"], "Item")
            .Append(_ml.Transforms.Conversion.MapValue("VideoCategory", videos, videos.Schema["Item"], videos.Schema["Category"], "Item"))
            .Append(_ml.Transforms.Conversion.MapValue("VideoSeconds", videos, videos.Schema["Item"], videos.Schema["DurationSeconds"], "Item"))
            .Fit(feed).Transform(feed);

        var rows = DataViewRows.Of(joined, "Category", "VideoCategory", "DurationSeconds", "VideoSeconds", "Author");
        Assert.All(rows, row => Assert.Equal((row[0], row[2]), (row[1], row[3])));
        Assert.All(rows, row => Assert.InRange((int)row[4]!, 1, 300));
        // four in five, and one in twelve of the rest
        Assert.InRange(rows.Average(row => ((int)row[4]! - 1) % 12 == (int)row[0]! ? 1.0 : 0.0), 0.75, 0.88);
        Assert.All(DataViewRows.Of(videos, "Aspect3", "UploadDay"), row =>
        {
            Assert.InRange((int)row[0]!, 0, 3);
            Assert.InRange((int)row[1]!, -365, -1);
        });
    }

    [Fact]
    public void A_feed_of_few_videos_has_authors()
    {
        var options = new ShortVideoFeedOptions { VideoCount = 1, CategoryCount = 5, AspectCount = 0 };
        Assert.Equal(1, Assert.Single(DataViewRows.Of(_ml.Data.SimulateShortVideos(options), "Author"))[0]);
    }

    [Fact]
    public void The_tab_tells_a_little_of_the_session_and_the_hour_is_that_of_the_time()
    {
        var rows = DataViewRows.Of(_ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 300 }), "User", "Session", "Tab", "Hour", "Time", "Category", "Mismatches");

        Assert.All(rows, row => Assert.Equal(DateTimeOffset.FromUnixTimeSeconds((long)row[4]!).Hour, row[3]));
        Assert.All(rows.GroupBy(row => (row[0], row[1])), session => Assert.Single(session.Select(row => row[2]).Distinct()));
        // half of the sessions, and a third of the rest
        Assert.InRange(rows.Where(row => (int)row[6]! == 0).Average(row => (int)row[2]! - 1 == (int)row[5]! % 3 ? 1.0 : 0.0), 0.62, 0.71);
    }
}
