using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>The numbers of the published code, at the tolerances that its 64-bit rerun suggests.</summary>
public sealed class PublishedParityTests
{
    private const double NoiseLevel = 1e-6;

    public static TheoryData<string> Files() => PublishedCase.Files();

    [Theory]
    [MemberData(nameof(Files))]
    public void Forward_values_are_the_published_ones(string file)
    {
        var published = PublishedCase.Load(file);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = published.CreateModel();
        string outputs = published.Has("outputs", "outputs") ? "outputs" : "positive_outputs";
        AssertClose(published.Values("outputs", outputs), Logits(model.Hidden(Inputs(published, "input_ids"), model.Network.ScoringSequence)), 2e-5, 1e-5);
        if (published.Has("outputs", "negative_outputs") && model.Network.TrainingSequences.Count > 1)
        {
            AssertClose(published.Values("outputs", "negative_outputs"),
                Logits(model.Hidden(Inputs(published, "negative_input_ids"), SequenceKind.Negatives)), 2e-5, 1e-5);
        }

        float[] Logits(Tensor hidden) => hidden.matmul(tensor(published.Values("params", "item_emb.weight"))
            .view(published.Shape("params", "item_emb.weight")).t()).ToArray();
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Every_term_of_the_loss_is_the_published_one(string file)
    {
        var published = PublishedCase.Load(file);
        using var scope = NewDisposeScope();
        using var model = published.CreateModel();
        var (slices, counts) = published.Batch();
        var terms = Gradients(model, slices, counts);
        AssertClose(published.LossTerm("CE_p", "CE"), terms["CE"], 2e-5, 1e-5);
        AssertClose(published.LossTerm("CE_n"), terms["CE-"], 2e-5, 1e-5);
        AssertClose(published.LossTerm("L_c", "L_info_nce"), terms["contrast"], 2e-5, 1e-5);
        AssertClose(published.Loss, terms.Total, 2e-5, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Gradients_are_the_published_ones(string file)
    {
        var published = PublishedCase.Load(file);
        using var scope = NewDisposeScope();
        using var model = published.CreateModel();
        var (slices, counts) = published.Batch();
        Gradients(model, slices, counts);
        foreach (var (name, parameter) in model.Parameters)
            AssertClose(published.TryValues("grads", published.PublishedName(name))!, parameter.grad!.ToArray(), 2e-6, 1e-4, name);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_step_of_Adam_is_the_published_one(string file)
    {
        var published = PublishedCase.Load(file);
        using var scope = NewDisposeScope();
        using var model = published.CreateModel();
        using var adam = new AdamOptimizer(model.Parameters, 1e-3);
        foreach (var (name, parameter) in model.Parameters)
            parameter.grad = tensor(published.TryValues("grads", published.PublishedName(name))!).view(parameter.shape);
        adam.Step(new TorchWorkers(count: 2, threads: 2));
        foreach (var (name, parameter) in model.Parameters)
        {
            float[] gradient = published.TryValues("grads", published.PublishedName(name))!;
            float[] expected = published.TryValues("params_after_adam", published.PublishedName(name))!;
            float[] actual = parameter.ToArray();
            for (int i = 0; i < expected.Length; i++)
            {
                // Adam's first step divides by the gradient's size, so that below the noise level only rounding is left
                if (Math.Abs(gradient[i]) >= NoiseLevel)
                    AssertClose(expected[i], actual[i], 1e-6, 0, name);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void The_loss_falls_as_published(string file)
    {
        var published = PublishedCase.Load(file);
        using var scope = NewDisposeScope();
        using var model = published.CreateModel();
        using var adam = new AdamOptimizer(model.Parameters, 1e-3);
        var (slices, counts) = published.Batch();
        foreach (double expected in published.LossTrajectory)
        {
            AssertClose(expected, Gradients(model, slices, counts).Total, 0, 1e-4);
            adam.Step();
        }
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Scores_and_recommendations_are_the_published_ones(string file)
    {
        var published = PublishedCase.Load(file);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = published.CreateModel();
        var inputs = published.Shape("eval", "inputs", "input_ids");
        float[] scores = model.Score(tensor(published.Integers("eval", "inputs", "input_ids")).view(inputs),
            tensor(published.Integers("eval", "last_item_idx"))).ToArray();
        AssertClose(published.Values("eval", "last_scores"), scores, 2e-5, 1e-5);

        int k = (int)published.Shape("eval", "top_items")[1], width = published.ItemCount + 1;
        int longest = (int)published.Shape("eval", "inputs", "full_history")[1];
        long[][] histories = [.. published.Integers("eval", "inputs", "full_history").Chunk(longest)];
        for (int user = 0; user < histories.Length; user++)
        {
            var row = scores.AsSpan(user * width, width).ToArray();
            // the published code takes item 0 for one like any other, and filters it with the padding of the histories
            var candidates = Enumerable.Range(0, width).Select(item => (long)item).Except(histories[user]);
            long[] top = [.. candidates.OrderByDescending(item => row[item]).Take(k)];
            var ofUser = (user * k)..((user + 1) * k);
            Assert.Equal(published.Integers("eval", "top_items")[ofUser], top);
            AssertClose(published.Values("eval", "top_scores")[ofUser], Array.ConvertAll(top, item => row[item]), 2e-5, 1e-5);
        }
    }

    /// <summary>All but SASRec_c's, whose published contrast pairs rows across the whole batch, so that it cannot be cut.</summary>
    public static TheoryData<string> FilesThatCanBeCut()
        => PublishedCase.Files(published => published.Kind != "sasrec_c");

    [Theory]
    [MemberData(nameof(FilesThatCanBeCut))]
    public void Slices_cut_from_the_interactions_add_up_to_the_published_batch(string file)
    {
        var published = PublishedCase.Load(file);
        using var scope = NewDisposeScope();
        using var model = published.CreateModel();
        var data = Sequences(published);
        foreach (int positions in new[] { 3, 10, 1000 })
        {
            var cutter = new SliceCutter(data, model, positions);
            var (slices, counts) = cutter.Cut([.. cutter.Rows]);
            AssertClose(published.Loss, Gradients(model, slices, counts).Total, 2e-5, 1e-5);
            foreach (var (name, parameter) in model.Parameters)
                AssertClose(published.TryValues("grads", published.PublishedName(name))!, parameter.grad!.ToArray(), 2e-6, 1e-4, name);
        }
    }

    internal static LossTerms Gradients(NextItemModel model, IEnumerable<SequenceSlice> slices, BatchCounts counts)
    {
        using var workers = new GradientWorkers(model, CPU, new TorchWorkers(count: 1, threads: 1));
        return workers.Compute(NextItemBatches.Of(model, [.. slices], counts), new PassKey(Seed: 1, Epoch: 1, Step: 0, Part: 0));
    }

    internal static void AssertClose(double expected, double actual, double absolute, double relative, string what = "")
    {
        double tolerance = absolute + (relative * Math.Abs(expected));
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"{what}: expected {expected}, got {actual}");
    }

    internal static void AssertClose(float[] expected, float[] actual, double absolute, double relative, string what = "")
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            AssertClose(expected[i], actual[i], absolute, relative, $"{what}[{i}]");
    }

    private static Tensor Inputs(PublishedCase published, string name)
        => tensor(published.Integers("inputs", name)).view(published.Shape("inputs", name));

    private static SequenceData Sequences(PublishedCase published)
    {
        var builder = new SequenceDataBuilder(published.ItemCount, hasTargets: false);
        foreach (var user in published.Interactions().GroupBy(interaction => interaction.User))
        {
            builder.AddRow(user.Select(interaction => interaction.Item).ToArray(),
                user.Select(interaction => (sbyte)(interaction.IsPositive ? 1 : -1)).ToArray());
        }

        return builder.Build();
    }
}
