namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// The videos of a simulated feed: category, aspects, duration and popularity, drawn once from the seed. Popularity falls off as
/// 1 / (rank + head). Only exact arithmetic is used, so that the draw is the same everywhere.
/// </summary>
internal sealed class ShortVideoCatalogue
{
    /// <summary>Values an aspect beside the category; a taste accepts half of them.</summary>
    public const int AspectValueCount = 4;

    private readonly int[] _categories;
    private readonly byte[] _aspects; // [video, aspect]
    private readonly float[] _durations;
    private readonly int _aspectCount;
    private readonly WeightedVideos _all;
    private readonly WeightedVideos[] _byCategory;

    public ShortVideoCatalogue(ShortVideoFeedOptions options)
    {
        int count = options.VideoCount;
        var random = new StableRandom(options.Seed, stream: -1);
        _aspectCount = options.AspectCount;
        _categories = new int[count];
        _aspects = new byte[count * _aspectCount];
        _durations = new float[count];
        double[] weights = new double[count];
        double head = Math.Max(1, count / 30);
        for (int video = 0; video < count; video++)
        {
            _categories[video] = random.Next(options.CategoryCount);
            for (int aspect = 0; aspect < _aspectCount; aspect++)
                _aspects[video * _aspectCount + aspect] = (byte)random.Next(AspectValueCount);
            double u = random.NextDouble();
            _durations[video] = MathF.Round((float)(8 + 82 * u * u), 1); // 8 to 90 s, short ones more often
            weights[video] = 1 / (random.Next(count) + head);
        }

        _all = new WeightedVideos([.. Enumerable.Range(0, count)], weights);
        var members = new List<int>[options.CategoryCount];
        for (int category = 0; category < members.Length; category++)
            members[category] = [];
        for (int video = 0; video < count; video++)
            members[_categories[video]].Add(video);
        _byCategory = [.. members.Select(list => list.Count == 0 ? _all : new WeightedVideos([.. list], weights))];
    }

    public int CategoryOf(int video) => _categories[video];

    public float DurationSecondsOf(int video) => _durations[video];

    public int AspectOf(int video, int aspect) => _aspects[video * _aspectCount + aspect];

    /// <summary>A video drawn by popularity, out of all or out of one category.</summary>
    public int Draw(ref StableRandom random, int? category = null)
        => (category is { } chosen ? _byCategory[chosen] : _all).Draw(ref random);

    /// <summary>The number of aspects, the category among them, in which the video is not what the taste wants.</summary>
    public int MismatchesWith(Taste taste, int video)
    {
        int count = _categories[video] == taste.Category ? 0 : 1;
        for (int aspect = 0; aspect < _aspectCount; aspect++)
        {
            if (!taste.Accepts(aspect, AspectOf(video, aspect)))
                count++;
        }

        return count;
    }

    /// <summary>Videos with the running sums of their weights.</summary>
    private sealed class WeightedVideos
    {
        private readonly int[] _videos;
        private readonly double[] _sums;

        public WeightedVideos(int[] videos, double[] weights)
        {
            _videos = videos;
            _sums = new double[videos.Length];
            double sum = 0;
            for (int i = 0; i < videos.Length; i++)
                _sums[i] = sum += weights[videos[i]];
        }

        public int Draw(ref StableRandom random)
        {
            int index = Array.BinarySearch(_sums, random.NextDouble() * _sums[^1]);
            return _videos[Math.Min(index < 0 ? ~index : index + 1, _videos.Length - 1)];
        }
    }
}

/// <summary>What a user wants of a video: one category, and of every further aspect one of two neighbouring values.</summary>
internal readonly struct Taste
{
    private readonly uint _firstAccepted; // four bits an aspect

    public Taste(ref StableRandom random, ShortVideoFeedOptions options)
    {
        Category = random.Next(options.CategoryCount);
        for (int aspect = 0; aspect < options.AspectCount; aspect++)
            _firstAccepted |= (uint)random.Next(ShortVideoCatalogue.AspectValueCount) << (4 * aspect);
    }

    public int Category { get; }

    /// <summary>The tastes that a user starts with: the first draws of the user's watching.</summary>
    public static Taste[] DrawFirst(ref StableRandom watching, ShortVideoFeedOptions options)
    {
        var tastes = new Taste[options.TastesPerUser];
        for (int i = 0; i < tastes.Length; i++)
            tastes[i] = new Taste(ref watching, options);
        return tastes;
    }

    public bool Accepts(int aspect, int value) => value == Accepted(aspect, 0) || value == Accepted(aspect, 1);

    /// <summary>The first or the second of the two values that the taste accepts.</summary>
    public int Accepted(int aspect, int which)
        => (((int)(_firstAccepted >> (4 * aspect)) & 0xF) + which) % ShortVideoCatalogue.AspectValueCount;
}

/// <summary>What the user does not want in this session of what the active taste accepts: one value of one aspect.</summary>
internal readonly record struct Mood(int Aspect, int UnwantedValue)
{
    public static Mood Draw(ref StableRandom random, Taste taste, int aspectCount)
    {
        int aspect = random.Next(aspectCount);
        return new Mood(aspect, taste.Accepted(aspect, random.Next(2)));
    }
}
