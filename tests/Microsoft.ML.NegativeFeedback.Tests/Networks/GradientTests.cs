using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>The gradients that the models compute by hand, against torch's autograd on the loss as the paper writes it.</summary>
public sealed class GradientTests
{
    private const int ItemCount = 17;

    private static readonly EncoderSettings Encoder = new(Width: 8, MaximumLength: 6, BlockCount: 2, HeadCount: 2, DropoutRate: 0);

    [Theory]
    [InlineData(0.45, 0.25, ContrastSimilarity.Dot, false)]
    [InlineData(0.45, 0.25, ContrastSimilarity.Cosine, true)]
    [InlineData(0, 0.7, ContrastSimilarity.Cosine, false)]
    [InlineData(0.3, 0, ContrastSimilarity.Dot, true)]
    public void PnfRec_has_the_gradients_of_its_loss(
        double negativeWeight, double contrastWeight, ContrastSimilarity similarity, bool separatePositions)
    {
        using var scope = NewDisposeScope();
        var settings = new PnfRecSettings(Encoder, negativeWeight, contrastWeight, similarity, separatePositions);
        using var model = TestModels.Create(ItemCount, settings, 3);
        model.Spread();
        AssertGradients(model, RandomSequences.Create(9, ItemCount, 10, seed: 4), slice => model.Hidden(Inputs(slice), slice.Kind),
            negativeWeight, contrastWeight, similarity, ContrastItems.OpposingTemperature);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(true, 0.25)]
    public void SasRec_has_the_gradients_of_its_loss(bool readsWholeSequence, double contrastWeight)
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Create(ItemCount, new SasRecSettings(Encoder, readsWholeSequence, contrastWeight), 3);
        model.Spread();
        AssertGradients(model, RandomSequences.Create(9, ItemCount, 10, seed: 5), slice => model.Hidden(Inputs(slice), slice.Kind),
            0, contrastWeight, ContrastSimilarity.Cosine, ContrastItems.InfoNceTemperature);
    }

    [Fact]
    public void A_catalogue_larger_than_a_chunk_gives_the_same_loss()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        const int rows = 150, width = 4, classes = 40_000; // chunks of 64, 64 and 22 rows
        var random = CounterRandom.Of(6);
        var hidden = tensor(random.Normal(rows * width, 1)).view(rows, width);
        var items = tensor(random.Normal(classes * width, 1)).view(classes, width);
        var labels = Scalars.Range(0, rows, CPU).mul(200);
        var slice = new SliceTensors(hidden, empty_like(hidden), items, zeros_like(items), labels, FirstClass: 0, EndOfClasses: classes);
        double sum = CatalogueCrossEntropy.Accumulate(slice, 1.0 / rows, null).item<float>();

        using var gradient = enable_grad();
        var leaf = hidden.detach().requires_grad_();
        var expected = nn.functional.cross_entropy(leaf.matmul(items.t()), labels);
        expected.backward();
        PublishedParityTests.AssertClose(expected.item<float>(), sum / rows, 1e-5, 1e-5);
        PublishedParityTests.AssertClose(leaf.grad!.ToArray(), slice.RowGradient.ToArray(), 1e-6, 1e-4);
    }

    private static void AssertGradients(
        NextItemModel model, SequenceData data, Func<SequenceSlice, Tensor> encode,
        double negativeWeight, double contrastWeight, ContrastSimilarity similarity, double temperature)
    {
        var cutter = new SliceCutter(data, model, largestSlice: 11);
        var (slices, counts) = cutter.Cut([.. cutter.Rows]);
        var terms = PublishedParityTests.Gradients(model, slices, counts);
        var actual = model.Parameters.Select(entry => (entry.Name, entry.Values.grad!.ToArray())).ToArray();

        foreach (var (_, parameter) in model.Parameters)
            parameter.grad = null;
        var items = model.Parameter("items");
        double total = 0;
        foreach (var slice in slices)
        {
            var rows = encode(slice).view(-1, Encoder.Width).index_select(0, tensor(slice.Places));
            var logits = rows.matmul(items.narrow(0, 1, ItemCount).t());
            double weight = slice.Kind == SequenceKind.Negatives ? negativeWeight / counts.Negatives : 1.0 / counts.Positives;
            var loss = nn.functional.cross_entropy(logits, tensor(slice.Targets[SequenceSlice.Next]).sub(1)).mul(weight * slice.Targets[SequenceSlice.Next].Length);
            if (slice.Contrast is { } contrast)
                loss = loss.add(Contrast(rows, items, contrast, similarity, temperature).mul(contrastWeight / counts.ContrastTargets));
            loss.backward();
            total += loss.item<float>();
        }

        items.grad!.narrow(0, 0, 1).zero_();
        PublishedParityTests.AssertClose(total, terms.Total, 1e-5, 1e-5);
        foreach (var ((name, parameter), (_, gradient)) in model.Parameters.Zip(actual))
            PublishedParityTests.AssertClose(parameter.grad!.ToArray(), gradient, 2e-6, 2e-4, name);
    }

    // one position after the other, as the equation is written
    private static Tensor Contrast(Tensor rows, Tensor items, ContrastItems contrast, ContrastSimilarity similarity, double temperature)
    {
        var sum = zeros(1);
        for (int i = 0; i < contrast.Items.Length / contrast.Width; i++)
        {
            long[] compared = [.. contrast.Items.AsSpan(i * contrast.Width, contrast.Width).ToArray().Where(item => item != 0)];
            if (contrast.Items[i * contrast.Width] == 0)
                continue;
            var row = rows.narrow(0, i, 1);
            var vectors = items.index_select(0, tensor(compared));
            var similarities = similarity == ContrastSimilarity.Dot ? vectors.matmul(row.t())
                : nn.functional.normalize(vectors, dim: 1).matmul(nn.functional.normalize(row, dim: 1).t());
            var exponents = similarities.div(temperature).exp();
            sum = sum.sub(exponents.narrow(0, 0, 1).div(exponents.sum()).log().sum());
        }

        return sum;
    }

    private static Tensor Inputs(SequenceSlice slice) => tensor(slice.Items.ToArray()).view(slice.Count, slice.Length);
}
