using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
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
        var progress = new Recorder<TrainingProgress>();
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
        var progress = new Recorder<TrainingProgress>();
        var again = TestModels.Train(Train, Validation, PnfRec, Settings, new TrainingRun(progress));
        Assert.Empty(progress.Reports);
        ModelTrainingTests.AssertSameBits(first.Weights, again.Weights);
    }

    [Fact]
    public void Cancelled_training_leaves_the_checkpoint_of_the_last_finished_epoch()
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder<TrainingProgress>(_ => cancellation.Cancel());
        Assert.Throws<OperationCanceledException>(() => TestModels.Train(
            Train, Validation, PnfRec, Settings, new TrainingRun(progress, CancellationToken: cancellation.Token)));
        Assert.Single(CheckpointFile.ReadHeader(FilePath)!.Epochs);
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
        var data = new SampledData(train, new CandidateValidationRows(validation, EarlyStoppingMetric.Auc), new NegativeSamplerSettings(NegativeSamplingMethod.Uniform));
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
        CutShort(epochs: 1);
        AssertRefused("other options", settings: Settings with { LearningRate = 1e-3 });
        AssertRefused("other options", model: PnfRec with { ContrastWeight = 0.1 });
        AssertRefused("other options", data: RandomSequences.Create(100, ItemCount, 12, seed: 9));
        // batches are cut, and dropout drawn, for so many threads
        AssertRefused("NumberOfThreads: 1 there, 2 here", settings: Settings with { Threads = 2 });
        AssertRefused("GradientClippingNorm: none there, 1 here", settings: Settings with { GradientClippingNorm = 1 });
    }

    [Fact]
    public void A_training_that_has_ended_makes_way_for_one_of_other_data()
    {
        var yesterday = TestModels.Train(Train, Validation, PnfRec, Settings);
        Assert.Equal(5, yesterday.Epochs.Count);
        var today = RandomSequences.Create(100, ItemCount, 12, seed: 9);
        var lines = new List<string>();
        var anew = TestModels.Train(today, Validation, PnfRec, Settings, new TrainingRun(Log: lines.Add));
        ModelTrainingTests.AssertSameBits(TestModels.Train(today, Validation, PnfRec, Settings with { CheckpointPath = null }).Weights, anew.Weights);
        Assert.Contains(FilePath, lines[0], StringComparison.Ordinal);
        Assert.Contains("starts anew", lines[0], StringComparison.Ordinal);
        Assert.Equal(5, CheckpointFile.ReadHeader(FilePath)!.Epochs.Count);
    }

    [Fact]
    public void Whether_a_training_has_ended_is_told_by_its_own_limits()
    {
        // the next night trains longer than the last one did
        TestModels.Train(Train, Validation, PnfRec, Settings with { MaximumEpochs = 1 });
        var today = RandomSequences.Create(100, ItemCount, 12, seed: 9);
        Assert.Equal(2, TestModels.Train(today, Validation, PnfRec, Settings with { MaximumEpochs = 2 }).Epochs.Count);
        // one with fewer epochs does not take the place of one that was cut short
        File.Delete(FilePath);
        CutShort(epochs: 3);
        AssertRefused("other options", settings: Settings with { LearningRate = 1e-3, MaximumEpochs = 2 });
        AssertRefused("other options", settings: Settings with { LearningRate = 1e-3, Patience = 1 });
    }

    [Fact]
    public void A_checkpoint_of_more_epochs_than_are_wanted_is_refused()
    {
        TestModels.Train(Train, Validation, PnfRec, Settings);
        AssertRefused("has 5 epochs, and MaximumNumberOfEpochs is 2", settings: Settings with { MaximumEpochs = 2 });
    }

    private void CutShort(int epochs)
    {
        using var cancellation = new CancellationTokenSource();
        var progress = new Recorder<TrainingProgress>(epoch =>
        {
            if (epoch.Epoch == epochs)
                cancellation.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => TestModels.Train(Train, Validation, PnfRec, Settings, new TrainingRun(progress, CancellationToken: cancellation.Token)));
    }

    [Fact]
    public void A_checkpoint_is_read_and_written_by_the_block()
    {
        // three tensors, of no values, of less than a block and of more than two
        float[][] tensors = [[], CounterRandom.Of(1).Normal(1_000, 1), CounterRandom.Of(2).Normal(600_000, 1)];
        var checkpoint = Header(tensors);
        using var stream = new BlockStream(largest: 1 << 20);
        CheckpointFile.Write(stream, checkpoint, tensors.Select(values => (TensorValues)values));
        stream.Rewind();
        var read = Array.ConvertAll(tensors, values => new float[values.Length]);
        var header = CheckpointFile.Read(stream, "a stream", _ => number => read[number]);
        Assert.Equal(tensors, read);
        Assert.Equal(checkpoint.Tensors, header.Tensors);
        Assert.Equal(checkpoint.Origin, header.Origin);
    }

    [Fact]
    public void A_file_above_two_gibibytes_is_looked_into()
    {
        TestModels.Train(Train, Validation, PnfRec, Settings with { MaximumEpochs = 1 });
        using (var file = File.OpenWrite(FilePath))
            file.SetLength((1L << 31) + 1);
        AssertRefused("truncated or damaged");
    }

    [Fact]
    public void A_write_that_fails_leaves_the_checkpoint_before_and_nothing_else()
    {
        TestModels.Train(Train, Validation, PnfRec, Settings with { MaximumEpochs = 1 });
        byte[] before = File.ReadAllBytes(FilePath);
        var error = Assert.Throws<IOException>(() => CheckpointFile.Write(FilePath, Header([new float[3_000_000]]), FullDisk()));
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Contains("No space left on device It takes 12 MiB", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(FilePath));
        Assert.Equal([FilePath], Directory.GetFiles(_folder));

        static IEnumerable<TensorValues> FullDisk()
        {
            yield return new float[1_000];
            throw new IOException("No space left on device");
        }
    }

    [Fact]
    public void What_a_killed_process_left_goes_with_the_next_write_and_nothing_else()
    {
        string left = $"{FilePath}.{Guid.NewGuid():N}.tmp", inUse = $"{FilePath}.{Guid.NewGuid():N}.tmp";
        string[] others = [Path.Combine(_folder, "training.checkpoint.tmp"), Path.Combine(_folder, $"other.checkpoint.{Guid.NewGuid():N}.tmp")];
        foreach (string file in others.Append(left))
            File.WriteAllText(file, "half a file");
        using (new FileStream(inUse, FileMode.CreateNew, FileAccess.Write, FileShare.None))
            CheckpointFile.Write(FilePath, Header([[1, 2]]), [new float[] { 1, 2 }]);
        Assert.Equal([.. others.Append(inUse).Append(FilePath).Order(StringComparer.Ordinal)], Directory.GetFiles(_folder).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_path_that_cannot_be_written_is_refused_before_training()
    {
        var progress = new Recorder<TrainingProgress>();
        foreach (string path in new[] { Path.Combine(_folder, "missing", "file"), _folder })
        {
            var error = Assert.Throws<ArgumentException>(
                () => TestModels.Train(Train, Validation, PnfRec, Settings with { CheckpointPath = path }, new TrainingRun(progress)));
            Assert.Contains(path, error.Message, StringComparison.Ordinal);
        }

        Assert.Empty(progress.Reports);
    }

    private static Checkpoint Header(float[][] tensors) => new(
        new Dictionary<string, string> { ["BatchSize"] = "3" }, Seed: 1, Threads: 1, BestEpoch: 0, [], new Dictionary<string, long>(),
        [.. tensors.Select((values, i) => new CheckpointTensor($"tensor{i}", values.Length))]);

    /// <summary>A file of unknown length that takes no more than so many bytes at once and gives fewer than it is asked for.</summary>
    private sealed class BlockStream(int largest) : Stream
    {
        private readonly MemoryStream _bytes = new();

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public void Rewind() => _bytes.Position = 0;

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            Assert.InRange(count, 0, largest);
            return _bytes.Read(buffer, offset, Math.Min(count, 1_001));
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            Assert.InRange(count, 0, largest);
            _bytes.Write(buffer, offset, count);
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }

    private void AssertRefused(string expected, PnfRecSettings? model = null, TrainingSettings? settings = null, SequenceData? data = null)
    {
        var error = Assert.Throws<InvalidDataException>(
            () => TestModels.Train(data ?? Train, Validation, model ?? PnfRec, settings ?? Settings));
        Assert.Contains(FilePath, error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
