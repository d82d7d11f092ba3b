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
/// </remarks>
public sealed class ShortVideoFeedOptions
{
    /// <summary>Number of users. At least 1; default 2,000.</summary>
    public int UserCount { get; set; } = 2000;

    /// <summary>
    /// Number of videos. At least 1; default 3,000. A user is shown a video twice only where the feed runs out of others.
    /// </summary>
    public int VideoCount { get; set; } = 3000;

    /// <summary>Mean number of sessions a user; users vary by half of it up and down. At least 1; default 8.</summary>
    public int SessionsPerUser { get; set; } = 8;

    /// <summary>Mean number of views a session; sessions vary by half of it up and down. At least 1; default 12.</summary>
    public int ViewsPerSession { get; set; } = 12;

    /// <summary>Number of video categories. At least 1; default 12.</summary>
    public int CategoryCount { get; set; } = 12;

    /// <summary>
    /// Number of aspects beside the category. 0 to 8; default 2. Every one has four values, of which a taste accepts two.
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

    /// <summary>First possible moment of a view, in Unix seconds. Default 1,735,689,600: 2025-01-01, UTC.</summary>
    public long StartTime { get; set; } = 1_735_689_600;

    /// <summary>Days over which the sessions are spread. At least 1; default 30.</summary>
    public int Days { get; set; } = 30;

    /// <summary>The seed. Equal options give equal feeds, on every machine and in every release. Default 1.</summary>
    public long Seed { get; set; } = 1;

    internal ShortVideoFeedOptions Checked()
    {
        AtLeastOne(UserCount, nameof(UserCount));
        AtLeastOne(VideoCount, nameof(VideoCount));
        AtLeastOne(SessionsPerUser, nameof(SessionsPerUser));
        AtLeastOne(ViewsPerSession, nameof(ViewsPerSession));
        AtLeastOne(CategoryCount, nameof(CategoryCount));
        AtLeastOne(TastesPerUser, nameof(TastesPerUser));
        AtLeastOne(Days, nameof(Days));
        if (AspectCount is < 0 or > 8)
            throw new ArgumentOutOfRangeException(nameof(AspectCount), AspectCount, $"{nameof(AspectCount)} must be 0 to 8.");
        Share(MatchShare, nameof(MatchShare));
        Share(NearMissShare, nameof(NearMissShare));
        Share(MatchShare + NearMissShare, $"{nameof(MatchShare)} + {nameof(NearMissShare)}");
        Share(TasteStability, nameof(TasteStability));
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
