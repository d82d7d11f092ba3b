using System.Text.Json;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>SINE in a transformer, with the column of the weights of its sub-interests.</summary>
public sealed class SubInterestWeightsTests
{
    private const int K = ScoringFixture.K;
    private const int SubInterestCount = 7;

    private static readonly SineWeights _weights = GraphFixture.RandomSine(21, ScoringFixture.ItemCount, SubInterestCount, headCount: 2);

    [Fact]
    public void A_view_of_many_batches_gets_recommendations_scores_and_weights()
    {
        var fixture = new ScoringFixture(rowCount: 150);
        using var transformer = Create(fixture);
        var scored = transformer.Transform(fixture.View);
        Assert.Equal("Vector<Single, 5, 7>", scored.Schema["Interests"].Type.ToString());
        var rows = fixture.Context.Data.CreateEnumerable<Scored>(scored, reuseRowObject: false).ToArray();
        Assert.Equal(fixture.Rows.Length, rows.Length);
        for (int i = 0; i < rows.Length; i++)
            AssertExpected(fixture.Rows[i], rows[i]);
    }

    [Fact]
    public void The_promised_shape_is_that_of_the_schema()
    {
        foreach (bool candidates in new[] { false, true })
        {
            var fixture = new ScoringFixture(rowCount: 2, candidates: candidates);
            using var transformer = Create(fixture, candidates);
            var promised = Columns(fixture).AddTo(ShapeOf(fixture.View.Schema));
            var actual = ShapeOf(transformer.GetOutputSchema(fixture.View.Schema));
            Assert.Equal(Describe(actual), Describe(promised));
        }

        static SchemaShape ShapeOf(DataViewSchema schema)
            => new(schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column)));
        static IEnumerable<string> Describe(SchemaShape shape)
            => shape.Select(column => $"{column.Name}: {column.Kind} {column.ItemType} {column.IsKey}").Order();
    }

    [Fact]
    public void A_loaded_model_gives_the_same_schema_and_the_same_numbers()
    {
        var fixture = new ScoringFixture(rowCount: 30);
        using var transformer = Create(fixture);
        var loaded = SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema);
        using (loaded as IDisposable)
        {
            Assert.Equal(
                SavedModelTests.Describe(transformer.GetOutputSchema(fixture.View.Schema)),
                SavedModelTests.Describe(loaded.GetOutputSchema(fixture.View.Schema)));
            var rows = fixture.Context.Data.CreateEnumerable<Scored>(loaded.Transform(fixture.View), reuseRowObject: false).ToArray();
            for (int i = 0; i < rows.Length; i++)
                AssertExpected(fixture.Rows[i], rows[i]);
        }
    }

    [Fact]
    public void Another_number_of_items_and_a_loaded_model_in_batches_have_the_same_weights()
    {
        var fixture = new ScoringFixture(rowCount: 20);
        using var transformer = Create(fixture);
        using var fewer = transformer.With(new ScoringOptions { NumberOfRecommendations = 3 });
        Assert.Equal("Vector<Single, 3, 7>", fewer.GetOutputSchema(fixture.View.Schema)["Interests"].Type.ToString());
        float[][] expected = [.. transformer.Transform(fixture.View).GetColumn<float[]>("Interests")];
        Assert.Equal(expected.Select(row => row[..(3 * SubInterestCount)]), fewer.Transform(fixture.View).GetColumn<float[]>("Interests"));
        using var batches = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema));
        Assert.Equal(expected, batches.Transform(fixture.View).GetColumn<float[]>("Interests"));
        Assert.Equal("Vector<Single, 5, 7>", batches.GetOutputSchema(fixture.View.Schema)["Interests"].Type.ToString());

        var ranked = new ScoringFixture(rowCount: 20, candidates: true);
        using var ranker = Create(ranked, candidates: true);
        using var loaded = ranked.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(ranked.Context, ranker, ranked.View.Schema));
        Assert.Equal(ranker.Transform(ranked.View).GetColumn<float[]>("Interests"), loaded.Transform(ranked.View).GetColumn<float[]>("Interests"));
    }

    [Fact]
    public void Candidates_get_weights_one_after_the_other_before_and_after_saving()
    {
        var fixture = new ScoringFixture(rowCount: 40, candidates: true);
        using var transformer = Create(fixture, candidates: true);
        var loaded = SavedModelTests.SaveAndLoad(fixture.Context, transformer, fixture.View.Schema);
        using var _ = loaded as IDisposable;
        var reference = new ReferenceSine(_weights);
        Assert.Equal(
            SavedModelTests.Describe(transformer.GetOutputSchema(fixture.View.Schema)),
            SavedModelTests.Describe(loaded.GetOutputSchema(fixture.View.Schema)));
        foreach (var view in new[] { transformer.Transform(fixture.View), loaded.Transform(fixture.View) })
        {
            Assert.Equal("Vector<Single>", view.Schema["Interests"].Type.ToString());
            var scores = view.GetColumn<float[]>("CandidateScores").ToArray();
            var weights = view.GetColumn<float[]>("Interests").ToArray();
            for (int i = 0; i < weights.Length; i++)
            {
                var row = fixture.Rows[i];
                var candidates = row.Candidates.Select(ScoringFixture.Key).ToArray();
                Assert.Equal(candidates.Length, scores[i].Length);
                AssertWeights(reference, row, candidates, weights[i]);
            }
        }
    }

    [Fact]
    public void Weights_are_added_only_where_they_are_asked_for_and_there()
    {
        var fixture = new ScoringFixture(rowCount: 3);
        using var without = new NextItemTransformer(fixture.Context, Graph(), fixture.Columns, fixture.View.Schema);
        Assert.Null(without.GetOutputSchema(fixture.View.Schema).GetColumnOrNull("SubInterestWeights"));
        Assert.Equal(3, without.Transform(fixture.View).GetColumn<float[]>("Scores").Count());

        Assert.Contains("'Interests'", Assert.Throws<ArgumentException>(
            () => new NextItemTransformer(fixture.Context, fixture.Graph, Columns(fixture), fixture.View.Schema)).Message);
        Assert.Contains("Scores", Assert.Throws<ArgumentException>(
            () => (Columns(fixture) with { SubInterestWeights = "Scores" }).CheckNames()).Message);
        Assert.Throws<ArgumentException>(() => (Columns(fixture) with { SubInterestWeights = "" }).CheckNames());
    }

    [Fact]
    public void A_fresh_process_without_the_library_gives_the_same_bits()
    {
        var fixture = new ScoringFixture(rowCount: 15);
        var columns = fixture.Columns with { SubInterestWeights = "SubInterestWeights" };
        var histories = fixture.Rows.Select(row => new ToyHistory { Items = row.Items, Feedback = row.Feedback }).ToArray();
        var rows = fixture.Context.Data.LoadFromEnumerable(histories);
        var toKeys = fixture.Context.Transforms.Conversion.MapValueToKey("Items", keyData: fixture.Names).Fit(rows);
        var keys = toKeys.Transform(rows);
        using var transformer = new NextItemTransformer(fixture.Context, Graph(), columns, keys.Schema);
        var toNames = fixture.Context.Transforms.Conversion.MapKeyToValue("RecommendedItems").Fit(transformer.Transform(keys));
        var chain = new TransformerChain<ITransformer>(toKeys, transformer, toNames);
        string folder = Directory.CreateTempSubdirectory().FullName;
        string In(string name) => Path.Combine(folder, name);
        fixture.Context.Model.SaveAtomically(chain, rows.Schema, In("model.zip"));
        File.WriteAllText(In("histories.json"), JsonSerializer.Serialize(histories));

        FreshProcessTests.Run(In("model.zip"), In("histories.json"), In("answers.json"));

        using var engine = fixture.Context.Model.CreatePredictionEngine<ToyHistory, WeightedRecommendation>(chain, new PredictionEngineOptions { OwnsTransformer = false });
        var answers = JsonSerializer.Deserialize<Answer[]>(File.ReadAllText(In("answers.json")))!;
        Assert.Equal(2 * histories.Length, answers.Length);
        for (int i = 0; i < answers.Length; i++)
        {
            var expected = engine.Predict(histories[i / 2]);
            Assert.Equal(expected.RecommendedItems, answers[i].RecommendedItems);
            Assert.Equal(expected.Scores.Select(BitConverter.SingleToUInt32Bits), answers[i].ScoreBits);
            Assert.Equal(K * SubInterestCount, answers[i].WeightBits.Length);
            Assert.Equal(expected.SubInterestWeights.Select(BitConverter.SingleToUInt32Bits), answers[i].WeightBits);
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>A row of a view or of a prediction engine has what its history must get.</summary>
    private static void AssertExpected(HistoryRow row, Scored found)
    {
        var reference = new ReferenceSine(_weights);
        var seen = row.Items.Select(ScoringFixture.Key).ToArray();
        var scores = reference.Read(seen, row.Feedback).Length > 0
            ? reference.Scores(seen, row.Feedback)
            : GraphFixture.FallingPopularity(ScoringFixture.ItemCount).Select(score => (double)score).ToArray();
        var best = Enumerable.Range(1, ScoringFixture.ItemCount).Where(item => !seen.Contains((uint)item))
            .OrderByDescending(item => scores[item]).Take(K).Select(item => (uint)item).ToArray();
        Assert.Equal(best, found.RecommendedItems);
        for (int i = 0; i < K; i++)
            Assert.Equal(scores[best[i]], found.Scores[i], 5e-5);
        AssertWeights(reference, row, best, found.Interests);
    }

    private static void AssertWeights(ReferenceSine reference, HistoryRow row, uint[] items, float[] found)
    {
        Assert.Equal(items.Length * SubInterestCount, found.Length);
        var seen = row.Items.Select(ScoringFixture.Key).ToArray();
        bool isEmpty = reference.Read(seen, row.Feedback).Length == 0;
        for (int i = 0; i < items.Length; i++)
        {
            var expected = isEmpty || items[i] == 0 ? new double[SubInterestCount] : reference.Weights(seen, row.Feedback, items[i]);
            for (int k = 0; k < SubInterestCount; k++)
                Assert.Equal(expected[k], found[i * SubInterestCount + k], 1e-5);
        }
    }

    private static byte[] Graph(bool candidates = false) => NextItemGraph.Build(_weights.ToNetwork(), new NextItemGraphOptions
    {
        TopK = K,
        Candidates = candidates,
        Popularity = GraphFixture.FallingPopularity(ScoringFixture.ItemCount),
        SubInterestWeights = true,
    });

    private static NextItemColumns Columns(ScoringFixture fixture) => fixture.Columns with { SubInterestWeights = "Interests" };

    private static NextItemTransformer Create(ScoringFixture fixture, bool candidates = false)
        => new(fixture.Context, Graph(candidates), Columns(fixture), fixture.View.Schema);

    private sealed record Answer(string[] RecommendedItems, uint[] ScoreBits, uint[] WeightBits);

    private sealed class Scored
    {
        [KeyType(ScoringFixture.ItemCount)]
        public uint[] RecommendedItems { get; set; } = [];

        public float[] Scores { get; set; } = [];

        public float[] Interests { get; set; } = [];
    }

    private sealed class WeightedRecommendation
    {
        public string[] RecommendedItems { get; set; } = [];

        public float[] Scores { get; set; } = [];

        public float[] SubInterestWeights { get; set; } = [];
    }
}
