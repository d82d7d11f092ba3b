using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Scoring;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class ItemVectorsTests
{
    [Fact]
    public void The_learned_vectors_as_a_view()
    {
        var fixture = new ScoringFixture();
        using var model = fixture.CreateTransformer();
        var view = model.GetItemVectors();
        float[] table = fixture.Weights.ToNetwork().Values["items"];
        int width = table.Length / (ScoringFixture.ItemCount + 1);
        Assert.Equal($"Vector<Single, {width}>", view.Schema["Vector"].Type.ToString());
        Assert.Equal(table[width..], view.GetColumn<float[]>("Vector").SelectMany(vector => vector));
        var named = fixture.Context.Transforms.Conversion.MapKeyToValue("Item").Fit(view).Transform(view);
        Assert.Equal(Enumerable.Range(1, ScoringFixture.ItemCount).Select(ScoringFixture.Name), named.GetColumn<string>("Item"));
        using var loaded = fixture.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(fixture.Context, model, fixture.View.Schema));
        Assert.Equal(table[width..], loaded.OfType<NextItemTransformer>().Single().GetItemVectors().GetColumn<float[]>("Vector").SelectMany(vector => vector));
    }

    [Fact]
    public void Similar_items_are_those_of_the_least_angles()
    {
        var fixture = new ScoringFixture();
        using var model = fixture.CreateTransformer();
        float[][] vectors = [.. model.GetItemVectors().GetColumn<float[]>("Vector")];
        foreach (int item in new[] { 1, 17, ScoringFixture.ItemCount })
        {
            var expected = Enumerable.Range(1, ScoringFixture.ItemCount).Where(other => other != item).Select(other => (Name: ScoringFixture.Name(other), Cosine: Cosine(vectors[item - 1], vectors[other - 1])))
                .OrderByDescending(other => other.Cosine).Take(4).ToArray();
            var similar = model.SimilarItems(ScoringFixture.Name(item), 4);
            Assert.Equal(expected.Select(other => other.Name), similar.Select(other => other.Item));
            Assert.All(expected.Zip(similar), pair => Assert.Equal(pair.First.Cosine, pair.Second.Similarity, 1e-5));
        }

        Assert.Equal(10, model.SimilarItems(ScoringFixture.Name(3)).Count);
    }

    [Fact]
    public void A_model_of_similar_items_reads_histories_and_is_saved_and_chosen_from_as_any_other()
    {
        var fixture = new ScoringFixture(rowCount: 20);
        using var model = fixture.CreateTransformer();
        using var similar = model.ToSimilarItems(6);
        float[][] vectors = [.. model.GetItemVectors().GetColumn<float[]>("Vector")];
        uint[][] recommended = [.. similar.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems")];
        float[][] scores = [.. similar.Transform(fixture.View).GetColumn<float[]>("Scores")];
        for (int i = 0; i < recommended.Length; i++)
        {
            int[] known = [.. fixture.Rows[i].Items.Select(name => (int)ScoringFixture.Key(name)).Where(key => key > 0)];
            var mean = new float[vectors[0].Length];
            foreach (int key in known)
            {
                for (int d = 0; d < mean.Length; d++)
                    mean[d] += vectors[key - 1][d] / (float)Math.Sqrt(vectors[key - 1].Sum(value => (double)value * value));
            }

            Assert.Empty(recommended[i].Intersect(known.Select(key => (uint)key)));
            for (int place = 0; place < 6; place++)
                Assert.Equal(known.Length == 0 ? -1 : Cosine(mean, vectors[recommended[i][place] - 1]), scores[i][place], 1e-4);
        }

        var loaded = SavedModelTests.SaveAndLoad(fixture.Context, similar, fixture.View.Schema);
        Assert.Equal(recommended, loaded.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems"));
        using var fewer = similar.With(new ScoringOptions { NumberOfRecommendations = 2 });
        Assert.Equal(recommended.Select(row => row[..2]), fewer.Transform(fixture.View).GetColumn<uint[]>("RecommendedItems"));
    }

    [Fact]
    public void Threads_that_ask_for_different_numbers_get_theirs()
    {
        var fixture = new ScoringFixture();
        using var model = fixture.CreateTransformer();
        Parallel.For(0, 40, i => Assert.Equal(1 + (i % 3), model.SimilarItems(ScoringFixture.Name(1 + i % 7), 1 + (i % 3)).Count));
    }

    [Fact]
    public void Bad_input()
    {
        var fixture = new ScoringFixture();
        var model = fixture.CreateTransformer();
        Assert.Contains("'nothing', which is no item", Assert.Throws<ArgumentException>(() => model.SimilarItems("nothing")).Message);
        Assert.Contains("a Int32; the items", Assert.Throws<ArgumentException>(() => model.SimilarItems(3)).Message);
        Assert.Throws<ArgumentNullException>(() => model.SimilarItems(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.SimilarItems(ScoringFixture.Name(1), 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => model.ToSimilarItems(ScoringFixture.ItemCount + 1));
        model.Dispose();
        Assert.Throws<ObjectDisposedException>(() => model.SimilarItems(ScoringFixture.Name(1)));

        var ranked = new ScoringFixture(candidates: true);
        using var ranker = ranked.CreateTransformer();
        using var loaded = ranked.Context.Recommendation().ScoreInBatches(SavedModelTests.SaveAndLoad(ranked.Context, ranker, ranked.View.Schema));
        Assert.Contains("no list of items", Assert.Throws<InvalidOperationException>(() => loaded.OfType<NextItemTransformer>().Single().GetItemVectors()).Message);
        Assert.Equal(ScoringFixture.ItemCount, ranker.GetItemVectors().GetColumn<float[]>("Vector").Count());
    }

    private static double Cosine(float[] left, float[] right)
        => left.Zip(right).Sum(pair => (double)pair.First * pair.Second) / Math.Sqrt(left.Sum(value => (double)value * value) * right.Sum(value => (double)value * value));
}
