using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

public sealed class SineGraphTests
{
    private const int ItemCount = 30;

    /// <summary>Skips in every place: first, before a like, twice in a row, before an unknown item or several, unknown themselves, beyond the window.</summary>
    private static readonly (uint[] Items, float[] Feedback)[] RaggedRows =
    [
        ([3, 7, 9, 4], [1, -1, 1, 1]),
        ([14, 2, 18], [-1, 1, 1]),
        ([1, 12, 13, 4, 5], [1, -1, -1, 1, 1]),
        ([8, 6, 0, 10, 11], [1, -1, 1, 1, 1]),
        ([21, 0, 22, 23], [1, -1, 1, 1]),
        ([1, 19, 2, 3, 20, 4, 5, 15, 6, 16, 7], [1, -1, 1, 1, -1, 1, 1, -1, 1, -1, 1]),
        ([24, 25, 26, 27], [1, 0, 1, -1]),
        ([5], [1]),
        ([28, 28, 29, 30], [-1, 1, -1, 1]),
        ([17, 17, 17, 0], [1, -1, 1, -1]),
        ([0, 9, 0, 0, 12, 0, 13], [-1, -1, 1, -1, 1, -1, 1]),
    ];

    [Theory]
    [InlineData(2, 1, FusionNormalization.Sum, true, 0.3)]
    [InlineData(2, 2, FusionNormalization.Softmax, true, 0.8)]
    [InlineData(7, 2, FusionNormalization.Sum, true, 0.8)]
    [InlineData(7, 1, FusionNormalization.Softmax, true, 0.3)]
    [InlineData(7, 1, FusionNormalization.Sum, true, 0.5)]
    [InlineData(2, 2, FusionNormalization.Softmax, true, 0.5)]
    [InlineData(2, 1, FusionNormalization.Sum, false, 0.8)]
    [InlineData(7, 2, FusionNormalization.Softmax, false, 0.3)]
    [InlineData(3, 1, FusionNormalization.Sum, true, 1)]
    internal void Scores_and_weights_are_those_of_the_reference(
        int subInterestCount, int headCount, FusionNormalization normalization, bool adaptiveFusion, double sameInterestWeight)
    {
        var weights = GraphFixture.RandomSine(
            31, ItemCount, subInterestCount, headCount, normalization, adaptiveFusion, sameInterestWeight);
        var reference = new ReferenceSine(weights);
        var (keys, scores, shares) = GraphFixture.RecommendWithWeights(
            Build(weights, k: ItemCount, excludeSeenItems: false, subInterestWeights: adaptiveFusion), RaggedRows);

        for (int row = 0; row < RaggedRows.Length; row++)
        {
            var (items, feedback) = RaggedRows[row];
            var expected = reference.Scores(items, feedback);
            Assert.Equal(Enumerable.Range(1, ItemCount).Select(key => (uint)key), keys[row].Order());
            for (int place = 0; place < ItemCount; place++)
            {
                Assert.Equal(expected[keys[row][place]], scores[row][place], 5e-5);
                if (adaptiveFusion)
                    AssertClose(reference.Weights(items, feedback, keys[row][place]), shares[row].AsSpan(place * subInterestCount, subInterestCount));
            }
        }
    }

    [Fact]
    public void Skips_change_which_sub_interest_is_behind_a_like()
    {
        // the rows above would not tell a graph that ignores skips, or all but those right before a like
        var reference = new ReferenceSine(GraphFixture.RandomSine(31, ItemCount, 7));
        int changed = RaggedRows.Count(row => !reference.DominantSubInterests(row.Items, row.Feedback).SequenceEqual(
            reference.DominantSubInterests(row.Items, row.Feedback.Select(value => Math.Max(value, 0)).ToArray())));
        Assert.InRange(changed, 4, RaggedRows.Length);
        var graph = Build(GraphFixture.RandomSine(31, ItemCount, 7, sameInterestWeight: 0.9), k: 1, excludeSeenItems: false);
        var (_, twoSkips) = GraphFixture.Recommend(graph, RaggedRows[2]);
        var (_, neutral) = GraphFixture.Recommend(graph, ([1, 12, 13, 4, 5], [1, -1, 0, 1, 1]));
        Assert.NotEqual(twoSkips[0][0], neutral[0][0], 1e-3);
    }

