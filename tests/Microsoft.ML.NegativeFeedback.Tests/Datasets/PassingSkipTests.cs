using Microsoft.ML.NegativeFeedback.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Datasets;

/// <summary>How long what a view tells of a user holds: moods of a session, and tastes that do not last.</summary>
public sealed class PassingSkipTests
{
    private readonly MLContext _ml = new(seed: 1);

    internal sealed class View
    {
        public int User { get; set; }

        public int Item { get; set; }

        public long Time { get; set; }

        public float Feedback { get; set; }

        public int Session { get; set; }

        public int Taste { get; set; }

        public int Category { get; set; }

        public int Aspect1 { get; set; }

        public int Aspect2 { get; set; }

        public int MatchingTastes { get; set; }
    }

    [Fact]
    public void The_share_of_skips_with_passing_reasons_follows_the_option_and_how_views_end_hardly_does()
    {
        var feeds = Array.ConvertAll([0, 0.25, 0.5, 0.75, 1.0], share => Views(new ShortVideoFeedOptions { UserCount = 120, PassingSkipShare = share }));
        double[] passing = Array.ConvertAll(feeds, views => Share(views.Where(view => view.Feedback < 0), view => view.MatchingTastes > 0));
        double[] liked = Array.ConvertAll(feeds, views => Share(views, view => view.Feedback > 0));
        double[] skipped = Array.ConvertAll(feeds, views => Share(views, view => view.Feedback < 0));

        // at 0 there are matching videos that are skipped all the same, and near misses of one taste that match another
        Assert.InRange(passing[0], 0, 0.15);
        Assert.InRange(passing[^1], 0.95, 1);
        for (int i = 1; i < passing.Length; i++)
            Assert.InRange(passing[i] - passing[i - 1], 0.15, 0.3);
        // somewhat less is liked, for half of what matches runs out sooner than all of it
        Assert.All(liked, share => Assert.InRange(share, liked[0] - 0.06, liked[0] + 0.01));
        Assert.All(skipped, share => Assert.InRange(share, skipped[0] - 0.01, skipped[0] + 0.04));
    }

    [Fact]
    public void A_passing_skip_looks_like_any_other_in_its_session_and_is_of_what_is_liked_later()
    {
        var lasting = Views(OneTaste(passingSkipShare: 0));
        var passing = Views(OneTaste(passingSkipShare: 1));

        // in the moment: of the category of what is liked, but nearly never the same in all aspects
        Assert.InRange(SameInAll(lasting) - SameInAll(passing), -0.06, 0.06);
        Assert.All([lasting, passing], views => Assert.InRange(SameInAll(views), 0, 0.1));
        Assert.All([lasting, passing], views => Assert.True(SameCategory(views) > 0.9));

        // later, each liked video beside the last skip of the session before: a lasting reason tells the two apart, a passing one does not
        Assert.InRange(SameInAll(SkipsBeforeLikes(lasting)), 0, 0.06);
        Assert.InRange(SameInAll(SkipsBeforeLikes(passing)), 0.18, 0.35);

        double SameInAll(IEnumerable<View> views) => Analyze(views).CategoryCases[^1].NeighbouringShare;

        double SameCategory(IEnumerable<View> views) => 1 - Analyze(views).CategoryCases[0].NeighbouringShare;
    }

    [Fact]
    public void A_mood_hides_one_accepted_value_of_one_aspect_from_what_is_liked_in_its_session()
    {
        var sessions = Views(OneTaste(passingSkipShare: 1)).Where(view => view.MatchingTastes > 0).GroupBy(view => (view.User, view.Session)).ToList();

        // what is watched or skipped against its odds aside, one of the two aspects tells the skips of a session from its likes
        double told = sessions.Average(session => Math.Max(Told(session, view => view.Aspect1), Told(session, view => view.Aspect2)));
        Assert.InRange(told, 0.9, 1);

        static double Told(IEnumerable<View> session, Func<View, int> aspect)
            => session.GroupBy(aspect).Sum(group => Math.Max(group.Count(view => view.Feedback > 0), group.Count(view => view.Feedback < 0)))
                / (double)Math.Max(1, session.Count(view => view.Feedback != 0));
    }

