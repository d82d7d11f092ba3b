using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Tensors;

public sealed class RoundWidthsTests
{
    [Theory]
    [InlineData(231, 240)]
    [InlineData(3412, 3424)]
    [InlineData(100, 104)] // 112 would be an eighth more
    [InlineData(50, 50)]
    [InlineData(7, 7)]
    [InlineData(64, 64)]
    public void A_width_grows_by_a_twentieth_at_most(long size, long expected) => Assert.Equal(expected, RoundWidths.Of(size));

    [Theory]
    [InlineData(1, new long[] { 39, 31 }, new long[] { 40, 32 })]
    [InlineData(3, new long[] { 117, 39 }, new long[] { 120, 40 })] // three of 39, each with its own zeros
    [InlineData(3, new long[] { 117 }, new long[] { 120 })]
    [InlineData(1, new long[] { 50, 64 }, new long[] { 50, 64 })]
    public void Matrices_are_kept_with_zeros_behind_each(int parts, long[] shape, long[] expected)
    {
        using var scope = NewDisposeScope();
        var values = rand(shape).add_(Scalars.One, Scalars.One);

        var kept = RoundWidths.Keep(values, parts);
        var inside = RoundWidths.Inside(kept, shape, parts);

        Assert.Equal(expected, kept.shape);
        Assert.Equal(values.ToArray(), inside.ToArray());
        Assert.Equal(values.numel(), kept.count_nonzero().item<long>());
        Assert.Equal(expected.SequenceEqual(shape), ReferenceEquals(values, kept));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_product_at_round_widths_has_the_values_and_gradients_of_torchs(bool hasBias)
    {
        const int Rows = 330, Inputs = 231, Outputs = 229;
        using var scope = NewDisposeScope();
        Tensor[] leaves = [Leaf(1, 2, Rows / 2, Inputs), Leaf(2, Outputs, Inputs), .. hasBias ? [Leaf(3, Outputs)] : Array.Empty<Tensor>()];
        var direction = Leaf(4, 2, Rows / 2, Outputs).detach();

        var product = RoundWidths.Linear(leaves[0], leaves[1], hasBias ? leaves[2] : null);
        var expected = nn.functional.linear(leaves[0], leaves[1], hasBias ? leaves[2] : null);

        Assert.Equal(expected.shape, product.shape);
        Assert.True(product.allclose(expected, 1e-5, 1e-4));
        foreach (var (actual, wanted) in autograd.grad([product], leaves, [direction]).Zip(autograd.grad([expected], leaves, [direction])))
            Assert.True(actual.allclose(wanted, 1e-4, 1e-3));

        static Tensor Leaf(int seed, params long[] shape)
            => tensor(CounterRandom.Of(seed).Normal((int)shape.Aggregate(1L, (product, size) => product * size), 1)).view(shape).requires_grad_();
    }
}
