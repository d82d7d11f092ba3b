using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class NextItemGraphTests
{
    private const int ItemCount = 30;

    /// <summary>Histories of every kind: short, longer than the window, with negatives, zeros, unknown items, repeats.</summary>
    private static readonly (uint[] Items, float[] Feedback)[] RaggedRows =
    [
        ([3, 7, 9], [1, -1, 1]),
        ([1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, -1, 1, 1, 1, 1]),
        ([5], [1]),
        ([0, 12, 0, 13, 12], [1, 1, 1, 1, 1]),
        ([20, 21, 22, 23], [-1, 0, 1, -1]),
        ([30, 29, 28, 27, 26, 25], [1, 1, 1, 1, 1, 1]),
    ];

    [Theory]
    [InlineData(1, 1, false)]
    [InlineData(1, 2, false)]
    [InlineData(2, 2, false)]
    [InlineData(4, 3, false)]
    [InlineData(2, 2, true)]
    internal void Scores_are_those_of_the_reference_encoder(int headCount, int blockCount, bool readsAll)
    {
        var weights = GraphFixture.RandomWeights(7, ItemCount, headCount: headCount, blockCount: blockCount);
        var (keys, scores) = GraphFixture.Recommend(
            Build(weights, k: ItemCount, excludeSeenItems: false, readsAll: readsAll), RaggedRows);

        for (int row = 0; row < RaggedRows.Length; row++)
        {
            var (items, feedback) = RaggedRows[row];
            var read = items.Where((item, i) => item > 0 && (readsAll || feedback[i] > 0)).ToArray();
            var logits = new ReferenceEncoder(weights).Logits(read);
            Assert.Equal(Enumerable.Range(1, ItemCount).Select(key => (uint)key), keys[row].Order());
            for (int place = 0; place < ItemCount; place++)
                Assert.Equal(logits[keys[row][place]], scores[row][place], 2e-5);
            Assert.Equal(scores[row].OrderDescending(), scores[row]);
        }
    }

    [Fact]
    public void A_batch_gives_what_its_rows_give_alone()
    {
        var weights = GraphFixture.RandomWeights(11, ItemCount, headCount: 2);
        var graph = Build(weights, k: 6);
        var (keys, scores) = GraphFixture.Recommend(graph, RaggedRows);
        for (int row = 0; row < RaggedRows.Length; row++)
        {
            var (aloneKeys, aloneScores) = GraphFixture.Recommend(graph, RaggedRows[row]);
            Assert.Equal(aloneKeys[0], keys[row]);
            for (int place = 0; place < 6; place++)
                Assert.Equal(aloneScores[0][place], scores[row][place], 1e-5);
        }
    }

    /// <summary>ONNX Runtime marks seen items in the scores themselves only where it is told that both have the same shape; otherwise it copies as many numbers as there are items and rows.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_scores_that_are_marked_have_a_known_shape(bool excludeSeenItems)
    {
        byte[] graph = Build(GraphFixture.RandomWeights(3, ItemCount), excludeSeenItems: excludeSeenItems);
        AssertKnown(graph);
        AssertKnown(RecommendationTail.Replace(graph, ItemCount, trained => trained with { TopK = 3 }));

        static void AssertKnown(byte[] graph)
        {
            var model = ModelProto.Parser.ParseFrom(graph).Graph;
            var marked = model.Node.Single(node => node.OpType == "ScatterElements");
            var scores = model.ValueInfo.Single(value => value.Name == marked.Input[0]);
            Assert.Equal(NextItemGraph.Batch, scores.Type.TensorType.Shape.Dim[0].DimParam);
            Assert.Equal(ItemCount + 1, scores.Type.TensorType.Shape.Dim[1].DimValue);
            Assert.Single(model.Node, node => node.Input.Contains(marked.Input[0]));
        }
    }

    [Fact]
    public void Every_item_of_the_raw_history_is_excluded_and_padding_never_recommended()
    {
        var weights = GraphFixture.RandomWeights(3, ItemCount);
        var (keys, _) = GraphFixture.Recommend(Build(weights, k: 20), RaggedRows);
        for (int row = 0; row < RaggedRows.Length; row++)
        {
            Assert.Equal(20, keys[row].Distinct().Count());
            Assert.DoesNotContain(0u, keys[row]);
            Assert.Empty(keys[row].Intersect(RaggedRows[row].Items));
        }
    }

    [Fact]
    public void Seen_items_stay_when_asked_to()
    {
        var weights = GraphFixture.RandomWeights(3, ItemCount);
        var (keys, _) = GraphFixture.Recommend(Build(weights, k: ItemCount, excludeSeenItems: false), RaggedRows);
        Assert.All(keys, row => Assert.Equal(ItemCount, row.Where(key => key > 0).Distinct().Count()));
    }

    [Fact]
    public void Only_positives_are_read_but_negatives_are_excluded()
    {
        var weights = GraphFixture.RandomWeights(5, ItemCount);
        var graph = Build(weights, k: 28);
        var (_, withNegative) = GraphFixture.Recommend(graph, ([4, 17, 9], [1, -1, 1]));
        var (keys, without) = GraphFixture.Recommend(graph, ([4, 9], [1, 1]));
        int place = Array.IndexOf(keys[0], 17u);
        Assert.InRange(place, 0, 27);
        Assert.Equal(without[0].Where((_, i) => i != place), withNegative[0].Take(27));
        Assert.Equal(float.NegativeInfinity, withNegative[0][27]);
    }

    [Fact]
    public void A_history_without_anything_to_read_gets_the_most_popular_unseen_items()
    {
        var weights = GraphFixture.RandomWeights(5, ItemCount);
        var graph = Build(weights, k: 3);
        var (keys, scores) = GraphFixture.Recommend(graph,
            ([1, 3], [-1, 0]),
            ([0, 0], [1, 1]),
            ([2, 9], [1, 1]));
        Assert.Equal([2u, 4u, 5u], keys[0]);
        Assert.Equal([29f, 27f, 26f], scores[0]);
        Assert.Equal([1u, 2u, 3u], keys[1]);
        var logits = new ReferenceEncoder(weights).Logits([2, 9]);
        Assert.Equal(logits[keys[2][0]], scores[2][0], 2e-5);
    }

    [Fact]
    public void A_whole_history_reads_negatives_too()
    {
        var weights = GraphFixture.RandomWeights(5, ItemCount);
        var (_, scores) = GraphFixture.Recommend(Build(weights, k: 1, excludeSeenItems: false, readsAll: true),
            ([3, 9], [-1, 0]), ([0, 0], [0, 0]));
        Assert.Equal(new ReferenceEncoder(weights).Logits([3, 9]).Skip(1).Max(), scores[0][0], 2e-5);
        Assert.Equal(30f, scores[1][0]);
    }

    [Fact]
    public void Empty_histories_get_the_most_popular_items()
    {
        var graph = Build(GraphFixture.RandomWeights(5, ItemCount), k: 2);
        var (keys, _) = GraphFixture.Recommend(graph, ([], []), ([], []));
        Assert.Equal([1u, 2u], keys[0]);
        Assert.Equal([1u, 2u], keys[1]);
    }

    [Fact]
    public void Equal_scores_come_in_the_order_of_their_keys()
    {
        var weights = GraphFixture.RandomWeights(5, ItemCount);
        Array.Clear(weights.ItemEmbeddings);
        var (keys, scores) = GraphFixture.Recommend(Build(weights, k: 5), ([2, 4], [1, -1]));
        Assert.Equal([1u, 3u, 5u, 6u, 7u], keys[0]);
        Assert.All(scores[0], score => Assert.Equal(0, score));
    }

    [Fact]
    public void Fewer_than_k_items_left_give_key_zero_and_minus_infinity()
    {
        var weights = GraphFixture.RandomWeights(5, itemCount: 4);
        foreach (int k in new[] { 4, 5, 9 })
        {
            var (keys, scores) = GraphFixture.Recommend(Build(weights, k), ([1, 2, 3], [1, -1, 0]), ([], []));
            Assert.Equal(new uint[] { 4 }.Concat(new uint[k - 1]), keys[0]);
            Assert.True(float.IsFinite(scores[0][0]));
            Assert.All(scores[0].Skip(1), score => Assert.Equal(float.NegativeInfinity, score));
            Assert.Equal([1u, 2u, 3u, 4u], keys[1].Take(4));
        }
    }

    [Fact]
    public void Candidates_get_the_scores_of_the_catalogue_in_their_own_order()
    {
        var weights = GraphFixture.RandomWeights(9, ItemCount, headCount: 2);
        var graph = Build(weights, candidates: true);
        uint[][] candidates = [[5, 3, 0, 30], [9, 9, 1, 2], [1, 0, 0, 0]];
        var scores = GraphFixture.ScoreCandidates(graph, candidates,
            ([3, 7, 9], [1, -1, 1]), ([12, 13], [1, 1]), ([7, 0], [-1, 1]));

        var logits = new ReferenceEncoder(weights).Logits([3, 9]);
        Assert.Equal(logits[5], scores[0][0], 2e-5);
        Assert.Equal(logits[3], scores[0][1], 2e-5);
        Assert.Equal(float.NegativeInfinity, scores[0][2]);
        Assert.Equal(logits[30], scores[0][3], 2e-5);
        Assert.Equal(scores[1][0], scores[1][1]);
        Assert.Equal([30f, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity], scores[2]);
    }

    [Fact]
    public void No_candidates_give_no_scores()
    {
        var graph = Build(GraphFixture.RandomWeights(9, ItemCount), candidates: true);
        Assert.Empty(GraphFixture.ScoreCandidates(graph, [[]], ([3, 7, 9], [1, -1, 1]))[0]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(0)]
    public void Feedback_of_another_length_than_the_items_is_an_error(int feedbackLength)
    {
        foreach (bool readsAll in new[] { false, true })
        {
            var graph = Build(GraphFixture.RandomWeights(9, ItemCount), k: 2, readsAll: readsAll);
            Assert.Throws<OnnxRuntimeException>(() => GraphFixture.Recommend(graph, ([3, 7, 9], new float[feedbackLength])));
            if (feedbackLength > 0)
                Assert.Throws<OnnxRuntimeException>(() => GraphFixture.Recommend(graph, ([], new float[feedbackLength])));
        }
    }

    [Fact]
    public void A_key_above_the_catalogue_is_an_error()
    {
        var graph = Build(GraphFixture.RandomWeights(9, ItemCount), k: 2);
        Assert.Throws<OnnxRuntimeException>(() => GraphFixture.Recommend(graph, ([ItemCount + 1], [1])));
    }

    [Fact]
    public void Rows_of_one_value_are_normalised_without_losing_it()
    {
        // A variance computed as E[x²] − E[x]² would be off by more than the epsilon here, or below 0.
        var weights = GraphFixture.RandomWeights(13, ItemCount, width: 16);
        for (int item = 1; item <= ItemCount; item++)
            weights.ItemEmbeddings.AsSpan(item * 16, 16).Fill(1 + 0.1f * item);
        Array.Clear(weights.PositionEmbeddings);
        var (keys, scores) = GraphFixture.Recommend(Build(weights, k: ItemCount, excludeSeenItems: false), ([3, 7, 9], [1, 1, 1]));
        var logits = new ReferenceEncoder(weights).Logits([3, 7, 9]);
        for (int place = 0; place < ItemCount; place++)
            Assert.Equal(logits[keys[0][place]], scores[0][place], 1e-3);
    }

    [Fact]
    public void The_same_weights_give_the_same_bytes()
        => Assert.Equal(Build(GraphFixture.RandomWeights(2)), Build(GraphFixture.RandomWeights(2)));

    [Fact]
    public void What_does_not_fit_is_refused_before_anything_is_written()
    {
        var weights = GraphFixture.RandomWeights(2);
        Assert.Contains("TopK", Assert.Throws<ArgumentException>(() => Build(weights, k: 0)).Message);
        Assert.Contains("31", Assert.Throws<ArgumentException>(
            () => NextItemGraph.Build(weights.ToNetwork(), new NextItemGraphOptions { Popularity = new float[30] })).Message);
        Assert.Contains("finite", Assert.Throws<ArgumentException>(
            () => NextItemGraph.Build(weights.ToNetwork(), new NextItemGraphOptions { Popularity = [.. new float[30], float.NaN] })).Message);
        Assert.Contains("'positions'", Assert.Throws<ArgumentException>(() => Build(weights with { MaximumLength = 6 })).Message);
        Assert.Contains("'items'", Assert.Throws<ArgumentException>(() => Build(weights with { ItemCount = 29 })).Message);
    }

    [Fact]
    public void A_network_for_candidates_alone_is_refused_the_catalogue()
    {
        var din = new DinNetwork(ItemCount, new EncoderSettings(6, 5, 1, 1, 0, EncoderForm.Sine), seed: 2);
        var network = new NetworkWeights(din, din.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Draw()));
        var options = new NextItemGraphOptions { Popularity = GraphFixture.FallingPopularity(ItemCount) };
        Assert.Contains("candidates", Assert.Throws<ArgumentException>(() => NextItemGraph.Build(network, options)).Message);
        var scores = GraphFixture.ScoreCandidates(
            NextItemGraph.Build(network, options with { Candidates = true }), [[5, 0]], ([3, 9], [1, 1]));
        Assert.True(float.IsFinite(scores[0][0]));
        Assert.Equal(float.NegativeInfinity, scores[0][1]);
    }

    private static byte[] Build(EncoderWeights weights, int k = 10, bool excludeSeenItems = true,
        bool readsAll = false, bool candidates = false)
        => NextItemGraph.Build(weights.ToNetwork(readsAll), new NextItemGraphOptions
        {
            TopK = k,
            ExcludeSeenItems = excludeSeenItems,
            Candidates = candidates,
            Popularity = GraphFixture.FallingPopularity(weights.ItemCount),
        });
}
