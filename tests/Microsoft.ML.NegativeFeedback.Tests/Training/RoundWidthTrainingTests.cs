using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

/// <summary>On a CPU parameters are kept at round widths: what a network computes and learns is what it does at its own.</summary>
public sealed class RoundWidthTrainingTests
{
    // each has a multiple of 8 within a twentieth: 40 columns, 48 rows of the item table, 32 positions
    private const int Width = 39, Items = 46, Length = 31;

    private static readonly EncoderSettings Encoder = new(Width, Length, 2, 1, 0);

    [Theory]
    [InlineData(ContrastSimilarity.Dot, 0.25)]
    [InlineData(ContrastSimilarity.Cosine, 0.25)]
    [InlineData(ContrastSimilarity.Dot, 0)]
    public void Gradients_are_those_of_its_own_widths(ContrastSimilarity similarity, double contrastWeight)
    {
        using var scope = NewDisposeScope();
        var loss = Loss() with { Similarity = similarity, ContrastWeight = contrastWeight };
        using NextItemModel odd = new(new OddPnfRec(), loss, CPU), round = new(Round(), loss, CPU);
        var (expected, actual) = (Terms(odd), Terms(round));

        PublishedParityTests.AssertClose(expected.Total, actual.Total, 1e-6, 1e-6);
        foreach (var parameter in round.Network.Parameters)
        {
            Tensor wanted = odd.Parameter(parameter.Name).grad!, gradient = round.Of(parameter).grad!;
            Assert.NotEqual(wanted.shape, gradient.shape);
            float[] inside = RoundWidths.Inside(gradient, wanted.shape, parameter.Parts).ToArray();
            PublishedParityTests.AssertClose(wanted.ToArray(), inside, 2e-6, 1e-4, parameter.Name);
            Assert.True(gradient.count_nonzero().item<long>() == inside.Count(value => value != 0), $"{parameter.Name}: zeros are learned");
        }

        static LossTerms Terms(NextItemModel model)
        {
            model.Spread();
            var cutter = new SliceCutter(RandomSequences.Create(9, Items, Length, seed: 4), model, largestSlice: 80);
            var (slices, counts) = cutter.Cut([.. cutter.Rows]);
            return PublishedParityTests.Gradients(model, slices, counts);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Trained_weights_are_those_of_its_own_widths(bool isSampled)
    {
        var (expected, actual) = (Train(new OddPnfRec()), Train(Round()));
        Assert.Equal(expected.Epochs[^1].BestEpoch, actual.Epochs[^1].BestEpoch);
        foreach (var (epoch, other) in expected.Epochs.Zip(actual.Epochs))
        {
            PublishedParityTests.AssertClose(epoch.Loss, other.Loss, 1e-4, 1e-4);
            PublishedParityTests.AssertClose(epoch.ValidationScore!.Value, other.ValidationScore!.Value, 1e-6, 1e-6);
        }

        // Adam makes a whole step of a gradient that is hardly any: a few numbers may go apart
        foreach (var parameter in Round().Parameters)
            PublishedParityTests.AssertClose(expected.Weights.Values[parameter.Name], actual.Weights.Values[parameter.Name], 2e-3, 1e-3, parameter.Name);

        TrainingResult Train(PnfRecNetwork network)
        {
            var data = RandomSequences.Create(40, Items, Length, seed: 8, withTargets: true);
            var loss = Loss() with { Catalogue = isSampled ? CatalogueLoss.SampledSoftmax(16) : null };
            return ModelTraining.Train(new NextItemTask(network, loss, data, new TargetValidationRows(data, 10)),
                new TrainingSettings { MaximumEpochs = 3, Threads = 1, BatchSize = 16 });
        }
    }

    [Fact]
    public void Weights_of_a_former_model_come_to_lie_where_they_belong()
    {
        using var former = new NextItemModel(Round(), Loss(), CPU);
        former.Spread();
        var network = new PnfRecNetwork(Items, Encoder, readsNegatives: true, separatePositions: false, seed: 4);
        using var model = new NextItemModel(network, Loss(), CPU);

        new InitialWeights(network, former.ToWeights().Values, [.. Enumerable.Range(0, Items + 1)]).CopyTo(model);

        foreach (var ((name, expected), (_, actual)) in former.Parameters.Zip(model.Parameters))
            Assert.True(expected.ToArray().AsSpan().SequenceEqual(actual.ToArray()), name);
    }

    [Fact]
    public void Vectors_of_items_are_those_that_there_are()
    {
        using var model = new NextItemModel(Round(), Loss(), CPU);
        Assert.Equal((Items + 2L, Items + 1L), (model.Of(model.Network.Items).shape[0], model.ItemVectors.shape[0]));
    }

    [Fact]
    public void Heads_keep_their_own_widths() => AssertKept(new PnfRecNetwork(Items, Encoder with { HeadCount = 3 }, readsNegatives: true, separatePositions: false, seed: 3));

    // it cuts what it has computed at its width
    [Fact]
    public void A_network_that_does_not_allow_it_keeps_its_own_widths() => AssertKept(new AddedNetwork(Items, Encoder, seed: 3));

    private static void AssertKept(NextItemNetwork network)
    {
        using var model = new NextItemModel(network, Loss(), CPU);
        Assert.All(model.Network.Parameters, parameter => Assert.Equal(parameter.Shape, model.Of(parameter).shape.Select(size => (int)size)));
    }

    private static NextItemLoss Loss() => new(0.45, 0.25, ContrastSimilarity.Dot, ContrastItems.OpposingTemperature);

    private static PnfRecNetwork Round() => new(Items, Encoder, readsNegatives: true, separatePositions: false, seed: 3);

    private sealed class OddPnfRec() : PnfRecNetwork(RoundWidthTrainingTests.Items, Encoder, readsNegatives: true, separatePositions: false, seed: 3)
    {
        public override bool AllowsRoundWidths => false;
    }
}
