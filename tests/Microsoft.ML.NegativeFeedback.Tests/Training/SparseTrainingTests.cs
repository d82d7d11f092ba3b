using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

/// <summary>Training that moves those rows of the item table alone that a step met.</summary>
public sealed class SparseTrainingTests
{
    private const int ItemCount = 400;

    private static readonly PassKey Step = new(Seed: 1, Epoch: 2, Step: 3, Part: 0);

    public static TheoryData<string> Losses => ["sampled", "uniform", "scalable"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Only_rows_that_were_met_have_a_gradient_and_any_number_of_workers_gives_the_same(string loss)
    {
        using var scope = NewDisposeScope();
        using var model = CreateModel(loss);
        // few rows, in slices whose cutting does not depend on the workers
        var (slices, counts) = new SliceCutter(RandomSequences.Create(8, ItemCount, 12, seed: 5), model, largestSlice: 20).Cut([.. Enumerable.Range(0, 8)]);
        var (indices, values, others) = Compute(1);
        Assert.InRange(indices.Length, 20, ItemCount - 50);
        Assert.Equal(indices.Distinct().Order(), indices);
        Assert.DoesNotContain(0, indices);
        Assert.All(slices.SelectMany(slice => slice.Items.ToArray()).Where(item => item != 0), item => Assert.Contains(item, indices));
        foreach (int workers in new[] { 2, 5 })
        {
            var again = Compute(workers);
            Assert.Equal(indices, again.Indices);
            PublishedParityTests.AssertClose(values, again.Values, 1e-6, 1e-4);
            PublishedParityTests.AssertClose(others, again.Others, 1e-6, 1e-4);
        }

        (long[] Indices, float[] Values, float[] Others) Compute(int count)
        {
            using var workers = new GradientWorkers(model, CPU, new TorchWorkers(count, count));
            // the second step shows that nothing of the first is left
            workers.Compute(NextItemBatches.Of(model, slices, counts), Step);
            var terms = workers.Compute(NextItemBatches.Of(model, slices, counts), Step);
            Assert.True(double.IsFinite(terms.Total) && terms.Total > 1);
            Assert.Null(model.Of(model.Network.Items).grad);
            return (workers.Rows!.Indices.data<long>().ToArray(), workers.Rows.Values.ToArray(), model.Of(model.Network.Parameters.ElementAt(1)).grad!.ToArray());
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_step_moves_those_rows_as_Adam_does_and_leaves_the_others_as_they_are(int workerCount)
    {
        using var scope = NewDisposeScope();
        const int Width = 5;
        float[] values = Numbers(1, 8 * Width);
        var table = new Parameter(TorchMemory.Of(values, CPU, 8, Width));
        using var adam = new AdamOptimizer([("table", table)], 1e-2);
        var workers = workerCount == 0 ? null : new TorchWorkers(workerCount, workerCount);
        long[][] met = [[1, 4, 7], [2, 4], [1, 4, 6]];
        var (first, second) = (new double[values.Length], new double[values.Length]);
        var expected = Array.ConvertAll(values, value => (double)value);
        for (int step = 1; step <= met.Length; step++)
        {
            float[] gradient = Numbers(10 + step, met[step - 1].Length * Width);
            using var rows = new RowGradient(table, TorchMemory.Of(met[step - 1], CPU), TorchMemory.Of(gradient, CPU, -1, Width));
            Assert.True(adam.HasFiniteGradients(null, rows));
            adam.Step(workers, null, rows);
            for (int i = 0; i < gradient.Length; i++)
            {
                long at = (met[step - 1][i / Width] * Width) + (i % Width);
                first[at] = (0.9 * first[at]) + (0.1 * gradient[i]);
                second[at] = (0.999 * second[at]) + (0.001 * gradient[i] * gradient[i]);
                expected[at] -= 1e-2 / (1 - Math.Pow(0.9, step)) * first[at] / ((Math.Sqrt(second[at]) / Math.Sqrt(1 - Math.Pow(0.999, step))) + 1e-8);
            }
        }

        float[] moved = table.ToArray();
        PublishedParityTests.AssertClose(Array.ConvertAll(expected, value => (float)value), moved, 1e-6, 1e-5);
        foreach (int row in new[] { 0, 3, 5 })
            Assert.True(values.AsSpan(row * Width, Width).SequenceEqual(moved.AsSpan(row * Width, Width)), $"row {row} moved");
        workers?.Dispose();
    }

    [Fact]
    public void The_gradient_of_rows_is_looked_at_and_clipped_with_the_others()
    {
        using var scope = NewDisposeScope();
        var table = new Parameter(zeros(4, 2));
        using var adam = new AdamOptimizer([("table", table)], 1e-2);
        using var rows = new RowGradient(table, TorchMemory.Of([1L], CPU), TorchMemory.Of([3f, 4f], CPU, 1, 2));
        adam.ClipGradients(1, null, rows);
        PublishedParityTests.AssertClose([0.6f, 0.8f], rows.Values.ToArray(), 1e-6, 1e-6);
        using var broken = new RowGradient(table, TorchMemory.Of([1L], CPU), TorchMemory.Of([float.NaN, 4f], CPU, 1, 2));
        Assert.False(adam.HasFiniteGradients(null, broken));
    }

    private static float[] Numbers(long seed, int count) => Microsoft.ML.NegativeFeedback.Sampling.CounterRandom.Of(seed).Normal(count, 1);

    private static NextItemModel CreateModel(string loss)
    {
        CatalogueLoss catalogue = loss switch
        {
            "sampled" => CatalogueLoss.SampledSoftmax(16),
            "uniform" => CatalogueLoss.SampledSoftmax(16, NegativeSamplingMethod.Uniform),
            _ => CatalogueLoss.ScalableCrossEntropy(3, 0.5),
        };
        var network = new PnfRecNetwork(ItemCount, new EncoderSettings(8, 10, 1, 2, 0), readsNegatives: true, separatePositions: false, seed: 3);
        return new NextItemModel(network, new NextItemLoss(0.45, 0.25, ContrastSimilarity.Dot, 1, catalogue), CPU, (catalogue as SampledSoftmaxLoss)?.Draws(new long[ItemCount + 1]));
    }
}
