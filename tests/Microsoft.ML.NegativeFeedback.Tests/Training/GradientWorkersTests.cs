using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

public sealed class GradientWorkersTests
{
    private const int ItemCount = 25;

    private static readonly PassKey Step = new(Seed: 1, Epoch: 2, Step: 3, Part: 0);

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void Any_number_of_workers_gives_the_gradients_of_one(int count)
    {
        using var scope = NewDisposeScope();
        using var model = CreateModel();
        var (slices, counts) = Slices(model);
        Assert.True(slices.Count > 5);
        var (expectedTerms, expected) = Compute(1);
        var (terms, gradients) = Compute(count);
        PublishedParityTests.AssertClose(expectedTerms.Total, terms.Total, 1e-6, 1e-6);
        for (int i = 0; i < expected.Length; i++)
            PublishedParityTests.AssertClose(expected[i], gradients[i], 1e-6, 1e-4);

        (LossTerms Terms, float[][] Gradients) Compute(int workers)
        {
            using var sums = new GradientWorkers(model, CPU, new TorchWorkers(workers, workers));
            // the second step shows that nothing of the first is left
            sums.Compute(NextItemBatches.Of(model, slices, counts), Step);
            return (sums.Compute(NextItemBatches.Of(model, slices, counts), Step), [.. model.Parameters.Select(parameter => parameter.Values.grad!.ToArray())]);
        }
    }

    [Theory]
    [InlineData(1, 2)] // a large model: one worker with two of torch's threads
    [InlineData(2, 4)]
    public void Workers_with_several_threads_give_the_same_bits_each_time(int workers, int threads)
    {
        using var scope = NewDisposeScope();
        int former = get_num_threads();
        using var model = TestModels.Create(900, new PnfRecSettings(new EncoderSettings(32, 40, 1, 2, 0.2), 0.45, 0.25, ContrastSimilarity.Cosine, false), 1);
        // slices large enough for torch to divide what it does with them
        var cutter = new SliceCutter(RandomSequences.Create(120, 900, 40, seed: 3), model, largestSlice: 1600);
        var (slices, counts) = cutter.Cut([.. cutter.Rows]);
        using var sums = new GradientWorkers(model, CPU, new TorchWorkers(workers, threads));
        float[][] expected = Compute();
        for (int i = 0; i < 4; i++)
        {
            float[][] again = Compute();
            for (int j = 0; j < expected.Length; j++)
                Assert.True(expected[j].AsSpan().SequenceEqual(again[j]), $"gradient {j} differs");
        }

        set_num_threads(former);

        float[][] Compute()
        {
            sums.Compute(NextItemBatches.Of(model, slices, counts), Step);
            return [.. model.Parameters.Select(parameter => parameter.Values.grad!.ToArray())];
        }
    }

    [Fact]
    public void An_encoder_that_a_batch_does_not_reach_has_no_gradient()
    {
        using var scope = NewDisposeScope();
        using var model = CreateModel();
        var builder = new SequenceDataBuilder(ItemCount, hasTargets: false);
        builder.AddRow([1, 2, 3], [1, 1, 1]);
        var (slices, counts) = new SliceCutter(builder.Build(), model, 100).Cut([0]);
        using var workers = new GradientWorkers(model, CPU, new TorchWorkers(2, 2));
        workers.Compute(NextItemBatches.Of(model, slices, counts), Step);
        foreach (var (name, parameter) in model.Parameters)
            Assert.Equal(name.StartsWith("negative", StringComparison.Ordinal), parameter.grad is null);
    }

    [Fact]
    public void A_worker_leaves_no_tensors_on_its_thread()
    {
        using var scope = NewDisposeScope();
        using var model = CreateModel();
        using var sums = new GradientSums(model, CPU);
        var (slices, counts) = Slices(model);
        var live = new long[2];
        new TorchWorkers(2, 2).Run(worker =>
        {
            long before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
            if (worker == 1)
            {
                model.AccumulateGradients(slices[0], counts, Step, sums);
                // with them go the rows that wait to be added to the table; a worker clears its own sums only
                sums.Clear();
            }

            live[worker] = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount - before;
        });
        Assert.Equal([0, 0], live);
    }

    [Fact]
    public void What_a_worker_throws_reaches_the_caller_after_all_have_ended()
    {
        int ended = 0;
        var error = Assert.Throws<InvalidDataException>(() => new TorchWorkers(3, 3).Run(worker =>
        {
            if (worker == 1)
                throw new InvalidDataException("from worker 1");
            Thread.Sleep(20);
            Interlocked.Increment(ref ended);
        }));
        Assert.Equal(("from worker 1", 2), (error.Message, ended));
    }

    [Fact]
    public void A_batch_is_cut_into_a_slice_or_more_for_each_part()
    {
        using var scope = NewDisposeScope();
        using var model = CreateModel();
        var data = RandomSequences.Create(400, ItemCount, 20, seed: 8);
        int whole = Count(1), parts = Count(6);
        Assert.True(whole < 6 && parts >= 6, $"{whole} and {parts} slices");

        int Count(int parts) => new SliceCutter(data, model, 100_000, parts).Cut([.. Enumerable.Range(0, data.RowCount)]).Slices.Count;
    }

    private static NextItemModel CreateModel()
        => TestModels.Create(ItemCount, new PnfRecSettings(new EncoderSettings(8, 12, 1, 2, 0.2), 0.45, 0.25, ContrastSimilarity.Cosine, false), 1);

    private static (IReadOnlyList<SequenceSlice> Slices, BatchCounts Counts) Slices(NextItemModel model)
    {
        var cutter = new SliceCutter(RandomSequences.Create(60, ItemCount, 20, seed: 3), model, largestSlice: 50);
        return cutter.Cut([.. cutter.Rows]);
    }
}
