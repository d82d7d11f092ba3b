using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;
using TorchSharp;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

public sealed class ModelTrainingTests
{
    private const int ItemCount = 30;

    private static readonly PnfRecSettings PnfRec = new(new EncoderSettings(16, 8, 1, 2, 0.1), 0.45, 0.25, ContrastSimilarity.Dot, false);
    private static readonly SequenceData Train = RandomSequences.Create(150, ItemCount, 12, seed: 1);
    private static readonly TargetValidationRows Validation = new(RandomSequences.Create(60, ItemCount, 12, seed: 2, withTargets: true), Cutoff: 10);
    private static readonly TrainingSettings Settings = new()
    {
        BatchSize = 40,
        MaximumEpochs = 4,
        LearningRate = 5e-3,
        Seed = 11,
        Threads = 1,
    };

    [Fact]
    public void Training_learns_what_comes_next()
    {
        var result = TestModels.Train(Train, Validation with { Cutoff = 3 }, PnfRec, Settings with { MaximumEpochs = 12 });
        // the next item is one of three, by chance one of thirty
        Assert.True(result.Epochs[^1].Loss < 0.8 * result.Epochs[0].Loss);
        Assert.True(result.Epochs[result.BestEpoch - 1].ValidationMetrics["HR_p@3"] > 0.4);
        Assert.Equal(result.Epochs.Max(epoch => epoch.ValidationScore), result.Epochs[result.BestEpoch - 1].ValidationScore);
        Assert.Equal(ItemCount, result.Weights.Network.ItemCount);
    }

