using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static Microsoft.ML.NegativeFeedback.Tests.Networks.PublishedParityTests;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>The numbers of SINE's published code, at the tolerances that its 64-bit rerun suggests.</summary>
public sealed class PublishedSineTests
{
    public static TheoryData<string> Files() => PublishedSineCase.Files();

    [Theory]
    [MemberData(nameof(Files))]
    public void Forward_values_are_the_published_ones(string file)
    {
        var published = PublishedSineCase.Load(file);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var slice = published.Batch();
        using var model = published.CreateModel(slice);
        var (sampled, skipped) = model.Margins(slice);
        AssertClose(At(Difference("pos_logits", "neg_logits")), sampled, 2e-5, 1e-5);
        AssertClose(At(published.Values("outputs", "fdbk_logits")), skipped, 2e-5, 1e-5);

        float[] Difference(string left, string right)
            => [.. published.Values("outputs", left).Zip(published.Values("outputs", right), (first, second) => first - second)];

        float[] At(float[] values) => Array.ConvertAll(slice.Places, position => values[position]);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Losses_and_gradients_are_the_published_ones(string file)
    {
        var published = PublishedSineCase.Load(file);
        using var scope = NewDisposeScope();
        var slice = published.Batch();
        using var model = published.CreateModel(slice);
        var terms = Gradients(model, slice);
        AssertClose(published.Loss("bpr_random"), terms[PairwiseModel.SampledName], 2e-5, 1e-5);
        AssertClose(published.Loss("bpr_feedback"), terms[PairwiseModel.SkippedName], 2e-5, 1e-5);
        AssertClose(published.Loss("dcor_sum"), terms[PairwiseModel.RegularizerName], 2e-5, 1e-5);
        AssertClose(published.Loss("total"), terms.Total, 2e-5, 1e-5);
        foreach (var (name, parameter) in model.Parameters)
        {
            // under softmax a candidate's part in the shares cancels: the published gradient of it is rounding, ours is none
            float[] gradient = parameter.grad?.ToArray() ?? new float[parameter.numel()];
            AssertClose(published.Parameter("grads", name)!, gradient, 2e-6, 1e-4, name);
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_step_of_Adam_is_the_published_one(string file)
    {
        var published = PublishedSineCase.Load(file);
        using var scope = NewDisposeScope();
        using var model = published.CreateModel();
        using var adam = new AdamOptimizer(model.Parameters, 1e-3, 0.98);
        foreach (var (name, parameter) in model.Parameters)
            parameter.grad = tensor(published.Parameter("grads", name)!).view(parameter.shape);
        adam.Step(new TorchWorkers(count: 2, threads: 2));
        foreach (var (name, parameter) in model.Parameters)
        {
            float[] gradient = published.Parameter("grads", name)!;
            float[] expected = published.Parameter("params_after_adam", name) ?? published.Parameter("params", name)!;
            float[] actual = parameter.ToArray();
            for (int i = 0; i < expected.Length; i++)
            {
                // Adam's first step divides by the gradient's size, so that below the noise level only rounding is left
                if (Math.Abs(gradient[i]) >= 1e-6)
                    AssertClose(expected[i], actual[i], 1e-6, 0, name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_loss_falls_as_published(string file)
    {
        var published = PublishedSineCase.Load(file);
        using var scope = NewDisposeScope();
        var slice = published.Batch();
        using var model = published.CreateModel(slice);
        using var adam = new AdamOptimizer(model.Parameters, 1e-3, 0.98);
        foreach (double expected in published.LossTrajectory)
        {
            AssertClose(expected, Gradients(model, slice).Total, 0, 1e-4);
            adam.Step();
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Scores_of_candidates_are_the_published_ones(string file)
    {
        var published = PublishedSineCase.Load(file);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = published.CreateModel();
        foreach (string part in new[] { "valid", "test" })
        {
            long[] histories = published.Shape("eval", part, "log_seqs");
            long[] candidates = published.Shape("eval", part, "item_indices");
            long[] newest = [.. Enumerable.Repeat(histories[1] - 1, (int)histories[0])];
            var history = TestModels.AtNewest(published.Integers("eval", part, "log_seqs"), newest);
            var pass = new TorchPass(model);
            var items = pass.Lookup(model.Network.Items, new(tensor(published.Integers("eval", part, "item_indices"), candidates[0], candidates[1])));
            AssertClose(published.Values("eval", part, "scores"), model.Network.Scores(pass, history, items).Value.ToArray(), 2e-5, 1e-5, part);
        }
    }

    internal static LossTerms Gradients(PairwiseModel model, SequenceSlice slice)
    {
        using var workers = new GradientWorkers(model, CPU, new TorchWorkers(count: 1, threads: 1));
        var counts = new PairwiseCounts(slice.Targets[SequenceSlice.Next].Length, slice.Targets[SequenceSlice.Skipped].Count(item => item != 0));
        return workers.Compute(
            new Batch(
                [
                    new BatchPart(1, (pass, sums) => model.AccumulateGradients(slice, counts, pass, sums)),
                    new BatchPart(0, (_, sums) => model.AccumulateRegularizer(sums)),
                ],
                sums => model.Mean(sums, counts)),
            new PassKey(Seed: 1, Epoch: 1, Step: 0, Part: 0));
    }
}
