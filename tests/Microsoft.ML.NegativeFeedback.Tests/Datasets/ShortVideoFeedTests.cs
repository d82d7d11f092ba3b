using Microsoft.ML.NegativeFeedback.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

public sealed class ShortVideoFeedTests
{
    private static readonly string[] Columns =
        ["User", "Item", "Time", "WatchSeconds", "DurationSeconds", "Session", "Taste", "Category", "Mismatches"];

    [Fact]
    public void TheGeneratorIsXoshiro256StarStar()
    {
        // worked out with a second implementation, which gives the published 11520, 0, 1509978240 for the state 1, 2, 3, 4
        var random = new StableRandom(1);
        Assert.Equal(
            [17154914556750032435, 15481925071032317162, 3049712571244418729],
            Enumerable.Range(0, 3).Select(_ => random.NextUInt64()));
        Assert.NotEqual(new StableRandom(1).NextUInt64(), new StableRandom(2).NextUInt64());
        Assert.NotEqual(new StableRandom(1).NextUInt64(), new StableRandom(1, stream: 1).NextUInt64());
    }

    [Fact]
    public void TheDefaultFeedStaysTheSameToTheBit()
    {
        // published results are of this feed: whatever options are added, their defaults leave it as it was
        var views = Views(new ShortVideoFeedOptions());
        string[] expected =
        [
            "User E2D8448C7BC77FD0",
            "Item 9E33A4CBBEF5BB9C",
            "Time A7D469A38D9962B5",
            "WatchSeconds 1CFE4DECF4F0588E",
            "DurationSeconds A97B3E1B0093676C",
            "Session 588930BCE357EB8F",
            "Taste 895142983CD0704B",
            "Category B2B5B6B5C763A9C2",
            "Mismatches F180CF10E38CFE80",
        ];
        Assert.Equal(192_892, views.Count);
        Assert.Equal(expected, Columns.Select((name, column) => $"{name} {DataViewRows.HashOf(views.Select(view => view[column]))}"));
    }

    [Fact]
    public void EqualSeedsGiveEqualFeeds()
    {
        var first = Views(new ShortVideoFeedOptions { UserCount = 30, Seed = 5 });
        Assert.Equal(Text(first), Text(Views(new ShortVideoFeedOptions { UserCount = 30, Seed = 5 })));
        Assert.NotEqual(Text(first), Text(Views(new ShortVideoFeedOptions { UserCount = 30, Seed = 6 })));
    }

    [Fact]
    public void ALargeFeedCanBeMadeInParts()
    {
        var whole = Views(new ShortVideoFeedOptions { UserCount = 25 });
        var parts = new[] { (First: 0, Count: 10), (First: 10, Count: 15) }
            .SelectMany(part => Views(new ShortVideoFeedOptions { FirstUserIndex = part.First, UserCount = part.Count }));
        Assert.Equal(Text(whole), Text(parts));
    }

    [Fact]
    public void AUserDoesNotDependOnHowManyFollow()
    {
        var few = Views(new ShortVideoFeedOptions { UserCount = 10 });
        var many = Views(new ShortVideoFeedOptions { UserCount = 25 });
        Assert.Equal(Text(few), Text(many.Take(few.Count)));
        Assert.Equal(Enumerable.Range(1, 25), many.Select(view => (int)view[0]!).Distinct());
    }

    [Fact]
    public void ViewsAreInOrderAndInRange()
    {
        var options = new ShortVideoFeedOptions { UserCount = 50, VideoCount = 300, Days = 10 };
        foreach (var views in Views(options).GroupBy(view => (int)view[0]!))
        {
            Assert.Equal(views.Select(Time).Order(), views.Select(Time));
            Assert.Equal(views.Count(), views.Select(Time).Distinct().Count());
            Assert.All(views, view =>
            {
                Assert.InRange((int)view[1]!, 1, options.VideoCount);
                Assert.InRange(Time(view), options.StartTime, options.StartTime + 11 * 86400);
                Assert.InRange((float)view[4]!, 8, 90);
                Assert.InRange((float)view[3]!, 0.3f, 1.2f * (float)view[4]!);
                Assert.InRange((int)view[8]!, 0, 3);
            });
            Assert.All(views.GroupBy(view => view[5]), session => Assert.Single(session.Select(view => view[6]).Distinct()));
        }
    }

