using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

/// <summary>Trainings side by side: what one does with torch's number of threads, which is the whole process's, changes no bit of another.</summary>
public sealed class MklThreadsTests
{
    [Fact]
    public async Task A_training_gives_the_same_bits_while_others_change_the_number_of_threads()
    {
        var ml = new MLContext(seed: 1);
        var rows = ml.Data.LoadFromEnumerable(Trainers.ToyFeed.Histories(60, seed: 1));
        var train = ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        float[][] expected = Vectors();
        using var stop = new CancellationTokenSource();
        var others = Task.Run(() =>
        {
            // as other trainings do when they begin and end
            int former = get_num_threads();
            for (int number = 0; !stop.IsCancellationRequested; number++)
                set_num_threads(1 + (number % 4));
            set_num_threads(former);
        });
        for (int i = 0; i < 4; i++)
            Assert.Equal(expected, Vectors());
        await stop.CancelAsync();
        await others;

        float[][] Vectors()
        {
            using var model = Trainers.ExchangeTests.Create(ml, "Clsr", options =>
                (options.NumberOfThreads, options.BatchSize, options.DropoutRate, options.EmbeddingWidth, options.MaximumNumberOfEpochs) = (2, 40, 0.3, 32, 2)).Fit(train);
            return [.. Data.ColumnCursorExtensions.GetColumn<float[]>(model.GetItemVectors(), "Vector")];
        }
    }

    [Fact]
    public void The_number_of_a_thread_is_its_own()
    {
        // what cannot be set does no harm
        MklThreads.SetOfThisThread(2);
        MklThreads.SetOfThisThread(0);
        using var scope = NewDisposeScope();
        Assert.Equal(128, ones(128, 128).mm(ones(128, 128))[0, 0].item<float>());
    }
}
