using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Scoring;
using Microsoft.ML.NegativeFeedback.Training;
using static Microsoft.ML.NegativeFeedback.Tests.Networks.PublishedParityTests;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>NCF, DIN and CLSR, which score a candidate by layers of their own rather than by a dot product.</summary>
public sealed class RankingModelTests
{
    private const int ItemCount = 17;

    private static readonly EncoderSettings Settings = new(Width: 6, MaximumLength: 8, BlockCount: 0, HeadCount: 1, DropoutRate: 0, EncoderForm.Sine);

    /// <summary>Sequences of 4, 2 and 1 items in one slice.</summary>
    private static readonly SequenceSlice Ragged = TestModels.Pairs(3, 4,
        [3, 7, 9, 4, 5, 2, 0, 0, 8, 0, 0, 0], new long[12], [0, 1, 2, 3, 4, 5, 8],
        [7, 9, 4, 11, 2, 6, 1], [12, 13, 14, 15, 16, 17, 10], [0, 10, 5, 0, 1, 0, 3]);

    private static readonly SequenceSlice Full = TestModels.Pairs(2, 3,
        [3, 7, 9, 5, 2, 6], new long[6], [0, 1, 2, 3, 4, 5], [7, 9, 4, 2, 6, 8], [12, 13, 14, 15, 16, 17], [0, 10, 5, 0, 1, 0]);

