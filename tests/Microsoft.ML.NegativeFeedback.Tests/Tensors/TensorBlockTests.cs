using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Tensors;

/// <summary>What a GPU works with, shown on a CPU.</summary>
public sealed class TensorBlockTests
{
    private static readonly long[][] Shapes = [[3, 5], [64], [1], [2, 70], [4]];

    [Fact]
    public void Parts_share_no_values_and_begin_at_round_addresses()
    {
        using var scope = NewDisposeScope();
        using var block = new TensorBlock(Shapes, CPU);
        for (int i = 0; i < Shapes.Length; i++)
        {
            var part = block.Part(i);
            Assert.Equal(Shapes[i], part.shape);
            Assert.Equal(0, part.storage_offset() % 64);
            part.add_(Scalars.Of(i + 1L), Scalars.One);
        }

        for (int i = 0; i < Shapes.Length; i++)
            Assert.All(block.Part(i).ToArray(), value => Assert.Equal(i + 1, value));
        Assert.Equal(Shapes.Select((shape, i) => (i + 1f) * shape.Aggregate(1L, (product, size) => product * size)).Sum(), block.All.sum().item<float>());
    }

    [Fact]
    public void A_block_leaves_no_tensors_behind()
    {
        var statistics = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics;
        long before = statistics.ThreadTotalLiveCount;
        using (var block = new TensorBlock(Shapes, CPU))
        {
            block.Part(1).Dispose();
            Assert.Equal(before + 1, statistics.ThreadTotalLiveCount);
        }

        Assert.Equal(before, statistics.ThreadTotalLiveCount);
    }

    /// <summary>One step over the block gives the bits of one over each parameter; a step in which one has no gradient leaves it alone, as ever.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData(0.5)]
    public void Adam_steps_over_a_block_as_over_its_parameters(double? clippingNorm)
    {
        using var scope = NewDisposeScope();
        using var values = new TensorBlock(Shapes, CPU);
        using var gradients = values.Another();
        var together = Parameters(i => values.Part(i));
        var apart = Parameters(i => zeros(Shapes[i]));
        using var ofBlock = new AdamOptimizer(together, 1e-2, 0.98, values);
        using var ofEach = new AdamOptimizer(apart, 1e-2, 0.98);
        for (int step = 0; step < 6; step++)
        {
            bool isWhole = step != 3;
            for (int i = 0; i < Shapes.Length; i++)
            {
                var gradient = TorchMemory.Of(CounterRandom.Of(step, i).Normal((int)apart[i].Values.numel(), 1), CPU, Shapes[i]);
                apart[i].Values.grad = isWhole || i != 2 ? gradient : null;
                together[i].Values.grad = isWhole || i != 2 ? gradients.Part(i).copy_(gradient) : null;
            }

            Step(ofBlock, isWhole ? gradients.All : null);
            Step(ofEach, null);
        }

        // after a step without one gradient the parameters differ in their number of steps, and each is moved by itself
        Assert.Equal([6, 6, 5, 6, 6], ofBlock.Steps.Select(entry => entry.Steps));
        for (int i = 0; i < Shapes.Length; i++)
        {
            if (clippingNorm is null)
                Assert.Equal(apart[i].Values.ToArray(), together[i].Values.ToArray());
            else
                Assert.All(apart[i].Values.ToArray().Zip(together[i].Values.ToArray()), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        }

        void Step(AdamOptimizer adam, Tensor? all)
        {
            Assert.True(adam.HasFiniteGradients(all));
            if (clippingNorm is { } norm)
                adam.ClipGradients(norm, all);
            adam.Step(null, all);
        }
    }

    [Fact]
    public void A_gradient_in_a_block_that_is_no_number_is_found()
    {
        using var scope = NewDisposeScope();
        using var values = new TensorBlock(Shapes, CPU);
        using var gradients = values.Another();
        using var adam = new AdamOptimizer(Parameters(i => values.Part(i)), 1e-2, block: values);
        Assert.True(adam.HasFiniteGradients(gradients.All));
        gradients.Part(3).fill_(Scalars.Of(double.NaN));
        Assert.False(adam.HasFiniteGradients(gradients.All));
    }

    private static (string Name, Parameter Values)[] Parameters(Func<int, Tensor> create)
        => [.. Shapes.Select((shape, i) => ($"{i}", new Parameter(create(i).copy_(TorchMemory.Of(CounterRandom.Of(100, i).Normal((int)shape.Aggregate(1L, (product, size) => product * size), 1), CPU, shape)))))];
}
