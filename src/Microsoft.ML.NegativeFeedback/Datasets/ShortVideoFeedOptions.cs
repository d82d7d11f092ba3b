namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// The size and the make-up of a simulated short-video feed. The defaults give 2,000 users × about 100 views, enough for a
/// sequential model to beat popularity by far in a minute of training.
/// </summary>
/// <remarks>
/// Every video has a category and some further aspects (style, mood, …). Every user has a few hidden tastes; a taste wants one
/// category and accepts half of the values of every further aspect. One taste is active in a session. The feed shows videos that
/// match it, near misses that fail in one aspect, and videos drawn by popularity. What matches is mostly watched for over half of
/// its duration; what fails in one aspect is mostly left within three seconds; the rest is skipped or watched in part.
/// Label it with <see cref="FeedbackRule.WatchTime"/>.
/// <para>
/// By default tastes last, so that every skip of a user tells something of all sessions. Two options change that. With the probability
/// <see cref="PassingSkipShare"/> a session has a mood: of what its taste accepts, one value of one aspect is unwanted until the session ends. Its matches lack
/// that value; its near misses match the taste in everything and have the value; what else is shown matches another taste of the user (where there is one),
/// which is of no interest now. How views end stays: what has the unwanted value ends as what fails in one aspect. So nearly all that is skipped in such a
/// session would be liked in another. With the probability <see cref="TasteReplacementProbability"/> a hidden taste is exchanged for a new one between two
/// sessions. docs/simulated-feed.md says what of the published findings the feed has and what it lacks.
/// </para>
/// </remarks>
public sealed class ShortVideoFeedOptions
{
    /// <summary>Number of users. At least 1; default 2,000.</summary>
    public int UserCount { get; set; } = 2000;

    /// <summary>
    /// How many users of the feed are left out in front, so that a large feed can be made in parts: 1,000 makes users 1,001 to 1,000 + <see cref="UserCount"/>, each as in the whole feed. At
    /// least 0; default 0.
    /// </summary>
    public int FirstUserIndex { get; set; }

    /// <summary>
    /// Number of videos. At least 1; default 3,000. A user is shown a video twice only where 24 draws of what is wanted, in a session with a mood 72, find none that is new to the user.
    /// </summary>
    public int VideoCount { get; set; } = 3000;

    /// <summary>Mean number of sessions a user; users vary by half of it up and down. At least 1; default 8.</summary>
    public int SessionsPerUser { get; set; } = 8;

    /// <summary>Mean number of views a session; sessions vary by half of it up and down. At least 1; default 12.</summary>
    public int ViewsPerSession { get; set; } = 12;

    /// <summary>Number of video categories. At least 1; default 12.</summary>
    public int CategoryCount { get; set; } = 12;

    /// <summary>
    /// Number of aspects beside the category. 0 to 8; default 2. Every one has four values, of which a taste accepts two. With 0 nothing can fail in one aspect, so that what is
    /// shown as a near miss matches, too.
    /// </summary>
    public int AspectCount { get; set; } = 2;

    /// <summary>Number of hidden tastes a user. At least 1; default 3.</summary>
    public int TastesPerUser { get; set; } = 3;

    /// <summary>
    /// Share of views that match the active taste in everything. 0 to 1, and with <see cref="NearMissShare"/> at most 1; default
    /// 0.45.
    /// </summary>
    public double MatchShare { get; set; } = 0.45;

    /// <summary>Share of views that fail in one aspect. 0 to 1; default 0.35. What is left of 1 is drawn by popularity alone.</summary>
    public double NearMissShare { get; set; } = 0.35;

    /// <summary>Probability that a session keeps the taste of the session before. 0 to 1; default 0.6.</summary>
    public double TasteStability { get; set; } = 0.6;

    /// <summary>
    /// Share of the sessions whose skips have passing reasons: the session's mood, or that another taste is active. 0 to 1, and above 0 only with at least one
    /// aspect; default 0: every skip comes from what the user lastingly wants.
    /// </summary>
    public double PassingSkipShare { get; set; }

    /// <summary>
    /// Probability with which each hidden taste is exchanged for a new one before each session but the first; a taste lasts the inverse of it in sessions, in
    /// the mean. 0 to 1; default 0: tastes last.
    /// </summary>
    public double TasteReplacementProbability { get; set; }

    /// <summary>
    /// Whether users fall into the groups that a platform tells apart (CIKM '23, section 3.2.3): 40% of low activity with a quarter of the sessions, 15% in
    /// growth, registered in the 60 days before the feed, with ever more sessions, 35% in maturity with twice the sessions, 10% in recession with half the
    /// sessions and ever fewer of them. Default false: users differ in nothing but tastes and chance.
    /// </summary>
    public bool ActivityGroups { get; set; }

    /// <summary>First possible moment of a view, in Unix seconds, at least 0. Default 1,735,689,600: 2025-01-01, UTC.</summary>
    public long StartTime { get; set; } = 1_735_689_600;

    /// <summary>Days over which the sessions are spread. At least 1; default 30.</summary>
    public int Days { get; set; } = 30;

    /// <summary>The seed. Equal options give equal feeds, on every machine and in every release. Default 1.</summary>
    public long Seed { get; set; } = 1;

    internal ShortVideoFeedOptions Checked()
    {
        AtLeastOne(UserCount, nameof(UserCount));
        if (FirstUserIndex < 0 || FirstUserIndex > int.MaxValue - UserCount)
            throw new ArgumentOutOfRangeException(nameof(FirstUserIndex), FirstUserIndex, $"{nameof(FirstUserIndex)} must be at least 0, and with {nameof(UserCount)} at most {int.MaxValue}.");
        AtLeastOne(VideoCount, nameof(VideoCount));
        AtLeastOne(SessionsPerUser, nameof(SessionsPerUser));
        AtLeastOne(ViewsPerSession, nameof(ViewsPerSession));
        AtLeastOne(CategoryCount, nameof(CategoryCount));
        AtLeastOne(TastesPerUser, nameof(TastesPerUser));
        AtLeastOne(Days, nameof(Days));
        if (StartTime < 0)
            throw new ArgumentOutOfRangeException(nameof(StartTime), StartTime, $"{nameof(StartTime)} must be at least 0, 1970-01-01.");
        if (AspectCount is < 0 or > 8)
            throw new ArgumentOutOfRangeException(nameof(AspectCount), AspectCount, $"{nameof(AspectCount)} must be 0 to 8.");
        Share(MatchShare, nameof(MatchShare));
        Share(NearMissShare, nameof(NearMissShare));
        Share(MatchShare + NearMissShare, $"{nameof(MatchShare)} + {nameof(NearMissShare)}");
        Share(TasteStability, nameof(TasteStability));
        Share(PassingSkipShare, nameof(PassingSkipShare));
        Share(TasteReplacementProbability, nameof(TasteReplacementProbability));
        if (PassingSkipShare > 0 && AspectCount == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(PassingSkipShare), PassingSkipShare,
                $"{nameof(PassingSkipShare)} above 0 needs an aspect for a mood to be about: set {nameof(AspectCount)} to at least 1.");
        }

        return (ShortVideoFeedOptions)MemberwiseClone();
    }

    private static void AtLeastOne(int value, string name)
    {
        if (value < 1)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 1.");
    }

    private static void Share(double value, string name)
    {
        if (!(value >= 0 && value <= 1))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be between 0 and 1.");
    }
}
