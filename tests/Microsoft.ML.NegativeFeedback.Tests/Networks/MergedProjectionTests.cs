using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Networks;

/// <summary>Attention of one head takes two projections where four are published: values and gradients are the same, those of the biases too.</summary>
public sealed class MergedProjectionTests
{
    private const int Items = 30, Width = 24, Length = 12;

    [Theory]
    [InlineData(0)]
    [InlineData(0.4)] // dropped weights no longer add up to 1, by which a value's bias counts
    public void Two_projections_give_what_four_do(double dropoutRate)
    {
        using var scope = NewDisposeScope();
        var network = new PnfRecNetwork(Items, new EncoderSettings(Width, Length, 2, 1, dropoutRate), readsNegatives: true, separatePositions: false, seed: 3);
        using var model = new NextItemModel(network, new NextItemLoss(0.45, 0, ContrastSimilarity.Dot, 1), CPU);
        foreach (var parameter in network.Parameters.Where(parameter => parameter.Name.EndsWith("bias", StringComparison.OrdinalIgnoreCase)))
            model.Write(parameter, CounterRandom.Of(7, parameter.Shape[0]).Normal(parameter.Shape[0], 0.5));
        var cutter = new SliceCutter(RandomSequences.Create(9, Items, Length, seed: 4), model, largestSlice: 1000);
        var slice = cutter.Cut([.. cutter.Rows]).Slices[0];

        var (expected, ofExpected) = Run(hasLaunches: true);
        var (actual, ofActual) = Run(hasLaunches: false);

        PublishedParityTests.AssertClose(expected, actual, 2e-6, 1e-5);
        foreach (var ((name, _), (wanted, gradient)) in model.Parameters.Zip(ofExpected.Zip(ofActual)))
            PublishedParityTests.AssertClose(wanted, gradient, 1e-5, 1e-4, name);
        int biases = model.Parameters.ToList().FindIndex(parameter => parameter.Name.EndsWith("block0.inProjectionBias", StringComparison.Ordinal));
        Assert.Contains(ofActual[biases][(2 * Width)..], value => Math.Abs(value) > 0.1f);

        (float[] Values, float[][] Gradients) Run(bool hasLaunches)
        {
            using var sums = new GradientSums(model, CPU);
            var pass = new TorchPass(model, new Dropout(dropoutRate, default), sums.Derived);
            Pass<TorchTensor> seen = hasLaunches ? new Launched(pass) : pass;
            var rows = network.Hidden(seen, new TorchHistory(slice, CPU), slice.Kind).Value;
            var gradient = TorchMemory.Of(CounterRandom.Of(8).Normal((int)rows.numel(), 1), CPU, rows.shape);
            pass.Backpropagate(rows, gradient, sums);
            sums.End();
            return (rows.ToArray(), [.. model.Parameters.Select(parameter => sums.Of(parameter.Values).ToArray())]);
        }
    }

    /// <summary>A pass as on a GPU, for which the projections are left as they are.</summary>
    private sealed class Launched(TorchPass pass) : Pass<TorchTensor>, IDropoutMasks
    {
        public override bool WaitsForLaunches => true;

        public override bool Drops => pass.Drops;

        public override TorchTensor Of(NetworkParameter parameter) => pass.Of(parameter);

        public override TorchTensor Of(NetworkConstant constant) => pass.Of(constant);

        public override TorchTensor Lookup(NetworkParameter table, TorchTensor rows) => pass.Lookup(table, rows);

        public override TorchTensor LookupFrozen(NetworkParameter table, TorchTensor rows) => pass.LookupFrozen(table, rows);

        public override TorchTensor Dropout(TorchTensor values) => pass.Dropout(values);

        public override TorchTensor DropoutRelu(TorchTensor values) => pass.DropoutRelu(values);

        public override TorchTensor AddDropout(TorchTensor sum, TorchTensor values) => pass.AddDropout(sum, values);

        public (CounterRandom Draws, double Rate) NextMask() => pass.NextMask();
    }
}
