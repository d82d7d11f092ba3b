using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>Where the library does the right thing and the published code slips.</summary>
public sealed class ModelBehaviourTests
{
    private const int ItemCount = 20;

    private static readonly EncoderSettings Encoder = new(Width: 6, MaximumLength: 5, BlockCount: 1, HeadCount: 1, DropoutRate: 0.2);
    private static readonly PnfRecSettings PnfRec = new(Encoder, 0.45, 0.25, ContrastSimilarity.Dot, false);

    [Fact]
    public void Padding_keeps_its_zero_vector_through_training()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Create(ItemCount, PnfRec, 1);
        Train(model, RandomSequences.Create(12, ItemCount, 9, seed: 2), steps: 3);
        float[] items = model.Parameter("items").ToArray();
        Assert.All(items.Take(Encoder.Width), value => Assert.Equal(0, value));
        Assert.All(items.Skip(Encoder.Width), value => Assert.NotEqual(0, value));
    }

    [Theory]
    [InlineData(ContrastSimilarity.Dot)]
    [InlineData(ContrastSimilarity.Cosine)]
    public void A_batch_without_negatives_trains(ContrastSimilarity similarity)
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Create(ItemCount, PnfRec with { Similarity = similarity }, 1);
        var terms = Train(model, RandomSequences.Create(6, ItemCount, 9, seed: 2, negativeShare: 0), steps: 1);
        Assert.Equal(0, terms["CE-"]);
        Assert.Equal(0, terms["contrast"], 6);
        Assert.InRange(terms["CE"], 1, 10);
        Assert.All(model.Parameters, parameter => Assert.All(parameter.Values.ToArray(), value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void A_batch_of_one_user_trains_and_scores()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Create(ItemCount, PnfRec, 1);
        var terms = Train(model, RandomSequences.Create(1, ItemCount, 30, seed: 2), steps: 2);
        Assert.InRange(terms.Total, 1, 10);
        using var noGradient = no_grad();
        Assert.Equal([1, ItemCount + 1], model.Score(tensor(new long[] { 3, 4 }, 1, 2), tensor(new long[] { 1 })).shape);
    }

    [Fact]
    public void A_user_without_negatives_adds_nothing_to_the_contrast()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Create(ItemCount, PnfRec with { Encoder = Encoder with { DropoutRate = 0 } }, 1);
        var alone = Contrast(model, [[5, 6, 7]], [[8, 9, 10]]);
        var together = Contrast(model, [[5, 6, 7], [1, 2, 3]], [[8, 9, 10], []]);
        // the mean runs over all positive positions, of which half now contribute 0
        Assert.Equal(alone / 2, together, 5);
    }

    [Fact]
    public void Scores_do_not_depend_on_padding()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using var model = TestModels.Create(ItemCount, new SasRecSettings(Encoder with { HeadCount = 3, BlockCount = 2 }, false, 0), 1);
        float[] plain = model.Score(tensor(new long[] { 3, 4 }, 1, 2), tensor(new long[] { 1 })).ToArray();
        float[] padded = model.Score(tensor(new long[] { 3, 4, 0, 0, 9, 8, 7, 6 }, 2, 4), tensor(new long[] { 1, 3 })).ToArray();
        PublishedParityTests.AssertClose(plain, padded[..(ItemCount + 1)], 1e-6, 1e-6);
    }

    [Fact]
    public void Initial_weights_are_drawn_as_published()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Create(300, new SasRecSettings(new EncoderSettings(64, 50, 1, 1, 0), false, 0), 1);
        float[] Of(string name) => model.Parameter(name).ToArray();
        float[] Block(string name) => Of($"encoder.block0.{name}");
        float[][] drawn = [Of("items")[64..], Of("positions"), Block("first.weight"), Block("second.weight"), Block("outProjection.weight")];
        foreach (float[] normal in drawn)
        {
            Assert.InRange(normal.Average(), -0.001, 0.001);
            Assert.InRange(Math.Sqrt(normal.Average(value => (double)value * value)), 0.0192, 0.0208);
        }

        double bound = Math.Sqrt(6.0 / (4 * 64));
        Assert.InRange(Block("inProjectionWeight").Max(), 0.98 * bound, bound);
        Assert.InRange(Block("inProjectionWeight").Min(), -bound, -0.98 * bound);
        float[] scales = [.. Block("attentionNorm.weight"), .. Block("forwardNorm.weight"), .. Of("finalNorm.weight")];
        float[] shifts = [.. Block("inProjectionBias"), .. Block("outProjection.bias"), .. Block("first.bias"), .. Of("finalNorm.bias")];
        Assert.All(scales, value => Assert.Equal(1, value));
        Assert.All(shifts, value => Assert.Equal(0, value));
        Assert.NotEqual(Block("first.weight"), Block("second.weight"));
    }

    [Fact]
    public void Dropout_zeroes_its_share_and_keeps_the_mean()
    {
        using var scope = NewDisposeScope();
        var values = ones(1000, 103);
        Assert.Same(values, Dropout.Off.Apply(values));
        var pass = new PassKey(Seed: 1, Epoch: 2, Step: 3, Part: 4);
        var dropout = new Dropout(0.3, pass);
        float[] first = dropout.Apply(values).ToArray();
        Assert.InRange(first.Count(value => value == 0) / (double)first.Length, 0.295, 0.305);
        Assert.InRange(first.Average(), 0.99, 1.01);
        Assert.NotEqual(first, dropout.Apply(values).ToArray());
        Assert.Equal(first, new Dropout(0.3, pass).Apply(values).ToArray());
        Assert.NotEqual(first, new Dropout(0.3, pass with { Part = 5 }).Apply(values).ToArray());
    }

    [Fact]
    public void InfoNce_contrasts_the_next_positive_with_the_negatives_of_its_sequence()
    {
        var contrast = ContrastItems.OfWhole([new[] { 1, 2, 3, 4, 5 }, new[] { 6, 7 }], [new sbyte[] { 1, -1, 1, -1, 1 }, new sbyte[] { 1, -1 }]);
        Assert.Equal(3, contrast.Width);
        Assert.Equal([3, 2, 4, 0, 0, 0, 5, 2, 4, 0, 0, 0, 0, 0, 0], contrast.Items);
        Assert.Equal(2, contrast.TargetCount);
    }

    private static LossTerms Train(NextItemModel model, SequenceData data, int steps)
    {
        using var adam = new AdamOptimizer(model.Parameters, 1e-2);
        var cutter = new SliceCutter(data, model, 16);
        var (slices, counts) = cutter.Cut([.. cutter.Rows]);
        var terms = new LossTerms(double.NaN);
        for (int step = 0; step < steps; step++)
        {
            terms = PublishedParityTests.Gradients(model, slices, counts);
            adam.Step();
        }

        return terms;
    }

    private static double Contrast(NextItemModel model, int[][] positives, int[][] negatives)
    {
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        foreach (var (liked, disliked) in positives.Zip(negatives))
            builder.AddRow([.. liked, .. disliked], [.. liked.Select(_ => (sbyte)1), .. disliked.Select(_ => (sbyte)-1)]);
        var (slices, counts) = new SliceCutter(builder.Build(), model, 100).Cut([.. Enumerable.Range(0, positives.Length)]);
        return PublishedParityTests.Gradients(model, slices, counts)["contrast"];
    }
}