    [Fact]
    public void A_tie_goes_to_the_first_sub_interest()
    {
        // Prototypes 1 and 2 are one; a repeat of the item skipped just before leaves nothing, a tie of all.
        var weights = GraphFixture.RandomSine(5, ItemCount, 3, sameInterestWeight: 0.9);
        weights.Prototypes.AsSpan(8, 8).CopyTo(weights.Prototypes.AsSpan(16));
        var reference = new ReferenceSine(weights);
        var (_, scores) = GraphFixture.Recommend(Build(weights, k: 1, excludeSeenItems: false), RaggedRows);
        Assert.Equal(0, reference.DominantSubInterests([28, 28], [-1, 1])[0]);
        Assert.Contains(1, RaggedRows.SelectMany(row => reference.DominantSubInterests(row.Items, row.Feedback)));
        for (int row = 0; row < RaggedRows.Length; row++)
            Assert.Equal(reference.Scores(RaggedRows[row].Items, RaggedRows[row].Feedback).Skip(1).Max(), scores[row][0], 5e-5);
    }

    [Theory]
    [InlineData(FusionNormalization.Sum, true)]
    [InlineData(FusionNormalization.Softmax, true)]
    [InlineData(FusionNormalization.Sum, false)]
    internal void A_history_without_likes_gets_the_most_popular_unseen_items(FusionNormalization normalization, bool adaptiveFusion)
    {
        var weights = GraphFixture.RandomSine(5, ItemCount, 7, normalization: normalization, adaptiveFusion: adaptiveFusion);
        var (keys, scores, shares) = GraphFixture.RecommendWithWeights(
            Build(weights, k: 3, subInterestWeights: adaptiveFusion), ([1, 3], [-1, 0]), ([], []), ([2, 9, 4], [1, -1, 1]));
        Assert.Equal([2u, 4u, 5u], keys[0]);
        Assert.Equal([29f, 27f, 26f], scores[0]);
        Assert.Equal([1u, 2u, 3u], keys[1]);
        Assert.Empty(keys[2].Intersect([2u, 9u, 4u, 0u]));
        Assert.Equal(new ReferenceSine(weights).Scores([2, 9, 4], [1, -1, 1])[keys[2][0]], scores[2][0], 5e-5);
        if (!adaptiveFusion)
            return;
        Assert.Equal(new float[21], shares[0]);
        Assert.Equal(3, shares[2].Sum(), 1e-5);
    }

    [Fact]
    public void Weights_are_zero_where_no_item_is_left()
    {
        foreach (var normalization in Enum.GetValues<FusionNormalization>())
        {
            var weights = GraphFixture.RandomSine(5, itemCount: 4, normalization: normalization);
            foreach (int k in new[] { 4, 5, 9 })
            {
                var (keys, _, shares) = GraphFixture.RecommendWithWeights(
                    Build(weights, k, subInterestWeights: true), ([1, 2, 3], [1, -1, 1]));
                Assert.Equal(new uint[] { 4 }.Concat(new uint[k - 1]), keys[0]);
                AssertClose(new ReferenceSine(weights).Weights([1, 2, 3], [1, -1, 1], 4), shares[0].AsSpan(0, 2));
                Assert.Equal(new float[2 * (k - 1)], shares[0].Skip(2));
            }
        }
    }

    [Theory]
    [InlineData(FusionNormalization.Sum, true)]
    [InlineData(FusionNormalization.Softmax, true)]
    [InlineData(FusionNormalization.Softmax, false)]
    internal void Candidates_get_the_scores_of_the_catalogue_in_their_own_order(FusionNormalization normalization, bool adaptiveFusion)
    {
        var weights = GraphFixture.RandomSine(9, ItemCount, 7, 2, normalization, adaptiveFusion);
        var graph = Build(weights, candidates: true, subInterestWeights: adaptiveFusion);
        uint[][] candidates = [[5, 3, 0, 30], [9, 9, 1, 2], [1, 0, 0, 0]];
        var (scores, shares) = GraphFixture.ScoreCandidatesWithWeights(graph, candidates,
            ([3, 7, 9], [1, -1, 1]), ([12, 13], [1, 1]), ([7, 0], [-1, 1]));

        var reference = new ReferenceSine(weights);
        var expected = reference.Scores([3, 7, 9], [1, -1, 1]);
        foreach (int place in new[] { 0, 1, 3 })
            Assert.Equal(expected[candidates[0][place]], scores[0][place], 5e-5);
        Assert.Equal(float.NegativeInfinity, scores[0][2]);
        Assert.Equal(scores[1][0], scores[1][1]);
        Assert.Equal([30f, float.NegativeInfinity, float.NegativeInfinity, float.NegativeInfinity], scores[2]);
        Assert.Empty(GraphFixture.ScoreCandidates(graph, [[]], ([3, 7, 9], [1, -1, 1]))[0]);
        if (!adaptiveFusion)
            return;
        AssertClose(reference.Weights([3, 7, 9], [1, -1, 1], 30), shares[0].AsSpan(21, 7));
        Assert.Equal(new float[7], shares[0].Skip(14).Take(7));
        Assert.Equal(new float[28], shares[2]);
    }