    [Theory]
    [InlineData(false, 0)]
    [InlineData(true, 0)]
    [InlineData(true, 0.2)]
    public void The_baselines_learn_too(bool readsWholeSequence, double contrastWeight)
    {
        var result = TestModels.Train(Train, Validation with { Cutoff = 3 }, new SasRecSettings(PnfRec.Encoder, readsWholeSequence, contrastWeight),
            Settings with { MaximumEpochs = 12 });
        Assert.True(result.Epochs[^1].Loss < 0.9 * result.Epochs[0].Loss);
        Assert.Equal(contrastWeight > 0, result.Epochs[0].LossTerms["contrast"] > 0);
        Assert.Equal(0, result.Epochs[0].LossTerms["CE-"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_same_seed_and_threads_give_the_same_weights_to_the_bit(int threads)
    {
        var first = TestModels.Train(Train, Validation, PnfRec, Settings with { Threads = threads });
        var second = TestModels.Train(Train, Validation, PnfRec, Settings with { Threads = threads });
        AssertSameBits(first.Weights, second.Weights);
        var other = TestModels.Train(Train, Validation, PnfRec, Settings with { Threads = threads, Seed = 12 });
        Assert.NotEqual(first.Weights.Values["items"], other.Weights.Values["items"]);
    }

    [Fact]
    public void Without_validation_rows_the_last_weights_are_kept()
    {
        var result = TestModels.Train(Train, null, PnfRec, Settings);
        Assert.Equal((4, 4), (result.Epochs.Count, result.BestEpoch));
        Assert.All(result.Epochs, epoch => Assert.Null(epoch.ValidationScore));
    }

    [Fact]
    public void Training_stops_when_patience_ends_and_keeps_the_best_epoch()
    {
        // a step size at which the weights soon get worse
        var settings = Settings with { MaximumEpochs = 50, Patience = 3, LearningRate = 0.1 };
        var result = TestModels.Train(Train, Validation, PnfRec, settings);
        Assert.Equal(result.BestEpoch + 3, result.Epochs.Count);
        var upToBest = TestModels.Train(Train, null, PnfRec, settings with { MaximumEpochs = result.BestEpoch });
        AssertSameBits(upToBest.Weights, result.Weights);
    }

    [Fact]
    public void Progress_and_log_are_told_of_every_epoch()
    {
        var progress = new Recorder<TrainingProgress>();
        var lines = new List<string>();
        var result = TestModels.Train(Train, Validation, PnfRec, Settings, new TrainingRun(progress, lines.Add));
        Assert.Equal(result.Epochs, progress.Reports);
        Assert.Equal(Settings.MaximumEpochs, lines.Count);
        Assert.All(progress.Reports, report => Assert.Equal(
            report.Loss, report.LossTerms["CE"] + (0.45 * report.LossTerms["CE-"]) + (0.25 * report.LossTerms["contrast"]), 6));
        Assert.All(progress.Reports, report => Assert.True(report.SequencesPerSecond > 0));
    }

    [Fact]
    public void Clipping_bounds_the_norm_of_the_gradient()
    {
        using var scope = torch.NewDisposeScope();
        using var model = TestModels.Create(ItemCount, PnfRec, 1);
        using var optimizer = new AdamOptimizer(model.Parameters, 1e-3);
        var cutter = new SliceCutter(Train, model, 1000);
        var (slices, counts) = cutter.Cut([.. cutter.Rows]);
        PublishedParityTests.Gradients(model, slices, counts);
        double norm = Norm();
        optimizer.ClipGradients(2 * norm);
        Assert.Equal(norm, Norm(), 6);
        optimizer.ClipGradients(norm / 4);
        Assert.Equal(norm / 4, Norm(), 6);

        double Norm() => Math.Sqrt(model.Parameters.Sum(parameter => parameter.Values.grad!.ToArray().Sum(value => (double)value * value)));
    }

    [Fact]
    public void Training_leaves_no_tensors_behind()
    {
        TestModels.Train(Train, Validation, PnfRec, Settings with { MaximumEpochs = 1 });
        var statistics = DisposeScopeManager.Statistics.TensorStatistics;
        long before = statistics.ThreadTotalLiveCount;
        var during = new List<long>();
        var progress = new Recorder<TrainingProgress>(_ => during.Add(statistics.ThreadTotalLiveCount));
        TestModels.Train(Train, Validation, PnfRec, Settings with { GradientClippingNorm = 1 }, new TrainingRun(progress));
        Assert.Equal(before, statistics.ThreadTotalLiveCount);
        // nor does an epoch add to those of the one before
        Assert.Equal(during[1], during[^1]);
    }

    [Fact]
    public void Divergence_is_reported_with_a_remedy()
    {
        var error = Assert.Throws<InvalidOperationException>(
            () => TestModels.Train(Train, null, PnfRec, Settings with { LearningRate = 1e20, MaximumEpochs = 20 }));
        Assert.Contains("lower LearningRate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_last_step_that_leaves_no_numbers_gives_no_model()
    {
        var settings = Settings with { LearningRate = 1e39, BatchSize = 150, MaximumEpochs = 1 };
        var error = Assert.Throws<InvalidOperationException>(() => TestModels.Train(Train, null, PnfRec, settings));
        Assert.StartsWith("A weight is no finite number in step 1 of epoch 1", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN, null)]
    [InlineData(float.NegativeInfinity, 1.0)]
    public void A_gradient_that_is_no_number_gives_no_model_though_the_loss_is_one(float gradient, double? clippingNorm)
    {
        var settings = Settings with { MaximumEpochs = 1, GradientClippingNorm = clippingNorm };
        var error = Assert.Throws<InvalidOperationException>(() => ModelTraining.Train(new BrokenTask(lastRow: 49, gradient), settings with { BatchSize = 20 }));
        Assert.StartsWith("A gradient is no finite number in step 3 of epoch 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("lower LearningRate", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_with_nothing_to_learn_is_refused_before_training()
    {
        AssertRefused("no rows", new SequenceData(ItemCount, [0], [], []));
        AssertRefused("positive feedback", Rows(-1, -1, -1));
        AssertRefused("two items with negative feedback", Rows(1, 1, -1));
        var noTargets = new TargetValidationRows(new SequenceData(ItemCount, [0, 2], [1, 2], [1, 1], [3], [-1]), Cutoff: 10);
        var error = Assert.Throws<InvalidOperationException>(() => TestModels.Train(Train, noTargets, PnfRec, Settings));
        Assert.Contains("validation row", error.Message, StringComparison.Ordinal);

        static SequenceData Rows(params sbyte[] feedback)
            => new(ItemCount, [0, feedback.Length], [.. Enumerable.Range(1, feedback.Length)], feedback);

        static void AssertRefused(string expected, SequenceData data)
        {
            var error = Assert.Throws<InvalidOperationException>(() => TestModels.Train(data, null, PnfRec, Settings));
            Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_missing_GPU_is_reported()
    {
        if (torch.cuda.is_available())
            return;
        var error = Assert.Throws<InvalidOperationException>(
            () => TestModels.Train(Train, null, PnfRec, Settings with { CudaDevice = 0 }));
        Assert.Contains("CUDA device 0", error.Message, StringComparison.Ordinal);
    }

    internal static void AssertSameBits(NetworkWeights expected, NetworkWeights actual)
    {
        Assert.Equal(expected.Values.Keys, actual.Values.Keys);
        foreach (var (name, values) in expected.Values)
            Assert.Equal(Bits(values), Bits(actual.Values[name]));

        static int[] Bits(float[] values) => Array.ConvertAll(values, BitConverter.SingleToInt32Bits);
    }

    /// <summary>Of 50 rows in batches, the last batch, the smallest, has a broken gradient.</summary>
    private sealed class BrokenTask(int lastRow, float gradient) : TrainingTask<NextItemModel>
    {
        public override IReadOnlyDictionary<string, string> Description => new Dictionary<string, string>();

        public override NextItemModel CreateModel(torch.Device device)
            => TestModels.Create(ItemCount, new SasRecSettings(new EncoderSettings(4, 6, 1, 1, 0), false, 0), 7);

        public override IBatchSource CreateBatches(NextItemModel model, torch.Device device, int workers, CancellationToken cancellationToken)
            => new Batches(model, lastRow + 1, gradient);

        public override IValidation? CreateValidation(NextItemModel model, CancellationToken cancellationToken) => null;

        private sealed class Batches(NextItemModel model, int rows, float gradient) : IBatchSource
        {
            public int RowCount => rows;

            public Batch Cut(ReadOnlySpan<int> rows, PassKey step)
            {
                bool isLast = rows.Length == RowCount % 20;
                return new Batch([new BatchPart(1, (_, sums) => Fill(sums, isLast ? gradient : 0))], _ => new LossTerms(1, ("CE", 1)));
            }

            private void Fill(GradientSums sums, float value)
            {
                using var scope = torch.NewDisposeScope();
                using var noGradient = torch.no_grad();
                var parameter = model.Parameter("positions");
                sums.Of(parameter).fill_(Scalars.Of(value));
            }
        }
    }
}
