namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>One view of the simulated feed.</summary>
internal struct ShortVideoView
{
    public int User;
    public int Item;
    public long Time;
    public float WatchSeconds;
    public float DurationSeconds;
    public int Session;
    public int Taste;
    public int Category;
    public int Mismatches;
    public int Tab;
    public int MoodMismatches;
    public int MatchingTastes;
}

/// <summary>Plays the sessions of one user after the other. A user's draws depend on the seed and the user's number alone.</summary>
internal sealed class ShortVideoUsers(ShortVideoFeedOptions options, ShortVideoCatalogue catalogue)
{
    private const int MaximumDraws = 24;
    private const int TabCount = 3;

    private readonly HashSet<int> _seen = [];
    private readonly int[] _tasteNumbers = new int[options.TastesPerUser];
    private readonly List<ShortVideoView> _views = [];
    private Taste[] _tastes = [];
    private StableRandom _random;
    private StableRandom _moods;
    private StableRandom _replacements;
    private StableRandom _tabs;

    /// <summary>Everything that the user watched, in the order of time; the list is filled anew by every call.</summary>
    public List<ShortVideoView> Play(int user)
    {
        var traits = Meet(user);
        _seen.Clear();
        _views.Clear();

        long[] starts = DrawStarts(traits);
        int active = _random.Next(_tastes.Length);
        long time = options.StartTime;
        for (int number = 0; number < starts.Length; number++)
        {
            if (number > 0)
            {
                ReplaceTastes();
                if (_random.NextDouble() >= options.TasteStability)
                    active = _random.Next(_tastes.Length);
            }

            time = Math.Max(time + 1, starts[number]);
            var session = new Session(user, number, active, DrawMood(active), DrawTab(active));
            for (int left = Vary(options.ViewsPerSession); left > 0; left--)
            {
                var view = Watch(session, time);
                time += 1 + (long)view.WatchSeconds;
                _views.Add(view);
            }
        }

        return _views;
    }

    /// <summary>Starts the user's streams and draws the first tastes.</summary>
    /// <returns>What is known of the user.</returns>
    private ShortVideoTraits Meet(int user)
    {
        _random = ShortVideoTraits.Stream(options, UserStream.Watching, user);
        _moods = ShortVideoTraits.Stream(options, UserStream.Moods, user);
        _replacements = ShortVideoTraits.Stream(options, UserStream.Replacements, user);
        _tabs = ShortVideoTraits.Stream(options, UserStream.Tabs, user);
        _tastes = Taste.DrawFirst(ref _random, options);
        for (int i = 0; i < _tastes.Length; i++)
            _tasteNumbers[i] = i;
        return ShortVideoTraits.Of(user, _tastes, options);
    }

    private long[] DrawStarts(ShortVideoTraits traits)
    {
        long[] starts = new long[Math.Max(1, (int)(Vary(options.SessionsPerUser) * traits.SessionFactor))];
        for (int i = 0; i < starts.Length; i++)
            starts[i] = options.StartTime + (long)(traits.Moment(ref _random) * options.Days * 86400);
        Array.Sort(starts);
        return starts;
    }

    /// <summary>Between two sessions; a new taste takes the place of the old one, so that an active one stays active as another.</summary>
    private void ReplaceTastes()
    {
        for (int i = 0; i < _tastes.Length; i++)
        {
            double replaced = _replacements.NextDouble();
            var taste = new Taste(ref _replacements, options);
            if (replaced < options.TasteReplacementProbability)
                (_tastes[i], _tasteNumbers[i]) = (taste, _tasteNumbers[i] + _tastes.Length);
        }
    }

    private Mood? DrawMood(int active)
    {
        if (options.PassingSkipShare == 0)
            return null;
        bool hasMood = _moods.NextDouble() < options.PassingSkipShare;
        var mood = Mood.Draw(ref _moods, _tastes[active], options.AspectCount);
        return hasMood ? mood : null;
    }

    /// <summary>Where the session was opened: half of the sessions by the active taste's category, the others by chance.</summary>
    private int DrawTab(int active)
    {
        bool isByTaste = _tabs.NextDouble() < 0.5;
        int chance = _tabs.Next(TabCount);
        return 1 + (isByTaste ? _tastes[active].Category % TabCount : chance);
    }

    private int Vary(int mean) => Math.Max(1, mean - mean / 2 + _random.Next(2 * (mean / 2) + 1));

