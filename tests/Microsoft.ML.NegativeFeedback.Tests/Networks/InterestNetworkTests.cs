using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Scoring;
using Microsoft.ML.NegativeFeedback.Training;
using static Microsoft.ML.NegativeFeedback.Tests.Networks.PublishedParityTests;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>What CLSR and FeedRec learn beside the order of scores, and how FeedRec scores, against plain references.</summary>
public sealed class InterestNetworkTests
{
    private const int ItemCount = 17, Length = 8;

    // of 8, 6, 5 and 1 liked items
    private static readonly SequenceSlice Liked = TestModels.Pairs(4, Length,
        [3, 7, 9, 4, 5, 2, 11, 6, 8, 1, 12, 13, 14, 15, 0, 0, 5, 16, 17, 2, 3, 0, 0, 0, 10, 0, 0, 0, 0, 0, 0, 0], new long[32],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17, 18, 19, 20, 24],
        [7, 9, 4, 5, 2, 11, 6, 1, 1, 12, 13, 14, 15, 2, 16, 17, 2, 3, 4, 1], [12, 13, 14, 15, 16, 17, 10, 8, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13], new long[20]);

    // all kinds; no skip; no item that is neither; skips alone; one liked item; neither alone
    private static readonly long[][] Items = [[3, 7, 9, 4, 5, 2, 11, 6], [8, 1, 12, 13, 14], [5, 16, 17, 2], [10, 4, 6], [15], [9, 2]];
    private static readonly float[][] Feedback = [[1, 0, -1, -1, 1, 0, 1, 0], [0, 1, 1, 0, 1], [1, -1, -1, 1], [-1, -1, -1], [1], [0, 0]];

    [Fact]
    public void Clsr_holds_interests_to_their_proxies_after_more_than_five_items()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Clsr(weight: 0.3);
        var reference = new ReferenceRanker(model);
        var (pass, history) = (new TorchPass(model), new TorchHistory(Liked, CPU));
        float[] values = Assert.Single(model.Network.FurtherLossesAt(pass, history, default)).Value.ToArray();
        Assert.Equal(Liked.Places.Length, values.Length);
        for (int i = 0; i < values.Length; i++)
        {
            int place = (int)Liked.Places[i], start = place / Length * Length;
            double expected = reference.Contrast(Liked.Items[start..(place + 1)].ToArray());
            AssertClose(expected, values[i], 2e-5, 1e-5, $"place {place}");
            Assert.Equal(place - start >= 5, values[i] > 0);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void FeedRec_scores_and_keeps_apart_as_its_page_says(int heads)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = FeedRec(weight: 0.3, heads);
        var reference = new ReferenceFeedRec(model);
        long[] candidates = [.. Items.SelectMany((_, i) => new long[] { 1 + i, 17 - i })];
        var (pass, history) = (new TorchPass(model), new TorchHistory(Whole(), CPU));
        float[] scores = model.Network.Scores(pass, history, pass.Lookup(model.Network.Items, new(tensor(candidates, Items.Length, 2)))).Value.ToArray();
        float[] cosines = Assert.Single(model.Network.FurtherLossesAt(pass, history, default)).Value.ToArray();
        for (int i = 0; i < scores.Length; i++)
            AssertClose(reference.Score(Items[i / 2], Feedback[i / 2], candidates[i]), scores[i], 5e-5, 2e-5, $"candidate {i}");
        for (int i = 0; i < cosines.Length; i++)
            AssertClose(reference.Cosine(Items[i], Feedback[i]), cosines[i], 2e-5, 1e-5, $"row {i}");
        Assert.Equal(2, cosines.Count(cosine => cosine == 0)); // of one kind of feedback, a strong one
    }

    [Fact]
    public void FeedRec_reads_the_kind_of_every_item()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = FeedRec(weight: 0, heads: 1);
        var before = States(Feedback[0]);
        for (int place = 0; place < Length; place++)
        {
            float[] changed = [.. Feedback[0]];
            changed[place] = changed[place] > 0 ? -1 : 1;
            Assert.NotEqual(before, States(changed));
        }

        float[] States(float[] feedback) => model.Network.States(new TorchPass(model), new TorchHistory(Slice([Items[0]], [feedback]), CPU)).Value.ToArray();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.5)]
    public void The_gradient_is_the_slope_of_the_loss_with_all_its_terms(double weight)
    {
        using var scope = NewDisposeScope();
        using var clsr = Clsr(weight);
        clsr.Enlarge(_ => true, 2);
        RankingModelTests.AssertGradientIsSlope(clsr, Liked);
        using var feedRec = FeedRec(weight, heads: 2);
        // so that the few liked items of a row differ, and how they are pooled with them
        feedRec.Enlarge(name => name.EndsWith("Norm.weight", StringComparison.Ordinal), 4);
        RankingModelTests.AssertGradientIsSlope(feedRec, Whole());
    }

    [Fact]
    public void The_further_term_counts_by_its_weight_and_is_reported()
    {
        using var scope = NewDisposeScope();
        foreach (var (with, without, slice) in new[] { (Clsr(0.3), Clsr(0), Liked), (FeedRec(0.3, 1), FeedRec(0, 1), Whole()) })
        {
            var (all, order) = (RankingModelTests.Gradients(with, slice), RankingModelTests.Gradients(without, slice));
            string name = Assert.Single(with.Network.FurtherLosses).Name;
            Assert.NotEqual(0, all[name], 1e-3);
            AssertClose(order.Total + (0.3 * all[name]), all.Total, 1e-5, 1e-5);
            Assert.Empty(without.Network.FurtherLosses);
            Assert.NotEqual(with.Network.Description, without.Network.Description);
            with.Dispose();
            without.Dispose();
        }
    }

    private static PairwiseModel Clsr(double weight) => Spread(new ClsrNetwork(ItemCount, Settings(heads: 1), weight, 5));

    private static PairwiseModel FeedRec(double weight, int heads) => Spread(new FeedRecNetwork(ItemCount, Settings(heads), weight, 5));

    private static EncoderSettings Settings(int heads) => new(Width: 6, MaximumLength: Length, BlockCount: 0, heads, DropoutRate: 0, EncoderForm.Sine);

    private static PairwiseModel Spread(Network network)
    {
        var model = new PairwiseModel(network, new PairwiseWeights(1, 0), CPU);
        PairwiseTorchParityTests.Spread(model);
        return model;
    }

    private static SequenceSlice Whole() => Slice(Items, Feedback);

    // histories asked at their newest item, with what pairwise learning compares
    private static SequenceSlice Slice(long[][] items, float[][] feedback)
    {
        int length = items.Max(row => row.Length);
        var channels = TestModels.Channels([.. items.SelectMany(row => row.Concat(new long[length - row.Length]))]);
        channels[NetworkInput.Feedback] = new ColumnValues<float>(1, [.. feedback.SelectMany(row => row.Concat(new float[length - row.Length]))]);
        long[] places = [.. items.Select((row, sequence) => ((long)sequence * length) + row.Length - 1)];
        return new SequenceSlice(SequenceKind.Whole, items.Length, length, places, channels, new Dictionary<string, long[]>
        {
            [SequenceSlice.Next] = [.. items.Select((_, i) => 1L + i)],
            [SequenceSlice.Sampled] = [.. items.Select((_, i) => 17L - i)],
            [SequenceSlice.Skipped] = new long[items.Length],
        })
        { AsksAtNewest = true };
    }
}
