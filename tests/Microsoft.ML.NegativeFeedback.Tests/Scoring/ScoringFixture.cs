using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class HistoryRow
{
    public string User { get; set; } = "";

    public float Age { get; set; }

    public string[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];

    public string[] Candidates { get; set; } = [];
}

public sealed class RecommendedRow
{
    public string User { get; set; } = "";

    public string[] RecommendedItems { get; set; } = [];

    public float[] Scores { get; set; } = [];
}

/// <summary>A random model over items with names, rows for it, and what it must say of each.</summary>
internal sealed class ScoringFixture
{
    public const int ItemCount = 40;
    public const int K = 5;

    public ScoringFixture(int rowCount = 12, bool candidates = false, int? gpuDeviceId = null, bool fallbackToCpu = false)
    {
        Context = new MLContext(seed: 1) { GpuDeviceId = gpuDeviceId, FallbackToCpu = fallbackToCpu };
        Weights = GraphFixture.RandomWeights(21, ItemCount, headCount: 2);
        Graph = BuildGraph(Weights, candidates);
        Columns = new NextItemColumns(Candidates: candidates ? "Candidates" : null);
        Rows = Enumerable.Range(0, rowCount).Select(RandomRow).ToArray();
        Names = Context.Data.LoadFromEnumerable(Enumerable.Range(1, ItemCount).Select(item => new Named { Value = Name(item) }));
        var rows = Context.Data.LoadFromEnumerable(Rows);
        ToKeys = Context.Transforms.Conversion.MapValueToKey(
            [new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: Names).Fit(rows);
        View = ToKeys.Transform(rows);
    }

    public MLContext Context { get; }

    public EncoderWeights Weights { get; }

    public byte[] Graph { get; }

    public NextItemColumns Columns { get; }

    public HistoryRow[] Rows { get; }

    public IDataView Names { get; }

    public ITransformer ToKeys { get; }

    /// <summary>The rows with items and candidates as keys.</summary>
    public IDataView View { get; }

    public static string Name(int item) => $"item {item:000}";

    public static byte[] BuildGraph(EncoderWeights weights, bool candidates = false, int k = K)
        => NextItemGraph.Build(weights.ToNetwork(), new NextItemGraphOptions
        {
            TopK = k,
            Candidates = candidates,
            Popularity = GraphFixture.FallingPopularity(weights.ItemCount),
        });

    public NextItemTransformer CreateTransformer() => new(Context, Graph, Columns, View.Schema);

    /// <summary>The whole chain from names to names.</summary>
    public ITransformer CreateChain(NextItemTransformer transformer)
        => new TransformerChain<ITransformer>(ToKeys, transformer,
            Context.Transforms.Conversion.MapKeyToValue("RecommendedItems").Fit(transformer.Transform(View)));

    /// <summary>What the reference encoder recommends after a row: names best first.</summary>
    public (string[] Names, double[] Scores) Expected(HistoryRow row)
    {
        var seen = row.Items.Select(Key).ToArray();
        var read = seen.Where((key, i) => key > 0 && row.Feedback[i] > 0).ToArray();
        var scores = read.Length > 0
            ? new ReferenceEncoder(Weights).Logits(read)
            : GraphFixture.FallingPopularity(ItemCount).Select(score => (double)score).ToArray();
        var best = Enumerable.Range(1, ItemCount).Where(item => !seen.Contains((uint)item))
            .OrderByDescending(item => scores[item]).Take(K).ToArray();
        return (best.Select(Name).ToArray(), best.Select(item => scores[item]).ToArray());
    }

    public void AssertExpected(HistoryRow row, string[] names, float[] scores)
    {
        var (expectedNames, expectedScores) = Expected(row);
        Assert.Equal(expectedNames, names);
        for (int i = 0; i < scores.Length; i++)
            Assert.Equal(expectedScores[i], scores[i], 2e-5);
    }

    public static uint Key(string name) => name.StartsWith("item ", StringComparison.Ordinal) ? uint.Parse(name[5..]) : 0;

    /// <summary>Histories of 0 to 60 items, some unknown, with candidates.</summary>
    private static HistoryRow RandomRow(int index)
    {
        var random = new Random(index);
        int length = index % 4 == 0 ? random.Next(3) : random.Next(index % 3 == 0 ? 60 : 12);
        return new HistoryRow
        {
            User = $"user {index}",
            Age = index + 0.5f,
            Items = Names(length, ItemCount / 2),
            Feedback = Enumerable.Range(0, length).Select(_ => (float)random.Next(-1, 2)).ToArray(),
            Candidates = Names(random.Next(5), ItemCount + 1),
        };

        string[] Names(int count, int end)
            => Enumerable.Range(0, count).Select(_ => random.Next(10) == 0 ? "stranger" : Name(random.Next(1, end))).ToArray();
    }

    private sealed class Named
    {
        public string Value { get; set; } = "";
    }
}
