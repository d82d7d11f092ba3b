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
}

/// <summary>Plays the sessions of one user after the other. A user's draws depend on the seed and the user's number alone.</summary>
internal sealed class ShortVideoUsers(ShortVideoFeedOptions options, ShortVideoCatalogue catalogue)
{
    private const int MaximumDraws = 24;

    private readonly HashSet<int> _seen = [];
    private readonly Taste[] _tastes = new Taste[options.TastesPerUser];
    private readonly List<ShortVideoView> _views = [];
    private StableRandom _random;

    /// <summary>Everything that the user watched, in the order of time; the list is filled anew by every call.</summary>
    public List<ShortVideoView> Play(int user)
    {
        _random = new StableRandom(options.Seed, user);
        _seen.Clear();
        _views.Clear();
        for (int i = 0; i < _tastes.Length; i++)
            _tastes[i] = new Taste(ref _random, options);

        long[] starts = new long[Vary(options.SessionsPerUser)];
        for (int i = 0; i < starts.Length; i++)
            starts[i] = options.StartTime + (long)(_random.NextDouble() * options.Days * 86400);
        Array.Sort(starts);

        int active = _random.Next(_tastes.Length);
        long time = options.StartTime;
        for (int session = 0; session < starts.Length; session++)
        {
            if (session > 0 && _random.NextDouble() >= options.TasteStability)
                active = _random.Next(_tastes.Length);
            time = Math.Max(time + 1, starts[session]);
            for (int left = Vary(options.ViewsPerSession); left > 0; left--)
            {
                var view = Watch(user, session, active, time);
                time += 1 + (long)view.WatchSeconds;
                _views.Add(view);
            }
        }

        return _views;
    }

    private int Vary(int mean) => Math.Max(1, mean - mean / 2 + _random.Next(2 * (mean / 2) + 1));

    private ShortVideoView Watch(int user, int session, int active, long time)
    {
        int video = Choose(_tastes[active]);
        _seen.Add(video);
        int mismatches = catalogue.MismatchesWith(_tastes[active], video);
        float duration = catalogue.DurationSecondsOf(video);
        return new ShortVideoView
        {
            User = user + 1,
            Item = video + 1,
            Time = time,
            WatchSeconds = MathF.Round(WatchSeconds(mismatches, duration), 1),
            DurationSeconds = duration,
            Session = session,
            Taste = active,
            Category = catalogue.CategoryOf(video),
            Mismatches = mismatches,
        };
    }

    /// <summary>The next video of the feed: draws by popularity until one is new to the user and as near to the taste as wanted.</summary>
    private int Choose(Taste taste)
    {
        double kind = _random.NextDouble();
        int? wanted = kind < options.MatchShare ? 0 : kind < options.MatchShare + options.NearMissShare ? 1 : null;
        int fallback = -1;
        for (int draw = 0; draw < MaximumDraws; draw++)
        {
            int video = catalogue.Draw(ref _random, wanted is null ? null : taste.Category);
            if (_seen.Contains(video))
                continue;
            if (wanted is null || catalogue.MismatchesWith(taste, video) == wanted)
                return video;
            fallback = video;
        }

        return fallback >= 0 ? fallback : catalogue.Draw(ref _random);
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
}