    private ShortVideoView Watch(in Session session, long time)
    {
        int video = Choose(session);
        _seen.Add(video);
        int mismatches = catalogue.MismatchesWith(_tastes[session.Active], video);
        int moodMismatches = HasUnwanted(session.Mood, video) ? 1 : 0;
        float duration = catalogue.DurationSecondsOf(video);
        return new ShortVideoView
        {
            User = session.User + 1,
            Item = video + 1,
            Time = time,
            WatchSeconds = MathF.Round(WatchSeconds(mismatches + moodMismatches, duration), 1),
            DurationSeconds = duration,
            Session = session.Number,
            Taste = _tasteNumbers[session.Active],
            Category = catalogue.CategoryOf(video),
            Mismatches = mismatches,
            Tab = session.Tab,
            MoodMismatches = moodMismatches,
            MatchingTastes = CountMatchingTastes(video),
        };
    }

    /// <summary>The next video of the feed: draws by popularity until one is new to the user and as near to the taste as wanted.</summary>
    private int Choose(in Session session)
    {
        int found = Find(DrawTarget(session), session.Mood, out int fallback);
        // rather than for a lasting reason, a session with a mood skips what is of no interest at the moment
        if (found < 0 && session.Mood is not null && _tastes.Length > 1)
            found = Find(OfAnotherTaste(session), session.Mood, out _);
        return found >= 0 ? found : fallback >= 0 ? fallback : catalogue.Draw(ref _random);
    }

    /// <summary>A video that is what is wanted and new to the user, or −1.</summary>
    /// <param name="target">What is wanted; null for anything.</param>
    /// <param name="mood">The session's mood.</param>
    /// <param name="fallback">A video that is new to the user but not what is wanted, or −1.</param>
    private int Find(Target? target, Mood? mood, out int fallback)
    {
        fallback = -1;
        // a mood halves what matches
        int draws = mood is null ? MaximumDraws : 3 * MaximumDraws;
        for (int draw = 0; draw < draws; draw++)
        {
            int video = catalogue.Draw(ref _random, target?.Taste.Category);
            if (_seen.Contains(video))
                continue;
            if (target is not { } wanted || (catalogue.MismatchesWith(wanted.Taste, video) == wanted.Mismatches
                && (wanted.HasUnwanted is not { } hasUnwanted || HasUnwanted(mood, video) == hasUnwanted)))
            {
                return video;
            }

            fallback = video;
        }

        return -1;
    }

    /// <summary>What the feed shows next; null for anything.</summary>
    private Target? DrawTarget(in Session session)
    {
        double kind = _random.NextDouble();
        var active = _tastes[session.Active];
        bool isMatch = kind < options.MatchShare;
        if (isMatch || kind < options.MatchShare + options.NearMissShare)
            return session.Mood is null ? new Target(active, isMatch ? 0 : 1) : new Target(active, Mismatches: 0, HasUnwanted: !isMatch);
        return session.Mood is null || _tastes.Length == 1 ? null : OfAnotherTaste(session);
    }

    private Target OfAnotherTaste(in Session session)
    {
        int other = _moods.Next(_tastes.Length - 1);
        return new Target(_tastes[other < session.Active ? other : other + 1], Mismatches: 0);
    }

    private bool HasUnwanted(Mood? mood, int video)
        => mood is { } unwanted && catalogue.AspectOf(video, unwanted.Aspect) == unwanted.UnwantedValue;

    private int CountMatchingTastes(int video)
    {
        int count = 0;
        foreach (var taste in _tastes)
        {
            if (catalogue.MismatchesWith(taste, video) == 0)
                count++;
        }

        return count;
    }

    private float WatchSeconds(int mismatches, float duration)
    {
        (double liked, double skipped) = mismatches switch
        {
            0 => (0.93, 0.04),
            1 => (0.08, 0.80),
            _ => (0.03, 0.70),
        };
        double outcome = _random.NextDouble();
        double u = _random.NextDouble();
        if (outcome < liked)
            return (float)((0.55 + 0.6 * u) * duration); // over half, sometimes again from the start
        return outcome < liked + skipped
            ? (float)(0.3 + 2.5 * u)
            : (float)(3 + u * (0.45 * duration - 3)); // neither: left after three seconds and before half
    }

    /// <summary>What stays through a session.</summary>
    private readonly record struct Session(int User, int Number, int Active, Mood? Mood, int Tab);

    /// <summary>A video to show: of the taste's category, with so many mismatches and, where it matters, with or without what the mood does not want.</summary>
    private readonly record struct Target(Taste Taste, int Mismatches, bool? HasUnwanted = null);
}
