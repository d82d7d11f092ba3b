using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
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
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Copy();
        TrainerChecks.CheckOptions(_options);
        _environment = environment;
        _host = environment.Register(name);
    }

    /// <summary>Trains on sequences; early stopping watches the options' validation rows, or held-out ones.</summary>
    /// <param name="input">Rows with the items of a history as keys and the feedback beside them.</param>
    /// <returns>A transformer that adds recommendations to such rows.</returns>
    /// <exception cref="ArgumentException">A column is missing, of another type or with keys of another dictionary; k is larger than the catalogue.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is nothing to learn from: no rows, a single class of feedback, too few liked items; or the options make a model of more than 2 GiB, for which ONNX has no file;
    /// or torch finds no such GPU; or training diverged: a loss, gradient or weight is no finite number.
    /// </exception>
    /// <exception cref="IOException">A checkpoint could not be written; the one of the epoch before is still there.</exception>
    /// <exception cref="InvalidDataException">A row is malformed, or the checkpoint is damaged or belongs to another training.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled; the checkpoint is that of the last finished epoch.</exception>
    public NextItemTransformer Fit(IDataView input) => Fit(input, _options.ValidationSet);

    /// <summary>Trains on sequences; early stopping watches the given rows.</summary>
    /// <param name="trainData">Rows with the items of a history as keys and the feedback beside them.</param>
    /// <param name="validationData">
    /// Rows like those, with the item that came next and its feedback or with candidates, as <see cref="SequenceTrainerOptions.ValidationSet"/>; null to hold out a
    /// share of the training rows.
    /// </param>
    /// <returns>A transformer that adds recommendations to such rows.</returns>
    /// <exception cref="ArgumentException">A column is missing, of another type or with keys of another dictionary; k is larger than the catalogue.</exception>
    /// <exception cref="InvalidOperationException">
    /// There is nothing to learn from: no rows, a single class of feedback, too few liked items; or the options make a model of more than 2 GiB, for which ONNX has no file;
    /// or torch finds no such GPU; or training diverged: a loss, gradient or weight is no finite number.
    /// </exception>
    /// <exception cref="IOException">A checkpoint could not be written; the one of the epoch before is still there.</exception>
    /// <exception cref="InvalidDataException">A row is malformed, or the checkpoint is damaged or belongs to another training.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled; the checkpoint is that of the last finished epoch.</exception>
    public NextItemTransformer Fit(IDataView trainData, IDataView? validationData)
    {
        ArgumentNullException.ThrowIfNull(trainData);
        var items = TrainerChecks.CheckSchema(trainData.Schema, _options);
        ModelTraining.RequireDevice(CudaDevice);
        int itemCount = checked((int)((KeyDataViewType)ColumnTypes.ItemOf(items.Type)).Count);
        var inputs = TrainerInputs(trainData.Schema);
        var columns = ScoringColumns(inputs.SelectMany(bound => bound.ScoringColumns));
        NextItemTransformer.CheckBeforeTraining(_environment, columns, trainData.Schema, GraphSize(itemCount, trainData.Schema));
        var initialWeights = _options.WarmStart?.WeightsFor(items, CreateNetwork(itemCount, trainData.Schema, seed: 0));
        _options.CancellationToken.ThrowIfCancellationRequested();
        var unfinished = UnfinishedTraining();
        int seed = _options.Seed ?? (int?)unfinished?.Seed ?? _host.Rand.Next();
        using var channel = _host.Start("Training");

        var validation = validationData is null ? null : ReadValidation(validationData, items, itemCount, columns);
        var all = SequenceData.Read(trainData, itemCount, _options.ItemsColumnName, _options.FeedbackColumnName,
            [.. inputs.SelectMany(bound => bound.TrainingColumns)], _options.CancellationToken);
        // before a trainer warns of what the rows lack
        TrainingDataChecks.RequireRows(all);
        var input = new TrainerInput(all, validation, itemCount, seed, channel, trainData.Schema);
        var run = new TrainingRun(_options.Progress, line => channel.Info(MessageSensitivity.None, "{0}", line), _options.CancellationToken);
        var settings = LoopSettings(seed) with { Threads = _options.NumberOfThreads ?? unfinished?.Threads, InitialWeights = initialWeights };
        var weights = Train(input, settings, run);
        byte[] graph = NextItemGraph.Build(weights, GraphOptions(Popularity(all, weights.Network.ReadsWholeHistory), columns));
        return new NextItemTransformer(_environment, graph, columns, trainData.Schema);
    }

    /// <summary>The columns that the trained transformer will add to the input's.</summary>
    /// <param name="inputSchema">The shape of the training data.</param>
    /// <exception cref="ArgumentException">A column is missing, or items, feedback or candidates are of another kind.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        // of which types they may be, and how wide, a schema tells better than a shape
        foreach (string name in FurtherColumnNames)
            Columns.Require(inputSchema, name, _ => true, "a column that is read beside items and feedback");
        return ScoringColumns([]).AddTo(inputSchema);
    }

    /// <summary>The options as they were given, for the derived class to check.</summary>
    private protected SequenceTrainerOptions OwnOptions => _options;

    /// <summary>The shape of the encoder that the options ask for.</summary>
    private protected EncoderSettings EncoderSettings => new(
        _options.EmbeddingWidth, _options.MaximumSequenceLength, _options.NumberOfBlocks, _options.NumberOfHeads, _options.DropoutRate);

    /// <summary>What is read of the rows beside history and feedback.</summary>
    /// <param name="schema">The schema of the training data.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    private protected virtual IReadOnlyList<BoundInput> TrainerInputs(DataViewSchema schema) => [];

    /// <summary>The columns of them in training rows.</summary>
    private protected virtual IEnumerable<string> FurtherColumnNames => [];

    /// <summary>The network that the options ask for, as far as the schema of the training data tells it.</summary>
    private protected abstract Network CreateNetwork(int itemCount, DataViewSchema schema, long seed);

    /// <summary>How large the graph of the trained network will be.</summary>
    internal GraphSize GraphSize(int itemCount, DataViewSchema schema) => new(CreateNetwork(itemCount, schema, seed: 0), SizeOptions);

    /// <summary>Reads given validation rows.</summary>
    private protected virtual ValidationRows ReadValidation(IDataView rows, DataViewSchema.Column items, int itemCount, NextItemColumns columns)
        => new ValidationReader(_options, RanksCandidates, columns.Inputs).Read(rows, items, itemCount);

    /// <summary>The options that make a model as large as it is, with their values.</summary>
    private protected virtual string SizeOptions => FormattableString.Invariant($"{nameof(_options.EmbeddingWidth)} {_options.EmbeddingWidth:N0}, ")
        + FormattableString.Invariant($"{nameof(_options.MaximumSequenceLength)} {_options.MaximumSequenceLength:N0}, ")
        + FormattableString.Invariant($"{nameof(_options.NumberOfBlocks)} {_options.NumberOfBlocks:N0}");

    /// <summary>
    /// Whether early stopping, as published, watches the ranking of candidates rather than what came next: where validation rows have both, and where rows are held out.
    /// </summary>
    private protected virtual bool RanksCandidates => false;

    /// <summary>Trains the network.</summary>
    private protected abstract NetworkWeights Train(TrainerInput input, TrainingSettings settings, TrainingRun run);

    /// <summary>Trains a network that foresees the next item by cross entropy.</summary>
    private protected NetworkWeights Train(TrainerInput input, NextItemLoss loss, TrainingSettings settings, TrainingRun run)
    {
        var (train, validation) = SplitRows(input);
        var network = (NextItemNetwork)CreateNetwork(input.ItemCount, input.Schema, settings.Seed);
        return ModelTraining.Train(new NextItemTask(network, loss, train, validation), settings, run).Weights;
    }

    /// <summary>The rows to train on and those that early stopping watches: given ones, or held-out ones.</summary>
    private protected (SequenceData Train, ValidationRows? Validation) SplitRows(TrainerInput input)
    {
        if (input.Validation is not null || _options.ValidationFraction == 0)
            return (input.Rows, input.Validation);
        if (RanksCandidates)
        {
            var (rest, candidates) = HeldOutCandidates.Split(input.Rows, _options.ValidationFraction, input.Seed);
            return (rest, candidates is null ? null : new CandidateValidationRows(candidates, _options.EarlyStoppingMetric));
        }

        var (train, targets) = HeldOutRows.Split(input.Rows, _options.ValidationFraction, input.Seed);
        return (train, targets is null ? null : new TargetValidationRows(targets, _options.ValidationCutoff));
    }

    /// <summary>
    /// Checks that every row leaves items to sample. All rows are looked at before any is held out, so that the error and its row number do not depend on which are.
    /// </summary>
    /// <param name="input">The rows.</param>
    /// <param name="itemsColumnName">The column of the items.</param>
    /// <param name="leastItems">Nothing is drawn for a row with fewer items; null where it is one with fewer than two liked ones.</param>
    /// <exception cref="InvalidOperationException">A row holds every item.</exception>
    private protected static void RequireUnseenItems(TrainerInput input, string itemsColumnName, int? leastItems = null)
    {
        var data = input.Rows;
        var met = new HashSet<int>();
        for (int row = 0; row < data.RowCount; row++)
        {
            bool isDrawnFor = leastItems is { } least ? data.Items(row).Length >= least : data.Feedback(row).Count((sbyte)1) >= 2;
            if (data.Items(row).Length < data.ItemCount || !isDrawnFor)
                continue;
            met.Clear();
            foreach (int item in data.Items(row))
                met.Add(item);
            if (met.Count == data.ItemCount)
            {
                throw new InvalidOperationException($"Column '{itemsColumnName}' of row {row + 1} holds all {data.ItemCount} items that it has keys for, which leaves none to "
                    + "sample that an item could be ranked above. Leave such rows out, or cut histories into shorter windows (Transforms.WindowSequences).");
            }
        }
    }

    // What the options leave open is as it was in a training that goes on, or is taken as it is although it had not ended by its own limits.
    private Checkpoint? UnfinishedTraining()
    {
        if (_options.CheckpointPath is not { } path)
            return null;
        CheckpointFile.CheckWritable(path);
        var (epochs, patience) = (_options.MaximumNumberOfEpochs, _options.EarlyStoppingPatience);
        return CheckpointFile.ReadHeader(path) is { } former && !(former.HasEnded(epochs, patience) && former.HadEnded(epochs, patience)) ? former : null;
    }

    /// <summary>β₂ of Adam.</summary>
    private protected virtual double SecondMomentDecay => 0.999;

    /// <summary>The column that scoring adds with the shares of sub-interests, for a model that has them and is asked to.</summary>
    private protected virtual string? SubInterestWeightsColumnName => null;

    /// <summary>The column that scoring adds with the probabilities of the kinds of feedback, for a model that foretells them.</summary>
    private protected virtual string? ProbabilitiesColumnName => null;

    /// <summary>γ: what a score adds up of them.</summary>
    private protected virtual double[] FusionWeights => [];

    private TrainingSettings LoopSettings(int seed) => new()
    {
        SecondMomentDecay = SecondMomentDecay,
        BatchSize = _options.BatchSize,
        MaximumEpochs = _options.MaximumNumberOfEpochs,
        LearningRate = _options.LearningRate,
        Patience = _options.EarlyStoppingPatience,
        GradientClippingNorm = _options.GradientClippingNorm,
        CudaDevice = CudaDevice,
        AllowTensorFloat32 = _options.AllowTensorFloat32,
        Seed = seed,
        CheckpointPath = _options.CheckpointPath,
    };

    // The environment of an ML.NET catalog is the MLContext itself.
    private int? CudaDevice => (_options.Device, _environment as MLContext) switch
    {
        (TrainingDevice.Cpu, _) => null,
        (TrainingDevice.Cuda, var context) => context?.GpuDeviceId ?? 0,
        (_, { GpuDeviceId: { } gpu, FallbackToCpu: true }) => ModelTraining.HasCudaDevice(gpu) ? gpu : null,
        (_, var context) => context?.GpuDeviceId,
    };

    private NextItemGraphOptions GraphOptions(float[] popularity, NextItemColumns columns) => new()
    {
        TopK = _options.NumberOfRecommendations,
        ExcludeSeenItems = _options.ExcludeSeenItems,
        Popularity = popularity,
        Candidates = _options.CandidatesColumnName is not null,
        SubInterestWeights = SubInterestWeightsColumnName is not null,
        FusionWeights = FusionWeights,
        KeyInputs = columns.Inputs.Where(input => input.ValueType == typeof(uint)).Select(input => input.InputName).ToHashSet(),
    };

    /// <summary>How often each item was read in training, [N + 1]: what a history with nothing to read is answered with.</summary>
    private static float[] Popularity(SequenceData data, bool readsWholeHistory)
    {
        // a Single counts no further than 16,777,216
        var counts = new long[data.ItemCount + 1];
        for (int row = 0; row < data.RowCount; row++)
        {
            var items = data.Items(row);
            var feedback = data.Feedback(row);
            for (int i = 0; i < items.Length; i++)
            {
                if (readsWholeHistory || feedback[i] > 0)
                    counts[items[i]]++;
            }
        }

        return Array.ConvertAll(counts, count => (float)count);
    }

    private NextItemColumns ScoringColumns(IEnumerable<InputColumn> inputs) => new(
        _options.ItemsColumnName, _options.FeedbackColumnName, _options.RecommendedItemsColumnName, _options.ScoresColumnName,
        _options.CandidatesColumnName, _options.CandidateScoresColumnName, SubInterestWeightsColumnName, ProbabilitiesColumnName, FurtherInputs: [.. inputs]);
}