    public static TheoryData<string> Names => ["NCF", "DIN", "CLSR"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_position_is_scored_after_its_own_history_as_the_paper_says(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Create(name);
        var reference = new ReferenceRanker(model);
        foreach (var slice in new[] { Ragged, Full })
        {
            var (sampled, skipped) = model.Margins(slice);
            for (int i = 0; i < slice.Places.Length; i++)
            {
                int position = (int)slice.Places[i], start = position / slice.Length * slice.Length;
                long[] history = slice.Items[start..(position + 1)].ToArray();
                double liked = reference.Score(history, slice.Targets[SequenceSlice.Next][i]);
                AssertClose(liked - reference.Score(history, slice.Targets[SequenceSlice.Sampled][i]), sampled[i], 2e-5, 1e-5, $"sampled {i}");
                AssertClose(liked - reference.Score(history, slice.Targets[SequenceSlice.Skipped][i]), skipped[i], 2e-5, 1e-5, $"skipped {i}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Candidates_are_scored_at_one_position_of_each_sequence(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Create(name);
        var reference = new ReferenceRanker(model);
        long[] candidates = [1, 4, 2, 9, 3, 16];
        var pass = new TorchPass(model);
        var vectors = pass.Lookup(model.Network.Items, new(tensor(candidates, 3, 2)));
        float[] scores = model.Network.Scores(pass, TestModels.AtNewest(Ragged.Items.ToArray(), [2, 1, 0]), vectors).Value.ToArray();
        long[][] histories = [[3, 7, 9], [5, 2], [8]];
        for (int i = 0; i < scores.Length; i++)
            AssertClose(reference.Score(histories[i / 2], candidates[i]), scores[i], 2e-5, 1e-5, $"candidate {i}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_later_item_changes_no_earlier_margin(string name)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = Create(name);
        var changed = Full with { Channels = TestModels.Channels([3, 7, 1, 5, 2, 6]) };
        var (before, after) = (model.Margins(Full).Sampled, model.Margins(changed).Sampled);
        for (int i = 0; i < before.Length; i++)
        {
            if (i == 2)
                Assert.NotEqual(before[i], after[i], 1e-3);
            else
                Assert.Equal(before[i], after[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_loss_is_that_of_the_margins(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Create(name);
        foreach (var slice in new[] { Ragged, Full })
        {
            var (sampled, skipped) = model.Margins(slice);
            var terms = Gradients(model, slice);
            AssertClose(sampled.Average(Loss), terms[PairwiseModel.SampledName], 2e-5, 1e-5);
            AssertClose(skipped.Where((_, i) => slice.Targets[SequenceSlice.Skipped][i] != 0).Average(Loss), terms[PairwiseModel.SkippedName], 2e-5, 1e-5);
        }

        static double Loss(float margin) => Math.Log(1 + Math.Exp(-margin));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_gradient_is_the_slope_of_the_loss(string name)
    {
        using var scope = NewDisposeScope();
        using var model = Create(name);
        if (name == "CLSR")
            model.Enlarge(_ => true, 2);
        AssertGradientIsSlope(model, Ragged);
    }

    /// <summary>Of every parameter: the loss rises along its gradient by the gradient's norm.</summary>
    internal static void AssertGradientIsSlope(PairwiseModel model, SequenceSlice slice, double tolerance = 1e-4)
    {
        const double step = 5e-4; // small enough that hardly a unit passes its kink
        Gradients(model, slice);
        var gradients = model.Parameters.Select(entry => (entry.Name, entry.Values, entry.Values.grad!.ToArray())).ToArray();
        foreach (var (parameterName, parameter, gradient) in gradients)
        {
            double norm = Math.Sqrt(gradient.Sum(value => (double)value * value));
            Assert.True(norm is > 1e-4 and < 100, $"|gradient of {parameterName}| = {norm}");
            float[] values = parameter.ToArray();
            double slope = (Moved(step) - Moved(-step)) / (2 * step);
            Moved(0);
            AssertClose(norm, slope, tolerance, 0.01, parameterName);

            double Moved(double distance)
            {
                using (no_grad())
                {
                    float[] moved = [.. values.Zip(gradient, (value, direction) => value + (float)(distance * direction / norm))];
                    parameter.copy_(tensor(moved).view(parameter.shape));
                }

                return Gradients(model, slice).Total;
            }
        }
    }

    [Theory]
    [InlineData("NCF", 15)]
    [InlineData("DIN", 15)]
    [InlineData("CLSR", 40)] // which has no product of interest and candidate to begin with
    public void Training_learns_what_follows_what_and_gives_the_same_bits_again(string name, int epochs)
    {
        var (first, weights) = Train(name, epochs);
        Assert.InRange(first[0], 0.6, 0.75);
        Assert.InRange(first[^1], 0.01, 0.45);
        var (second, again) = Train(name, epochs);
        Assert.Equal(first, second);
        Assert.Equal(weights, again);
        Assert.All(weights.Take(8), value => Assert.Equal(0, value));
    }

    private static (double[] Losses, float[] ItemEmbeddings) Train(string name, int epochs)
    {
        const int items = 40;
        var data = new SampledData(RandomSequences.Create(150, items, 15, seed: 4), null,
            new NegativeSamplerSettings(NegativeSamplingMethod.Uniform));
        var shape = Settings with { Width = 8, DropoutRate = 0.1 };
        var weights = new PairwiseWeights(1, 0.5);
        var settings = new TrainingSettings { BatchSize = 30, MaximumEpochs = epochs, LearningRate = 2e-2, Threads = 2, Seed = 3 };
        var result = ModelTraining.Train(new PairwiseTask(Network(name, items, shape, 3), weights, data), settings);
        return (Losses(result.Epochs), result.Weights.Values["items"]);

        static double[] Losses(IReadOnlyList<TrainingProgress> epochs)
            => [.. epochs.Select(epoch => epoch.LossTerms[PairwiseModel.SampledName])];
    }

    private static PairwiseModel Create(string name)
    {
        var weights = new PairwiseWeights(1, 0.7);
        var model = new PairwiseModel(Network(name, ItemCount, Settings, 5), weights, CPU);
        PairwiseTorchParityTests.Spread(model);
        return model;
    }

    private static Network Network(string name, int itemCount, EncoderSettings settings, long seed)
        => name switch
        {
            "NCF" => new NcfNetwork(itemCount, settings, seed),
            "CLSR" => new ClsrNetwork(itemCount, settings, contrastWeight: 0.1, seed),
            _ => new DinNetwork(itemCount, settings, seed),
        };

    internal static LossTerms Gradients(PairwiseModel model, SequenceSlice slice)
    {
        using var workers = new GradientWorkers(model, CPU, new TorchWorkers(count: 1, threads: 1));
        var counts = new PairwiseCounts(slice.Targets[SequenceSlice.Next].Length, slice.Targets[SequenceSlice.Skipped].Count(item => item != 0));
        return workers.Compute(
            new Batch([new BatchPart(1, (pass, sums) => model.AccumulateGradients(slice, counts, pass, sums))], sums => model.Mean(sums, counts)),
            new PassKey(Seed: 1, Epoch: 1, Step: 0, Part: 0));
    }
}