    [Fact]
    public void Extreme_fusion_layers_give_finite_scores()
    {
        var weights = GraphFixture.RandomSine(9, ItemCount, 7);
        foreach (float bias in new[] { -500f, 500f })
        {
            var extreme = weights with { FusionBias = bias };
            var (keys, scores, shares) = GraphFixture.RecommendWithWeights(
                Build(extreme, k: 2, subInterestWeights: true), ([3, 7, 9], [1, -1, 1]));
            // σ is exp far below 0, so that a bias cancels; far above it is 1
            var reference = new ReferenceSine(weights with { FusionBias = Math.Clamp(bias, -60, 60) });
            Assert.Equal(reference.Scores([3, 7, 9], [1, -1, 1])[keys[0][0]], scores[0][0], 5e-5);
            AssertClose(reference.Weights([3, 7, 9], [1, -1, 1], keys[0][1]), shares[0].AsSpan(7, 7));
        }

        var steep = weights with { FusionStateWeight = weights.FusionStateWeight!.Select(value => 1000 * value).ToArray() };
        var (_, finite) = GraphFixture.Recommend(Build(steep, k: 10), RaggedRows);
        Assert.All(finite.SelectMany(row => row), score => Assert.True(float.IsFinite(score)));
    }

    [Fact]
    public void Equal_weights_of_both_kinds_leave_the_sub_interests_out_of_attention()
    {
        var half = GraphFixture.RandomSine(9, ItemCount, 7, sameInterestWeight: 0.5);
        Assert.DoesNotContain("ArgMax", System.Text.Encoding.Latin1.GetString(Build(half)));
        Assert.Contains("ArgMax", System.Text.Encoding.Latin1.GetString(Build(half with { SameInterestWeight = 0.6 })));
    }

    [Fact]
    public void What_does_not_fit_is_refused_before_anything_is_written()
    {
        var weights = GraphFixture.RandomSine(2, ItemCount);
        Assert.Contains("'prototypes'", Refused(weights with { SubInterestCount = 3 }));
        Assert.Contains("'fusion.item'", Refused(weights with { FusionItemWeight = new float[3] }));
        Assert.Contains("no weights", Assert.Throws<ArgumentException>(
            () => Build(weights with { FusionItemWeight = null, FusionStateWeight = null }, subInterestWeights: true)).Message);
        Assert.Contains("no weights", Assert.Throws<ArgumentException>(() => NextItemGraph.Build(
            weights.Encoder.ToNetwork(), Options(weights) with { SubInterestWeights = true })).Message);
        weights.Encoder.ItemEmbeddings[0] = 1;
        Assert.Contains("padding", Refused(weights));

        static string Refused(SineWeights weights) => Assert.Throws<ArgumentException>(() => Build(weights)).Message;
    }

    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual[i], 1e-5);
    }

    private static NextItemGraphOptions Options(SineWeights weights)
        => new() { Popularity = GraphFixture.FallingPopularity(weights.Encoder.ItemCount) };

    private static byte[] Build(SineWeights weights, int k = 10, bool excludeSeenItems = true, bool candidates = false,
        bool subInterestWeights = false)
        => NextItemGraph.Build(weights.ToNetwork(), Options(weights) with
        {
            TopK = k,
            ExcludeSeenItems = excludeSeenItems,
            Candidates = candidates,
            SubInterestWeights = subInterestWeights,
        });
}