    [Fact]
    public void A_replaced_taste_changes_later_sessions_only()
    {
        var lasting = Views(new ShortVideoFeedOptions { UserCount = 300 });
        var changing = Views(new ShortVideoFeedOptions { UserCount = 300, TasteReplacementProbability = 0.25 });

        Assert.Equal(FirstSessions(lasting), FirstSessions(changing));
        Assert.All(lasting, view => Assert.InRange(view.Taste, 0, 2));
        // four sessions a taste
        double replaced = changing.GroupBy(view => view.User).Average(views => views.Max(view => view.Taste / 3) / (double)views.Max(view => view.Session));
        Assert.InRange(replaced, 0.2, 0.3);
        Assert.True(StaysTrue(lasting) > 0.4, $"{StaysTrue(lasting)}");
        Assert.True(StaysTrue(changing) < 0.6 * StaysTrue(lasting), $"{StaysTrue(changing)} against {StaysTrue(lasting)}");

        static IEnumerable<(int, int, long, float)> FirstSessions(IEnumerable<View> views)
            => views.Where(view => view.Session == 0).Select(view => (view.User, view.Item, view.Time, view.Feedback));

        // how often what is liked in the last session is of a category that was liked in the first
        static double StaysTrue(IEnumerable<View> views) => views.Where(view => view.Feedback > 0).GroupBy(view => view.User).Average(ofUser =>
        {
            var first = ofUser.Where(view => view.Session == ofUser.Min(other => other.Session)).Select(view => view.Category).ToHashSet();
            return Share(ofUser.Where(view => view.Session == ofUser.Max(other => other.Session)), view => first.Contains(view.Category));
        });
    }

    [Fact]
    public void A_user_of_one_taste_has_moods_too()
        => Assert.Contains(Views(OneTaste(passingSkipShare: 1)), view => view.Feedback < 0 && view.MatchingTastes > 0);

    private static ShortVideoFeedOptions OneTaste(double passingSkipShare) => new()
    {
        UserCount = 400,
        TastesPerUser = 1,
        SessionsPerUser = 2,
        MatchShare = 0.5,
        NearMissShare = 0.5,
        PassingSkipShare = passingSkipShare,
    };

    /// <summary>The skips of each user's first session and the likes of the second.</summary>
    private static IEnumerable<View> SkipsBeforeLikes(IEnumerable<View> views)
        => views.Where(view => view.Session == 0 ? view.Feedback < 0 : view.Session == 1 && view.Feedback > 0);

    private static double Share(IEnumerable<View> views, Func<View, bool> isIt) => views.Average(view => isIt(view) ? 1.0 : 0.0);

    private FeedbackAnalysis Analyze(IEnumerable<View> views)
        => _ml.Data.AnalyzeFeedback(_ml.Data.LoadFromEnumerable(views), new FeedbackAnalysisOptions { CategoryColumnNames = ["Category", "Aspect1", "Aspect2"] });

    /// <summary>The labelled feed with the aspects of its videos.</summary>
    private List<View> Views(ShortVideoFeedOptions options)
    {
        var feed = _ml.Data.SimulateShortVideoFeed(options);
        var videos = _ml.Data.SimulateShortVideos(options);
        var view = _ml.Transforms.LabelFeedback(FeedbackRule.WatchTime())
            .Append(_ml.Transforms.Conversion.MapValue("Aspect1", videos, videos.Schema["Item"], videos.Schema["Aspect1"], "Item"))
            .Append(_ml.Transforms.Conversion.MapValue("Aspect2", videos, videos.Schema["Item"], videos.Schema["Aspect2"], "Item"))
            .Fit(feed).Transform(feed);
        return [.. _ml.Data.CreateEnumerable<View>(view, reuseRowObject: false)];
    }
}
