using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Scoring;
using Microsoft.ML.NegativeFeedback.Training;
using static Microsoft.ML.NegativeFeedback.Tests.Networks.PublishedParityTests;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>DIEN and SLi-Rec, which read a sequence again for every question.</summary>
public sealed class InterestModelTests
{
    private const int ItemCount = 17;
    private const double AuxiliaryWeight = 0.6;

    private static readonly EncoderSettings Settings = new(Width: 6, MaximumLength: 8, BlockCount: 0, HeadCount: 1, DropoutRate: 0, EncoderForm.Sine);

    private static readonly long[][] Histories = [[3, 7, 9, 4], [5, 2], [8]];

    // the time of the question stands last; that of the second is before its newest item's
    private static readonly long[][] Times = [[1_700_000_000, 1_700_000_020, 1_700_000_020, 1_700_009_000, 1_700_050_000], [50, 900, 880], [7, 7]];

    private static readonly long[] Liked = [11, 6, 10], Sampled = [12, 13, 14], Skipped = [10, 16, 1];

    /// <summary>Sequences of 4, 2 and 1 items in one slice.</summary>
    private static readonly SequenceSlice Ragged = Slice(width: 4);

    public static TheoryData<string> Names => ["DIEN", "SLi-Rec"];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_history_is_scored_as_the_paper_says(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Create(name);
        var reference = new ReferenceRanker(model);
        var (sampled, skipped) = model.Margins(Ragged);
        for (int i = 0; i < Histories.Length; i++)
        {
            double liked = reference.Score(Histories[i], Liked[i], Times[i]);
            AssertClose(liked - reference.Score(Histories[i], Sampled[i], Times[i]), sampled[i], 2e-5, 1e-5, $"sampled {i}");
            AssertClose(liked - reference.Score(Histories[i], Skipped[i], Times[i]), skipped[i], 2e-5, 1e-5, $"skipped {i}");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_stands_behind_the_newest_item_changes_nothing(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Create(name);
        float[] Margins(SequenceSlice slice) => model.Margins(slice).Sampled;
        AssertClose(Margins(Ragged), Margins(Slice(width: 7)), 1e-6, 1e-5);
        AssertClose(Margins(Ragged)[2..], Margins(Slice(width: 1, first: 2)), 1e-6, 1e-5);
    }

    [Fact]
    public void The_unit_of_the_times_makes_no_difference()
    {
        using var scope = NewDisposeScope();
        using var seconds = Create("SLi-Rec");
        using var milliseconds = new PairwiseModel(new SliRecNetwork(ItemCount, Settings, 1000 * ReferenceRanker.TypicalGap, 5), new PairwiseWeights(1, 0.7), CPU);
        PairwiseTorchParityTests.Spread(milliseconds);
        AssertClose(seconds.Margins(Ragged).Sampled, milliseconds.Margins(Slice(width: 4, unit: 1000)).Sampled, 1e-5, 1e-5);
        Assert.NotEqual(seconds.Network.Description, milliseconds.Network.Description);
        Assert.NotEqual(seconds.Margins(Ragged).Sampled[0], seconds.Margins(Slice(width: 4, unit: 1000)).Sampled[0], 3e-4);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_loss_is_that_of_the_margins_and_of_the_steps(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Create(name);
        var (sampled, skipped) = model.Margins(Ragged);
        var terms = Gradients(model, Ragged);
        double expected = sampled.Average(Loss) + (0.7 * skipped.Average(Loss));
        AssertClose(sampled.Average(Loss), terms[PairwiseModel.SampledName], 2e-5, 1e-5);
        AssertClose(skipped.Average(Loss), terms[PairwiseModel.SkippedName], 2e-5, 1e-5);
        if (name == "DIEN")
        {
            var reference = new ReferenceRanker(model);
            double auxiliary = Histories.Select((history, i) => reference.Auxiliary(history, Sampled[i])).Average();
            AssertClose(auxiliary, terms[DienNetwork.AuxiliaryName], 2e-5, 1e-5);
            expected += AuxiliaryWeight * auxiliary;
        }

        AssertClose(expected, terms.Total, 2e-5, 1e-5);

        static double Loss(float margin) => Math.Log(1 + Math.Exp(-margin));
    }

    [Fact]
    public void Without_weight_there_is_no_auxiliary_loss()
    {
        using var scope = NewDisposeScope();
        using var model = new PairwiseModel(new DienNetwork(ItemCount, Settings, auxiliaryWeight: 0, 5), new PairwiseWeights(1, 0), CPU);
        Assert.DoesNotContain(DienNetwork.AuxiliaryName, model.TermNames);
        var terms = Gradients(model, Ragged);
        Assert.Equal(terms[PairwiseModel.SampledName], terms.Total);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_is_the_slope_of_the_loss(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Create(name);
        RankingModelTests.AssertGradientIsSlope(model, Ragged, tolerance: 3e-4);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Training_learns_what_follows_what_and_gives_the_same_bits_again(string name)
    {
        var (first, weights) = Train(name);
        Assert.InRange(first[0], 0.6, 0.75);
        Assert.InRange(first[^1], 0.01, 0.5);
        var (second, again) = Train(name);
        Assert.Equal(first, second);
        Assert.Equal(weights, again);
        Assert.All(weights.Take(8), value => Assert.Equal(0, value));
    }

    private static (double[] Losses, float[] ItemEmbeddings) Train(string name)
    {
        const int items = 40;
        var data = new SampledData(WithTimes(RandomSequences.Create(150, items, 15, seed: 4)), null, new NegativeSamplerSettings(NegativeSamplingMethod.Uniform));
        var settings = new TrainingSettings { BatchSize = 30, MaximumEpochs = 35, LearningRate = 2e-2, Threads = 2, Seed = 3 };
        var network = Network(name, items, Settings with { Width = 8, DropoutRate = 0.1 }, 3);
        var result = ModelTraining.Train(new PairwiseTask(network, new PairwiseWeights(1, 0.5), data), settings);
        return ([.. result.Epochs.Select(epoch => epoch.LossTerms[PairwiseModel.SampledName])], result.Weights.Values["items"]);
    }

    /// <summary>The same rows with times, some of them equal, and with times of questions, every third of which is asked before the newest item was met.</summary>
    internal static SequenceData WithTimes(SequenceData rows)
    {
        long[] times = [.. Enumerable.Range(0, rows.Offset(rows.RowCount)).Select(place => 1_700_000_000L + (40L * place) + (place * 7919L % 80))];
        for (int i = 1; i < times.Length; i++)
            times[i] = Math.Max(times[i], times[i - 1]);
        long[] asked = [.. Enumerable.Range(0, rows.RowCount).Select(row => times[rows.Offset(row + 1) - 1] + (((row % 3) - 1) * 60))];
        int[] numbers = [.. Enumerable.Range(0, rows.RowCount)];
        return new SequenceData(rows.ItemCount, [0, .. numbers.Select(row => rows.Offset(row + 1))], [.. numbers.SelectMany(row => rows.Items(row).ToArray())],
            [.. numbers.SelectMany(row => rows.Feedback(row).ToArray())])
        {
            ItemColumns = new Dictionary<string, ColumnValues> { [SliRecNetwork.Times.Name] = new ColumnValues<long>(1, times) },
            RowColumns = new Dictionary<string, ColumnValues> { [SliRecNetwork.Times.QuestionName] = new ColumnValues<long>(1, asked) },
        };
    }

    internal static Network Network(string name, int itemCount, EncoderSettings settings, long seed) => name == "DIEN"
        ? new DienNetwork(itemCount, settings, AuxiliaryWeight, seed) : new SliRecNetwork(itemCount, settings, ReferenceRanker.TypicalGap, seed);

    private static PairwiseModel Create(string name)
    {
        var model = new PairwiseModel(Network(name, ItemCount, Settings, 5), new PairwiseWeights(1, 0.7), CPU);
        PairwiseTorchParityTests.Spread(model);
        return model;
    }

    private static SequenceSlice Slice(int width, int first = 0, long unit = 1)
    {
        int[] rows = [.. Enumerable.Range(first, Histories.Length - first)];
        long[] Padded(long[][] values, long padding, long factor)
            => [.. rows.SelectMany(row => Enumerable.Range(0, width).Select(place => place < Histories[row].Length ? values[row][place] * factor : padding))];
        long[] Chosen(long[] values) => [.. rows.Select(row => values[row])];
        return TestModels.PairsAtNewest(rows.Length, Padded(Histories, 0, 1), [.. rows.Select(row => Histories[row].Length - 1L)],
            Padded(Times, 0, unit), [.. rows.Select(row => Times[row][^1] * unit)], Chosen(Liked), Chosen(Sampled), Chosen(Skipped));
    }

    private static LossTerms Gradients(PairwiseModel model, SequenceSlice slice)
    {
        using var workers = new GradientWorkers(model, CPU, new TorchWorkers(count: 1, threads: 1));
        var counts = new PairwiseCounts(slice.Targets[SequenceSlice.Next].Length, slice.Targets[SequenceSlice.Skipped].Count(item => item != 0));
        return workers.Compute(
            new Batch([new BatchPart(1, (pass, sums) => model.AccumulateGradients(slice, counts, pass, sums))], sums => model.Mean(sums, counts)),
            new PassKey(Seed: 1, Epoch: 1, Step: 0, Part: 0));
    }
}
