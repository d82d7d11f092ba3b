using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Models;
using Microsoft.ML.NegativeFeedback.Onnx;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// The base of the trainers that foresee the next item of a history: reads sequences out of a data view, trains with TorchSharp, writes the trained network as
/// an ONNX graph, and returns a transformer that scores with ONNX Runtime.
/// </summary>
public abstract class NextItemTrainer : IEstimator<NextItemTransformer>
{
    private readonly IHostEnvironment _environment;
    private readonly IHost _host;
    private readonly SequenceTrainerOptions _options;

    private protected NextItemTrainer(IHostEnvironment environment, string name, SequenceTrainerOptions options)
    {
        TrainerChecks.CheckOptions(options);
        _environment = environment;
        _host = environment.Register(name);
        _options = options;
    }

    /// <summary>Trains on sequences; early stopping watches the options' validation rows, or held-out ones.</summary>
    /// <param name="input">Rows with the items of a history as keys and the feedback beside them.</param>
    /// <returns>A transformer that adds recommendations to such rows.</returns>
    /// <exception cref="ArgumentException">A column is missing, of another type or with keys of another dictionary; k is larger than the catalogue.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is nothing to learn from: no rows, a single class of feedback, too few liked items. Or training diverged: a loss, gradient or weight is no finite number.
    /// </exception>
    /// <exception cref="IOException">A checkpoint could not be written; the one of the epoch before is still there.</exception>
    /// <exception cref="InvalidDataException">A row is malformed, or the checkpoint is damaged or belongs to another training.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled; the checkpoint is that of the last finished epoch.</exception>
    public NextItemTransformer Fit(IDataView input) => Fit(input, _options.ValidationSet);

    /// <summary>Trains on sequences; early stopping watches the given rows.</summary>
    /// <param name="trainData">Rows with the items of a history as keys and the feedback beside them.</param>
    /// <param name="validationData">
    /// Rows like those, with the item that came next and its feedback, as <see cref="SequenceTrainerOptions.ValidationSet"/>; null to hold out a share of the
    /// training rows.
    /// </param>
    /// <returns>A transformer that adds recommendations to such rows.</returns>
    /// <exception cref="ArgumentException">A column is missing, of another type or with keys of another dictionary; k is larger than the catalogue.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is nothing to learn from: no rows, a single class of feedback, too few liked items. Or training diverged: a loss, gradient or weight is no finite number.
    /// </exception>
    /// <exception cref="IOException">A checkpoint could not be written; the one of the epoch before is still there.</exception>
    /// <exception cref="InvalidDataException">A row is malformed, a validation item is unknown, or the checkpoint is damaged or belongs to another training.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled; the checkpoint is that of the last finished epoch.</exception>
    public NextItemTransformer Fit(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        var items = TrainerChecks.CheckSchema(trainData.Schema, _options);
        NextItemTransformer.CheckBeforeTraining(_environment, ScoringColumns, trainData.Schema);
        _options.CancellationToken.ThrowIfCancellationRequested();
        int itemCount = checked((int)((KeyDataViewType)ColumnTypes.ItemOf(items.Type)).Count);
        var unfinished = UnfinishedTraining();
        int seed = _options.Seed ?? (int?)unfinished?.Seed ?? _host.Rand.Next();
        using var channel = _host.Start("Training");

        var all = SequenceData.Read(trainData, itemCount, _options.ItemsColumnName, _options.FeedbackColumnName, _options.CancellationToken);
        // before a trainer warns of what the rows lack
        TrainingDataChecks.RequireRows(all);
        var input = new TrainerInput(all, validationData, items, itemCount, seed, channel);
        var run = new TrainingRun(_options.Progress, line => channel.Info(MessageSensitivity.None, "{0}", line), _options.CancellationToken);
        byte[] graph = Train(input, LoopSettings(seed) with { Threads = _options.NumberOfThreads ?? unfinished?.Threads }, GraphOptions(Popularity(all)), run);
        return new NextItemTransformer(_environment, graph, ScoringColumns, trainData.Schema);
    }