/// <summary>An input of a network, or what it learns from beside, with the columns that have its values.</summary>
/// <param name="Input">The input.</param>
/// <param name="ColumnName">The column beside the items, or of the row.</param>
/// <param name="ValueType">Single, Int64, or UInt32 for keys.</param>
/// <param name="QuestionColumnName">The column with what is known of the question, in rows that ask one.</param>
/// <param name="IsScored">Whether scoring reads it as well.</param>
/// <param name="KeyCount">Of keys, how many the training data's dictionary has.</param>
/// <param name="KeysHash">Of keys that have values behind them, makes a hash of these in their order.</param>
internal sealed record BoundInput(NetworkInput Input, string ColumnName, Type ValueType, string? QuestionColumnName = null, bool IsScored = true, ulong KeyCount = 0, Func<string>? KeysHash = null)
{
    /// <summary>What training reads: every item but the first is asked for, so that questions stand beside the items.</summary>
    public IEnumerable<InputColumn> TrainingColumns => [new(Input.Name, ColumnName, ValueType, Input.Width, IsOfItems: !Input.Scope.HasFlag(InputScope.Row), KeyCount)];

    /// <summary>What scoring and validation read.</summary>
    public IEnumerable<InputColumn> ScoringColumns
    {
        get
        {
            if (IsScored && Input.Scope.HasFlag(InputScope.Items))
                yield return new(Input.Name, ColumnName, ValueType, Input.Width, IsOfItems: true, KeyCount, KeysHash: KeysHash);
            if (IsScored && Input.Scope.HasFlag(InputScope.Row))
                yield return new(Input.Name, ColumnName, ValueType, Input.Width, IsOfItems: false, KeyCount, KeysHash: KeysHash);
            if (IsScored && Input.Scope.HasFlag(InputScope.Question))
                yield return new(Input.QuestionName, QuestionColumnName ?? Input.QuestionName, ValueType, Input.Width, IsOfItems: false, KeyCount, IsOfQuestion: true, KeysHash);
        }
    }
}

/// <summary>What a trainer was given.</summary>
/// <param name="Rows">The training rows.</param>
/// <param name="Validation">Rows that early stopping watches; null to hold out a share of the training rows.</param>
/// <param name="ItemCount">N.</param>
/// <param name="Seed">The seed of everything random.</param>
/// <param name="Channel">Where to warn.</param>
/// <param name="Schema">The schema of the training data.</param>
internal sealed record TrainerInput(
    SequenceData Rows, ValidationRows? Validation, int ItemCount, int Seed, IChannel Channel, DataViewSchema Schema);
