using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

/// <summary>What a step of pairwise learning is made of.</summary>
public sealed class SampledBatchesTests
{
    private const int ItemCount = 50;

    private static readonly PassKey FirstEpoch = new(Seed: 3, Epoch: 1, Step: 0, Part: 0);

    [Fact]
    public void A_window_holds_the_last_liked_items_and_what_was_skipped_just_before_each()
    {
        // a skip, a liked one after it, a neutral one between skip and liked, two skips in a row, a trailing skip
        var data = Rows([9, 1, 8, 20, 2, 7, 6, 3, 4, 5], [-1, 1, -1, 0, 1, -1, -1, 1, 1, -1]);
        var windows = new SequenceWindows(data, SequenceKind.Positives, 3, [NetworkInput.Skips]);
        Assert.Equal([2, 3, 4], windows.Items(0).ToArray());
        Assert.Equal([0, 6, 0], windows.Skips(0).ToArray());
        Assert.Equal([9, 0, 6, 0], new SequenceWindows(data, SequenceKind.Positives, 10, [NetworkInput.Skips]).Skips(0).ToArray());
    }

    [Fact]
    public void A_slice_foresees_each_next_liked_item_against_its_own_skip()
    {
        using var scope = NewDisposeScope();
        var data = Rows([9, 1, 2, 8, 3], [-1, 1, 1, -1, 1]);
        var slice = Assert.Single(Slices(data, FirstEpoch, [0]));
        Assert.Equal([1L, 2], slice.Items.ToArray());
        Assert.Equal([9L, 0], ((ColumnValues<long>)slice.Channels[NetworkInput.Skips]).Values.ToArray());
        Assert.Equal([2L, 3], slice.Targets[SequenceSlice.Next]);
        Assert.Equal([0L, 8], slice.Targets[SequenceSlice.Skipped]);
        Assert.False(slice.HasPadding);
        Assert.True(slice.HasSkips);
    }

    [Fact]
    public void Sampled_items_are_none_of_the_users_drawn_anew_each_epoch_and_the_same_in_any_batch()
    {
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(40, ItemCount, 14, seed: 6);
        int[] all = [.. Enumerable.Range(0, data.RowCount).Where(row => new SequenceWindows(data, SequenceKind.Positives, 11, [NetworkInput.Skips]).Length(row) > 1)];
        var first = ByUser(Slices(data, FirstEpoch, all));
        var again = ByUser(Slices(data, FirstEpoch with { Step = 5 }, [.. all.Reverse()]));
        var later = ByUser(Slices(data, FirstEpoch with { Epoch = 2 }, all));
        Assert.Equal(first, again);
        Assert.NotEqual(first, later);
        Assert.True(first.Count > 20);
    }

    [Fact]
    public void Skips_among_the_sampled_items_are_none_that_the_user_liked_as_well_and_each_counts_once()
    {
        using var scope = NewDisposeScope();
        // 3 is liked and skipped; 9 is skipped four times, 8 once
        var data = Rows([1, 9, 3, 9, 3, 2, 9, 8, 4, 9, 5, 6, 7], [1, -1, 1, -1, -1, 1, -1, -1, 1, -1, 1, 1, 1]);
        var sampler = new NegativeSampler(new NegativeSamplerSettings(NegativeSamplingMethod.Uniform, ObservedSkipShare: 1), ItemCount);
        long[] sampled = [.. Enumerable.Range(1, 100).SelectMany(epoch => Slices(data, FirstEpoch with { Epoch = epoch }, [0], sampler)[0].Targets[SequenceSlice.Sampled])];
        Assert.Equal([8L, 9], sampled.Distinct().Order());
        Assert.InRange(sampled.Count(item => item == 8) / (double)sampled.Length, 0.4, 0.6);
    }

    [Fact]
    public void A_user_who_met_every_item_is_an_error()
    {
        using var scope = NewDisposeScope();
        int[] items = [.. Enumerable.Range(1, ItemCount)];
        var error = Assert.Throws<InvalidOperationException>(
            () => Slices(Rows(items, [.. items.Select(_ => (sbyte)1)]), FirstEpoch, [0]));
        Assert.Contains($"{ItemCount} items", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Workers_and_slices_do_not_change_the_loss(int workerCount)
    {
        using var scope = NewDisposeScope();
        var data = RandomSequences.Create(60, ItemCount, 14, seed: 6);
        var settings = new SineSettings(new EncoderSettings(8, 10, 1, 1, 0, EncoderForm.Sine), 3, 0.7, FusionNormalization.Sum, AdaptiveFusion: true);
        var network = new SineNetwork(ItemCount, settings, 1);
        using var model = new PairwiseModel(network, new PairwiseWeights(0.5, 0.3), CPU,
            new ParameterLoss(PairwiseModel.RegularizerName, 0.2, network.Prototypes, DistanceCorrelation.OfPairs));
        var one = Compute(1, largestSlice: 10_000, parts: 1);
        var many = Compute(workerCount, largestSlice: 30, parts: 8);
        PublishedParityTests.AssertClose(one.Terms.Total, many.Terms.Total, 1e-6, 1e-6);
        for (int i = 0; i < one.Gradients.Length; i++)
            PublishedParityTests.AssertClose(one.Gradients[i], many.Gradients[i], 1e-6, 1e-4);

        (LossTerms Terms, float[][] Gradients) Compute(int workers, long largestSlice, int parts)
        {
            var batches = new SampledBatches(data, model, Sampler(), largestSlice, parts);
            using var gradients = new GradientWorkers(model, CPU, new TorchWorkers(workers, workers));
            var terms = gradients.Compute(batches.Cut([.. Enumerable.Range(0, batches.RowCount)], FirstEpoch), FirstEpoch);
            return (terms, [.. model.Parameters.Select(parameter => parameter.Values.grad!.ToArray())]);
        }
    }

    private static List<SequenceSlice> Slices(SequenceData data, PassKey step, int[] rows, NegativeSampler? sampler = null)
    {
        using var model = new PairwiseModel(new SineNetwork(ItemCount,
            new SineSettings(new EncoderSettings(4, 10, 1, 1, 0, EncoderForm.Sine), 2, SameInterestWeight: 0.7, FusionNormalization.Softmax, AdaptiveFusion: true), 1),
            new PairwiseWeights(0.5, 0.5), CPU);
        return new SampledBatches(data, model, sampler ?? Sampler(), 1000, 1).Slices(rows, step);
    }

    private static NegativeSampler Sampler() => new(new NegativeSamplerSettings(NegativeSamplingMethod.Uniform), ItemCount);

    // by the user's first input and label, which tell users apart here
    private static SortedDictionary<string, string> ByUser(List<SequenceSlice> slices)
    {
        var users = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var slice in slices)
        {
            for (int user = 0; user < slice.Count; user++)
            {
                int[] labels = [.. Enumerable.Range(0, slice.Places.Length).Where(i => slice.Places[i] / slice.Length == user)];
                string liked = string.Join(' ', labels.Select(i => slice.Targets[SequenceSlice.Next][i]));
                users[$"{slice.Items[user * slice.Length]} {liked}"] = string.Join(' ', labels.Select(i => slice.Targets[SequenceSlice.Sampled][i]));
            }
        }

        return users;
    }

    private static SequenceData Rows(int[] items, sbyte[] feedback)
    {
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        builder.AddRow(items, feedback);
        return builder.Build();
    }
}