    /// <summary>The columns that the trained transformer will add to the input's.</summary>
    /// <param name="inputSchema">The shape of the training data.</param>
    /// <exception cref="ArgumentException">A column is missing or of another kind.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        return ScoringColumns.AddTo(inputSchema);
    }

    /// <summary>The shape of the encoder that the options ask for.</summary>
    private protected EncoderSettings EncoderSettings => new(
        _options.EmbeddingWidth, _options.MaximumSequenceLength, _options.NumberOfBlocks, _options.NumberOfHeads, _options.DropoutRate);

    /// <summary>Whether the network reads every item of a history, rather than the liked ones.</summary>
    private protected virtual bool ReadsWholeHistory => false;

    /// <summary>Trains, and writes what came of it as a graph.</summary>
    private protected abstract byte[] Train(TrainerInput input, TrainingSettings settings, NextItemGraphOptions graph, TrainingRun run);

    /// <summary>The rows to train on and those with the item that came next that early stopping watches: given ones, or held-out ones.</summary>
    private protected (SequenceData Train, SequenceData? Validation) SplitRows(TrainerInput input)
        => input.Validation is { } rows ? (input.Rows, ReadValidationRows(rows, input.Items, input.ItemCount))
            : _options.ValidationFraction > 0 ? HeldOutRows.Split(input.Rows, _options.ValidationFraction, input.Seed)
            : (input.Rows, null);

    private SequenceData ReadValidationRows(IDataView rows, DataViewSchema.Column items, int itemCount)
        => SequenceData.ReadEvaluationRows(
            KeyMapping.Apply(rows, items, _options.ItemsColumnName, _options.TargetItemColumnName), itemCount,
            _options.ItemsColumnName, _options.FeedbackColumnName, _options.TargetItemColumnName, _options.TargetFeedbackColumnName,
            _options.CancellationToken);

    // What the options leave open is as it was in a training that goes on.
    private Checkpoint? UnfinishedTraining()
    {
        if (_options.CheckpointPath is not { } path)
            return null;
        CheckpointFile.CheckWritable(path);
        return CheckpointFile.ReadHeader(path) is { } former && !former.HasEnded(_options.MaximumNumberOfEpochs, _options.EarlyStoppingPatience) ? former : null;
    }

    /// <summary>β₂ of Adam.</summary>
    private protected virtual double SecondMomentDecay => 0.999;

    /// <summary>The column that scoring adds with the shares of sub-interests, for a model that has them and is asked to.</summary>
    private protected virtual string? SubInterestWeightsColumnName => null;

    private TrainingSettings LoopSettings(int seed) => new()
    {
        SecondMomentDecay = SecondMomentDecay,
        BatchSize = _options.BatchSize,
        MaximumEpochs = _options.MaximumNumberOfEpochs,
        LearningRate = _options.LearningRate,
        Patience = _options.EarlyStoppingPatience,
        ValidationCutoff = _options.NumberOfRecommendations,
        GradientClippingNorm = _options.GradientClippingNorm,
        CudaDevice = CudaDevice,
        Seed = seed,
        CheckpointPath = _options.CheckpointPath,
    };

    // The environment of an ML.NET catalog is the MLContext itself.
    private int? CudaDevice => (_options.Device, _environment as MLContext) switch
    {
        (TrainingDevice.Cpu, _) => null,
        (TrainingDevice.Cuda, var context) => context?.GpuDeviceId ?? 0,
        (_, { GpuDeviceId: { } gpu, FallbackToCpu: true }) => global::TorchSharp.torch.cuda.is_available() ? gpu : null,
        (_, var context) => context?.GpuDeviceId,
    };

    private NextItemGraphOptions GraphOptions(float[] popularity) => new()
    {
        TopK = _options.NumberOfRecommendations,
        History = ReadsWholeHistory ? HistorySelection.Whole : HistorySelection.PositivesOnly,
        ExcludeSeenItems = _options.ExcludeSeenItems,
        Popularity = popularity,
        Candidates = _options.CandidatesColumnName is not null,
        SubInterestWeights = SubInterestWeightsColumnName is not null,
    };

    /// <summary>How often each item was read in training, [N + 1]: what a history without known items is answered with.</summary>
    private float[] Popularity(SequenceData data)
    {
        var counts = new float[data.ItemCount + 1];
        for (int row = 0; row < data.RowCount; row++)
        {
            var items = data.Items(row);
            var feedback = data.Feedback(row);
            for (int i = 0; i < items.Length; i++)
            {
                if (ReadsWholeHistory || feedback[i] > 0)
                    counts[items[i]]++;
            }
        }

        return counts;
    }

    private NextItemColumns ScoringColumns => new(
        _options.ItemsColumnName, _options.FeedbackColumnName, _options.RecommendedItemsColumnName, _options.ScoresColumnName,
        _options.CandidatesColumnName, _options.CandidateScoresColumnName, SubInterestWeightsColumnName);
}

/// <summary>What a trainer was given.</summary>
/// <param name="Rows">The training rows.</param>
/// <param name="Validation">Rows that early stopping watches, as they were given; null to hold out a share of the training rows.</param>
/// <param name="Items">The training data's column of items.</param>
/// <param name="ItemCount">N.</param>
/// <param name="Seed">The seed of everything random.</param>
/// <param name="Channel">Where to warn.</param>
internal sealed record TrainerInput(
    SequenceData Rows, IDataView? Validation, DataViewSchema.Column Items, int ItemCount, int Seed, IChannel Channel);
