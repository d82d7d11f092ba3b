using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>A history with flags and features, and candidates with what they got, as the tests of the multi-feedback ranker feed it.</summary>
internal sealed class RankedHistory
{
    public string[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];

    public float[] Flags { get; set; } = [];

    public string City { get; set; } = "";

    [VectorType(2)]
    public float[] Tastes { get; set; } = new float[2];

    public string[] Hour { get; set; } = [];

    public float[] Minute { get; set; } = [];

    public string TargetHour { get; set; } = "";

    public float TargetMinute { get; set; }

    public string[] Candidates { get; set; } = [];

    public float[] CandidateFlags { get; set; } = [];

    public float[] CandidateLabels { get; set; } = [];
}

/// <summary>What the ranker makes of it.</summary>
internal sealed class RankedCandidates
{
    public float[] Probabilities { get; set; } = [];

    public float[] CandidateScores { get; set; } = [];

    public string[] RecommendedItems { get; set; } = [];

    public float[] Scores { get; set; } = [];
}

/// <summary>An item with features.</summary>
internal sealed class RankedItem
{
    public string Item { get; set; } = "";

    public string Category { get; set; } = "";

    public float Size { get; set; }
}

/// <summary>
/// A feed that the ranker learns in seconds: items are of three categories, and what comes next gets EVV where it is of the last item's category, GVV where it is of the one
/// behind that, and FVV where its number is even. So EVV and GVV follow from the last item and the candidate together, FVV from the candidate alone.
/// </summary>
internal sealed class RankedFeed
{
    public const int ItemCount = 24, Categories = 3, Length = 8, CandidateCount = 6;

    private readonly MLContext _ml;

    public RankedFeed(MLContext ml, int rows = 240, int seed = 1)
    {
        _ml = ml;
        (Histories, TestHistories) = (Create(rows, seed), Create(60, seed + 1));
        Keys = ml.Transforms.Conversion.MapValueToKey([new("Items"), new("Candidates")], keyData: Values(Enumerable.Range(0, ItemCount).Select(Item)))
            .Append(ml.Transforms.Conversion.MapValueToKey([new("Hour"), new("TargetHour")], keyData: Values(["day", "evening", "night"])))
            .Append(ml.Transforms.Conversion.MapValueToKey("City", keyData: Values(["north", "south"])))
            .Fit(Rows(Histories));
        (Train, Test) = (Keys.Transform(Rows(Histories)), Keys.Transform(Rows(TestHistories)));
        Items = KeyedItems(Enumerable.Range(0, ItemCount));
    }

    public RankedHistory[] Histories { get; }

    public RankedHistory[] TestHistories { get; }

    /// <summary>Maps items, hours and cities to keys of dictionaries that do not depend on the rows.</summary>
    public ITransformer Keys { get; }

    public IDataView Train { get; }

    public IDataView Test { get; }

    public IDataView Items { get; }

    public static string Item(int number) => $"item{number}";

    /// <summary>Options of a trainer that knows every kind of feature and takes a fraction of a second an epoch.</summary>
    public MultiFeedbackTrainer.Options Options(int epochs = 2)
    {
        var options = TrainerTests.Small(new MultiFeedbackTrainer.Options
        {
            UserColumnNames = ["City", "Tastes"],
            ContextColumnNames = ["Hour", "Minute"],
            ItemFeatures = Items,
            ExpertWidth = 16,
            FeatureEmbeddingWidth = 4,
        });
        (options.MaximumNumberOfEpochs, options.NumberOfRecommendations) = (epochs, 3);
        return options;
    }

    public IDataView Rows(IEnumerable<RankedHistory> histories) => _ml.Data.LoadFromEnumerable(histories.ToArray());

    public IDataView Keyed(params RankedHistory[] histories) => Keys.Transform(Rows(histories));

    /// <summary>Features of some items, with keys of the categories.</summary>
    public IDataView KeyedItems(IEnumerable<int> numbers)
    {
        var items = _ml.Data.LoadFromEnumerable(numbers.Select(number => new RankedItem { Item = Item(number), Category = $"category{number % Categories}", Size = number % 7 }).ToArray());
        return _ml.Transforms.Conversion.MapValueToKey("Category", keyData: Values(["category0", "category1", "category2"])).Fit(items).Transform(items);
    }

    public IDataView Values(IEnumerable<string> values) => _ml.Data.LoadFromEnumerable(values.Select(value => new { Value = value }).ToArray());

    private static RankedHistory[] Create(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            int[] items = [.. Draw(Length)], candidates = [.. Draw(CandidateCount)];
            return new RankedHistory
            {
                Items = Array.ConvertAll(items, Item), Feedback = [.. items.Select(item => item % 2 == 0 ? 1f : -1)],
                Flags = [.. items.SelectMany((item, place) => Flags(place == 0 ? item : items[place - 1], item))],
                City = random.Next(2) == 0 ? "north" : "south", Tastes = [random.NextSingle(), 10 * random.NextSingle()],
                Hour = [.. items.Select(_ => Hour())], Minute = [.. items.Select(_ => (float)random.Next(60))], TargetHour = Hour(), TargetMinute = random.Next(60),
                Candidates = Array.ConvertAll(candidates, Item), CandidateFlags = [.. candidates.SelectMany(candidate => Flags(items[^1], candidate))],
                CandidateLabels = [.. candidates.Select(candidate => Flags(items[^1], candidate)[0])],
            };
        })];

        IEnumerable<int> Draw(int size) => Enumerable.Range(0, ItemCount).OrderBy(_ => random.Next()).Take(size);

        string Hour() => random.Next(3) switch { 0 => "day", 1 => "evening", _ => "night" };
    }

    private static float[] Flags(int last, int item)
        => [item % Categories == last % Categories ? 1 : 0, item % 2 == 0 ? 1 : 0, item % Categories == (last + 1) % Categories ? 1 : 0];
}
