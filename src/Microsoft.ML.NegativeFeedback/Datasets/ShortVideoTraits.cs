namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// The random numbers of a user come in streams, one a purpose, so that what is drawn for one leaves the draws of the others as they are. The number of a
/// stream is the purpose · 2³² + the user's.
/// </summary>
internal enum UserStream : long
{
    Watching = 0,
    Traits = 1,
    Moods = 2,
    Replacements = 3,
    Tabs = 4,
}

/// <summary>
/// The groups of users that "Learning and Optimization of Implicit Negative Feedback" (CIKM '23, section 3.2.3) tells apart, and the one of everybody where the
/// feed has no groups.
/// </summary>
internal enum ActivityGroup
{
    All,
    LowActivity,
    Growth,
    Maturity,
    Recession,
}

/// <summary>What a platform knows of a user beside the views.</summary>
internal readonly record struct ShortVideoTraits(ActivityGroup Group, int TenureDays, int AgeGroup, int DeclaredCategory, int Region)
{
    private const int AgeGroupCount = 6, RegionCount = 8;

    /// <summary>Draws the traits of a user who starts with these tastes.</summary>
    public static ShortVideoTraits Of(int user, ReadOnlySpan<Taste> tastes, ShortVideoFeedOptions options)
    {
        var random = Stream(options, UserStream.Traits, user);
        double groupDraw = random.NextDouble();
        var group = !options.ActivityGroups ? ActivityGroup.All
            : groupDraw < 0.4 ? ActivityGroup.LowActivity
            : groupDraw < 0.55 ? ActivityGroup.Growth
            : groupDraw < 0.9 ? ActivityGroup.Maturity
            : ActivityGroup.Recession;
        int tenure = group == ActivityGroup.Growth ? random.Next(60) : 180 + random.Next(1820);
        bool tellsAge = random.NextDouble() < 0.3;
        int age = random.Next(AgeGroupCount);
        bool tellsCategory = random.NextDouble() < 0.5;
        int category = random.Next(options.CategoryCount);
        int told = random.Next(tastes.Length);
        return new ShortVideoTraits(
            group,
            tenure,
            AgeGroup: 1 + (tellsAge ? tastes[0].Category % AgeGroupCount : age),
            DeclaredCategory: tellsCategory ? tastes[told].Category : category,
            Region: 1 + random.Next(RegionCount));
    }

    /// <summary>The traits of a user of the feed.</summary>
    public static ShortVideoTraits Of(int user, ShortVideoFeedOptions options)
    {
        var watching = Stream(options, UserStream.Watching, user);
        return Of(user, Taste.DrawFirst(ref watching, options), options);
    }

    /// <summary>How many sessions a user has for one that is drawn; over the groups it is 1 in the mean.</summary>
    public double SessionFactor => Group switch
    {
        ActivityGroup.LowActivity => 0.25,
        ActivityGroup.Maturity => 2,
        ActivityGroup.Recession => 0.5,
        _ => 1,
    };

    public string GroupName => Group switch
    {
        ActivityGroup.LowActivity => "low activity",
        ActivityGroup.Growth => "growth",
        ActivityGroup.Maturity => "maturity",
        ActivityGroup.Recession => "recession",
        _ => "all",
    };

    /// <summary>
    /// The moment of a session, in [0, 1) of the feed's days: the later of two for a user who comes more and more often, so that the density rises from 0 as a
    /// line does; the earlier of two for one who stays away.
    /// </summary>
    public double Moment(ref StableRandom random)
    {
        double moment = random.NextDouble();
        return Group switch
        {
            ActivityGroup.Growth => Math.Max(moment, random.NextDouble()),
            ActivityGroup.Recession => Math.Min(moment, random.NextDouble()),
            _ => moment,
        };
    }

    public static StableRandom Stream(ShortVideoFeedOptions options, UserStream purpose, int user)
        => new(options.Seed, ((long)purpose << 32) | (uint)user);
}
