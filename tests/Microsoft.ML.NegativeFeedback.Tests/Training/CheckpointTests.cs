using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tests.Networks;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Training;

public sealed class CheckpointTests : IDisposable
{
    private const int ItemCount = 30;

    private static readonly PnfRecSettings PnfRec = new(new EncoderSettings(8, 8, 1, 1, 0.1), 0.45, 0.25, ContrastSimilarity.Dot, false);
    private static readonly SequenceData Train = RandomSequences.Create(100, ItemCount, 12, seed: 1);
    private static readonly ValidationRows Validation = new TargetValidationRows(RandomSequences.Create(40, ItemCount, 12, seed: 2, withTargets: true), Cutoff: 10);

    private readonly string _folder = Directory.CreateTempSubdirectory("checkpoints").FullName;

    private string FilePath => Path.Combine(_folder, "training.checkpoint");

    private TrainingSettings Settings => new()
    {
        BatchSize = 30,
        MaximumEpochs = 5,
        LearningRate = 5e-3,
        Seed = 3,
        Threads = 1,
        CheckpointPath = FilePath,
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Resumed_training_ends_where_uninterrupted_training_ends(int epochsBefore)
    {
        var uninterrupted = TestModels.Train(Train, Validation, PnfRec, Settings with { CheckpointPath = null });
        TestModels.Train(Train, Validation, PnfRec, Settings with { MaximumEpochs = epochsBefore });
        var progress = new ModelTrainingTests.Recorder();
        var resumed = TestModels.Train(Train, Validation, PnfRec, Settings, new TrainingRun(progress));
        Assert.Equal(5 - epochsBefore, progress.Reports.Count);
        Assert.Equal(5, resumed.Epochs.Count);
        Assert.Equal(uninterrupted.BestEpoch, resumed.BestEpoch);
        Assert.Equal(
            uninterrupted.Epochs.Select(epoch => (epoch.Loss, epoch.ValidationScore)),
            resumed.Epochs.Select(epoch => (epoch.Loss, epoch.ValidationScore)));
        ModelTrainingTests.AssertSameBits(uninterrupted.Weights, resumed.Weights);
    }

    [Fact]
    public void A_finished_training_is_not_repeated()
    {
        var first = TestModels.Train(Train, Validation, PnfRec, Settings);
        var progress = new ModelTrainingTests.Recorder();
        var again = TestModels.Train(Train, Validation, PnfRec, Settings, new TrainingRun(progress));
        Assert.Empty(progress.Reports);
        ModelTrainingTests.AssertSameBits(first.Weights, again.Weights);
    }

    [Fact]
    public void Cancelled_training_leaves_the_checkpoint_of_the_last_finished_epoch()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new ModelTrainingTests.Recorder { OnReport = cancellation.Cancel };
        Assert.Throws<OperationCanceledException>(() => TestModels.Train(
            Train, Validation, PnfRec, Settings, new TrainingRun(progress, CancellationToken: cancellation.Token)));
        Assert.Single(CheckpointFile.Read(FilePath).Epochs);
        var resumed = TestModels.Train(Train, Validation, PnfRec, Settings);
        ModelTrainingTests.AssertSameBits(
            TestModels.Train(Train, Validation, PnfRec, Settings with { CheckpointPath = null }).Weights, resumed.Weights);
        Assert.Equal([FilePath], Directory.GetFiles(_folder));
    }

    [Fact]
    public void Measures_without_a_value_are_kept_as_they_are()
    {
        // AUC sees candidates of both kinds, but no row has both: GAUC and NDCG have no value
        var train = RandomSequences.Create(20, ItemCount, 12, seed: 1);
        int[] rows = [.. Enumerable.Range(0, train.RowCount)];
        var validation = new CandidateRows(train, [.. rows.Select(_ => new[] { 1, 2 })], [.. rows.Select(row => new float[] { row % 2, row % 2 })]);
        var data = new PairwiseData(train, new CandidateValidationRows(validation, EarlyStoppingMetric.Auc), new NegativeSamplerSettings(NegativeSamplingMethod.Uniform));
        var task = new PairwiseTask(new SasRecNetwork(ItemCount, new EncoderSettings(8, 8, 1, 1, 0, EncoderForm.Sine), false, 3), new PairwiseWeights(1, 0), data);
        var uninterrupted = ModelTraining.Train(task, Settings with { CheckpointPath = null });
        ModelTraining.Train(task, Settings with { MaximumEpochs = 2 });
        var resumed = ModelTraining.Train(task, Settings);
        Assert.All(resumed.Epochs, epoch => Assert.Equal(double.NaN, epoch.ValidationMetrics["GAUC"]));
        Assert.Equal(uninterrupted.Epochs.Select(epoch => epoch.ValidationScore), resumed.Epochs.Select(epoch => epoch.ValidationScore));
        ModelTrainingTests.AssertSameBits(uninterrupted.Weights, resumed.Weights);
    }

    [Fact]
    public void A_truncated_checkpoint_is_refused()
    {
        TestModels.Train(Train, Validation, PnfRec, Settings with { MaximumEpochs = 1 });
        byte[] bytes = File.ReadAllBytes(FilePath);
        foreach (int length in new[] { 9, 40, bytes.Length / 2, bytes.Length - 1 })
        {
            File.WriteAllBytes(FilePath, bytes[..length]);
            AssertRefused("truncated");
        }

        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(FilePath, bytes);
        AssertRefused("damaged");
    }

    [Fact]
    public void A_foreign_file_is_refused_and_left_as_it_is()
    {
        File.WriteAllText(FilePath, "not a checkpoint, but long enough to be taken for one if nobody looked at its first bytes");
        AssertRefused("no checkpoint");
        File.WriteAllBytes(FilePath, []);
        AssertRefused("no checkpoint");
        Assert.Empty(File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void A_checkpoint_of_other_options_or_data_is_refused()
    {
        TestModels.Train(Train, Validation, PnfRec, Settings with { MaximumEpochs = 1 });
        AssertRefused("other options", settings: Settings with { LearningRate = 1e-3 });
        AssertRefused("other options", model: PnfRec with { ContrastWeight = 0.1 });
        AssertRefused("other options", data: RandomSequences.Create(100, ItemCount, 12, seed: 9));
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_refused_before_training()
    {
        var progress = new ModelTrainingTests.Recorder();
        foreach (string path in new[] { Path.Combine(_folder, "missing", "file"), _folder })
        {
            var error = Assert.Throws<ArgumentException>(
                () => TestModels.Train(Train, Validation, PnfRec, Settings with { CheckpointPath = path }, new TrainingRun(progress)));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }

        Assert.Empty(progress.Reports);
    }

    private void AssertRefused(string expected, PnfRecSettings? model = null, TrainingSettings? settings = null, SequenceData? data = null)
    {
        var error = Assert.Throws<InvalidDataException>(
            () => TestModels.Train(data ?? Train, Validation, model ?? PnfRec, settings ?? Settings));
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