    [Fact]
    public void WhatMatchesIsWatchedAndWhatFailsInOneAspectIsSkipped()
    {
        var views = Views(new ShortVideoFeedOptions { UserCount = 200 });
        double Share(int mismatches, Func<object?[], bool> isIt)
            => views.Where(view => (int)view[8]! == mismatches).Average(view => isIt(view) ? 1.0 : 0.0);
        bool IsLiked(object?[] view) => (float)view[3]! >= 0.5f * (float)view[4]!;
        bool IsSkipped(object?[] view) => (float)view[3]! < 3;
        Assert.InRange(Share(0, IsLiked), 0.9, 0.96);
        Assert.InRange(Share(1, IsLiked), 0.05, 0.11);
        Assert.InRange(Share(1, IsSkipped), 0.76, 0.84);
        Assert.InRange(views.Average(view => (int)view[8]! == 0 ? 1.0 : 0.0), 0.4, 0.5);
    }

    [Fact]
    public void TheActiveTasteTellsMoreThanPopularity()
    {
        // a recommender that knows the category of the last video watched through must beat one that knows popularity alone
        var liked = Views(new ShortVideoFeedOptions { UserCount = 600 }).Where(view => (float)view[3]! >= 0.5f * (float)view[4]!).ToList();
        int[] Top(IEnumerable<object?[]> views)
            => [.. views.CountBy(view => (int)view[1]!).OrderByDescending(count => count.Value).Take(10).Select(count => count.Key)];
        var popular = Top(liked);
        var ofCategory = liked.GroupBy(view => (int)view[7]!).ToDictionary(group => group.Key, Top);
        int byPopularity = 0, byLast = 0;
        foreach (var views in liked.GroupBy(view => view[0]))
        {
            var last = views.TakeLast(2).ToArray();
            byPopularity += popular.Contains((int)last[^1][1]!) ? 1 : 0;
            byLast += ofCategory[(int)last[0][7]!].Contains((int)last[^1][1]!) ? 1 : 0;
        }

        Assert.True(byLast > 3 * byPopularity, $"{byLast} hits by the last taste, {byPopularity} by popularity");
    }

    [Fact]
    public void ATinyFeedShowsVideosAgain()
    {
        var views = Views(new ShortVideoFeedOptions { UserCount = 2, VideoCount = 1, CategoryCount = 1, AspectCount = 0 });
        Assert.All(views, view => Assert.Equal(1, view[1]));
    }

    [Fact]
    public void OptionsOutOfRangeAreNamed()
    {
        Refused(new ShortVideoFeedOptions { UserCount = 0 }, "UserCount");
        Refused(new ShortVideoFeedOptions { FirstUserIndex = -1 }, "FirstUserIndex");
        Refused(new ShortVideoFeedOptions { FirstUserIndex = int.MaxValue }, "FirstUserIndex");
        Refused(new ShortVideoFeedOptions { VideoCount = -1 }, "VideoCount");
        Refused(new ShortVideoFeedOptions { AspectCount = 9 }, "AspectCount");
        Refused(new ShortVideoFeedOptions { StartTime = -1 }, "StartTime");
        Refused(new ShortVideoFeedOptions { MatchShare = double.NaN }, "MatchShare");
        Refused(new ShortVideoFeedOptions { MatchShare = 0.8, NearMissShare = 0.3 }, "MatchShare + NearMissShare");
        Refused(new ShortVideoFeedOptions { PassingSkipShare = 1.1 }, "PassingSkipShare");
        Refused(new ShortVideoFeedOptions { PassingSkipShare = 0.5, AspectCount = 0 }, "AspectCount");
        Refused(new ShortVideoFeedOptions { TasteReplacementProbability = -0.1 }, "TasteReplacementProbability");
    }

    private static IEnumerable<string> Text(IEnumerable<object?[]> views) => views.Select(view => string.Join(' ', view));

    private static long Time(object?[] view) => (long)view[2]!;

    private static List<object?[]> Views(ShortVideoFeedOptions options) => DataViewRows.Of(new ShortVideoFeed(options), Columns);

    private static void Refused(ShortVideoFeedOptions options, string name)
    {
        Assert.Contains(name, Assert.Throws<ArgumentOutOfRangeException>(() => new ShortVideoFeed(options)).Message);
        Assert.Contains(name, Assert.Throws<ArgumentOutOfRangeException>(() => new ShortVideoUserView(options)).Message);
        Assert.Contains(name, Assert.Throws<ArgumentOutOfRangeException>(() => new ShortVideoItemView(options)).Message);
    }
}
