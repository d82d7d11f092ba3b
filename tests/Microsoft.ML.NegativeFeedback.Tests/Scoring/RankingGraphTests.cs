using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>The graphs of NCF, DIN, CLSR, DIEN and SLi-Rec beyond what torch has too: no history, padding, batches, the catalogue.</summary>
public sealed class RankingGraphTests
{
    private const int ItemCount = 30;

    private static readonly EncoderSettings Settings = new(Width: 7, MaximumLength: 5, BlockCount: 0, HeadCount: 1, DropoutRate: 0, EncoderForm.Sine);

    private static readonly (uint[] Items, float[] Feedback)[] RaggedRows =
    [
        ([3, 7, 9, 4], [1, -1, 1, 1]),
        ([21, 0, 22, 23], [1, 1, 1, 1]),
        ([1, 19, 2, 3, 20, 4, 5, 15, 6, 16, 7], [1, -1, 1, 1, -1, 1, 1, -1, 1, -1, 1]),
        ([24, 25, 26, 27], [1, 0, 1, -1]),
        ([5], [1]),
        ([28, 28, 29, 30], [-1, 1, -1, 1]),
    ];

    [Theory]
    [InlineData("NCF")]
    [InlineData("DIN")]
    [InlineData("DIEN")]
    [InlineData("SLi-Rec")]
    [InlineData("CLSR")]
    public void Without_a_liked_item_candidates_score_their_popularity(string name)
    {
        byte[] graph = Build(Network(name), candidates: true);
        float[][] scores = GraphFixture.ScoreCandidates(graph, [[5, 0, 30], [5, 0, 30], [5, 0, 30]],
            ([1, 3], [-1, 0]), ([], []), ([1, 3], [1, -1]));
        Assert.Equal([26f, float.NegativeInfinity, 1f], scores[0]);
        Assert.Equal(scores[0], scores[1]);
        Assert.Equal(float.NegativeInfinity, scores[2][1]);
        Assert.InRange(scores[2][0], -5, 5);
        Assert.Empty(GraphFixture.ScoreCandidates(graph, [[]], ([3], [1f]))[0]);
    }

    [Theory]
    [InlineData("NCF")]
    [InlineData("DIN")]
    [InlineData("DIEN")]
    [InlineData("SLi-Rec")]
    [InlineData("CLSR")]
    public void Scores_do_not_depend_on_the_other_rows_and_candidates_of_a_batch(string name)
    {
        byte[] graph = Build(Network(name), candidates: true);
        uint[] candidates = [.. Enumerable.Range(1, ItemCount).Select(item => (uint)item)];
        float[][] together = GraphFixture.ScoreCandidates(graph, [.. RaggedRows.Select(_ => candidates)], RaggedRows);
        for (int row = 0; row < RaggedRows.Length; row++)
        {
            float[] alone = GraphFixture.ScoreCandidates(graph, [[17, 4]], RaggedRows[row])[0];
            Assert.Equal(together[row][16], alone[0], 1e-5);
            Assert.Equal(together[row][3], alone[1], 1e-5);
            Assert.True(together[row].Distinct().Count() > ItemCount / 2);
        }

        // a dislike is no part of the history, and of the likes only the newest five are read
        float[] newest = GraphFixture.ScoreCandidates(graph, [candidates], ([3, 4, 5, 6, 7], [1, 1, 1, 1, 1]))[0];
        for (int i = 0; i < ItemCount; i++)
            Assert.Equal(newest[i], together[2][i], 1e-5);
    }

    [Theory]
    [InlineData("NCF")]
    [InlineData("CLSR")]
    public void The_catalogue_is_scored_as_candidates_are(string name)
    {
        var network = Network(name);
        uint[] all = [.. Enumerable.Range(0, ItemCount + 1).Select(item => (uint)item)];
        float[][] expected = GraphFixture.ScoreCandidates(Build(network, candidates: true), [.. RaggedRows.Select(_ => all)], RaggedRows);
        var (keys, scores) = GraphFixture.Recommend(Build(network, k: ItemCount, excludeSeenItems: false), RaggedRows);
        for (int row = 0; row < RaggedRows.Length; row++)
        {
            Assert.Equal(all[1..], keys[row].Order());
            for (int place = 0; place < ItemCount; place++)
                Assert.Equal(expected[row][keys[row][place]], scores[row][place], 1e-5);
        }

        var (unseen, fallback) = GraphFixture.Recommend(Build(network, k: 3), ([1, 3], [-1, 0]), ([2, 9], [1, 1]));
        Assert.Equal([2u, 4u, 5u], unseen[0]);
        Assert.Equal([29f, 27f, 26f], fallback[0]);
        Assert.Empty(unseen[1].Intersect([0u, 2u, 9u]));
    }

    [Theory]
    [InlineData("DIN")]
    [InlineData("DIEN")]
    [InlineData("SLi-Rec")]
    public void What_reads_history_and_candidate_together_scores_candidates_alone(string name)
    {
        var error = Assert.Throws<ArgumentException>(() => Build(Network(name)));
        Assert.Contains("candidates", error.Message, StringComparison.Ordinal);
    }

    private static NextItemGraphOptions Options => new() { Popularity = GraphFixture.FallingPopularity(ItemCount) };

    private static NetworkWeights Network(string name)
    {
        Network network = name switch
        {
            "NCF" => new NcfNetwork(ItemCount, Settings, 2),
            "CLSR" => new ClsrNetwork(ItemCount, Settings, 0.1, 2),
            "DIN" => new DinNetwork(ItemCount, Settings, 2),
            _ => InterestModelTests.Network(name, ItemCount, Settings, 2),
        };
        return new NetworkWeights(network, network.Parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Draw()));
    }

    private static byte[] Build(NetworkWeights network, int k = 10, bool excludeSeenItems = true, bool candidates = false)
        => NextItemGraph.Build(network, Options with { TopK = k, ExcludeSeenItems = excludeSeenItems, Candidates = candidates });
}
