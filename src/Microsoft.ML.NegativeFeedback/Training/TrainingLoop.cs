using System.Diagnostics;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// The one training loop of all models: random batches, a step of Adam each, early stopping, the best weights kept, a
/// checkpoint an epoch. Everything random follows from (seed, epoch, step), so that an epoch comes out the same whether training ran
/// up to it or was resumed there.
/// </summary>
internal sealed class TrainingLoop : IDisposable
{
    // Every worker has a gradient of its own; beyond this size of all there are fewer workers with more of torch's threads each.
    private const long LargestGradients = 512L << 20;

    private const long OrderPurpose = 1, DropoutPurpose = 2;

    private readonly SequenceModel _model;
    private readonly TrainingSettings _settings;
    private readonly TorchWorkers _workers;
    private readonly GradientWorkers _gradients;
    private readonly IBatchSource _batches;
    private readonly IValidation? _validation;
    private readonly AdamOptimizer _adam;
    private readonly TrainingState _state;
    private readonly TrainingOrigin _origin;
    private readonly bool _startsAnew;
    private readonly long _dropoutSeed;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    private TrainingLoop(
        SequenceModel model, Func<int, IBatchSource> batches, IValidation? validation, Func<IReadOnlyDictionary<string, string>> description,
        TrainingSettings settings, Device device, int threads)
    {
        (_model, _validation, _settings) = (model, validation, settings);
        _dropoutSeed = CounterRandom.Of(settings.Seed, DropoutPurpose).Bits64();
        int workers = device.type == DeviceType.CPU ? WorkerCount(model, threads) : 1;
        _batches = batches(workers);
        _workers = new TorchWorkers(workers, threads);
        _gradients = new GradientWorkers(model, device, _workers);
        _adam = new AdamOptimizer(model.Parameters, settings.LearningRate, settings.SecondMomentDecay, model.Block);
        _state = new TrainingState(model, _adam);
        int? threadsOfOrigin = device.type == DeviceType.CPU ? threads : null;
        _origin = settings.CheckpointPath is null ? new TrainingOrigin(new Dictionary<string, string>(), settings.Seed, threadsOfOrigin)
            : new TrainingOrigin(Origin(description(), settings, threadsOfOrigin), settings.Seed, threadsOfOrigin);
        try
        {
            _startsAnew = settings.CheckpointPath is not null && _state.ResumeFrom(settings, _origin);
        }
        catch
        {
            // nobody else can: the workers' threads would wait for ever
            Dispose();
            throw;
        }
    }

    /// <summary>Prepares a training.</summary>
    /// <exception cref="InvalidOperationException">There is nothing to learn from, or nothing to validate on.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged or belongs to another training.</exception>
    public static TrainingLoop Of<TModel>(
        TrainingTask<TModel> task, TModel model, TrainingSettings settings, Device device, int threads, CancellationToken cancellationToken)
        where TModel : SequenceModel
        => new(model, workers => task.CreateBatches(model, device, workers, cancellationToken), task.CreateValidation(model, cancellationToken),
            () => task.Description, settings, device, threads);

    /// <summary>The epoch of the best weights, from 1.</summary>
    public int BestEpoch => _state.BestEpoch;

    /// <summary>Every epoch so far, those before a checkpoint was resumed included.</summary>
    public IReadOnlyList<TrainingProgress> Epochs => _state.Epochs;

    /// <summary>Trains to the end and leaves the best weights in the model.</summary>
    public void Run(TrainingRun run)
    {
        if (_state.Epochs.Count > 0)
            run.Log?.Invoke($"Resumed after epoch {_state.Epochs.Count} from '{_settings.CheckpointPath}'.");
        if (_startsAnew)
        {
            run.Log?.Invoke($"'{_settings.CheckpointPath}' is the checkpoint of a training that has ended, with other options or data: training starts anew, and "
                + "its checkpoint takes that one's place.");
        }

        while (!HasEnded())
        {
            var epoch = RunEpoch(_state.Epochs.Count + 1, run.CancellationToken);
            _state.Add(epoch);
            if (_settings.CheckpointPath is { } path)
                _state.Write(path, _origin, _settings);
            run.Log?.Invoke(Describe(epoch));
            run.Progress?.Report(epoch);
        }

        _state.RestoreBest();
    }

    public void Dispose()
    {
        _gradients.Dispose();
        _adam.Dispose();
        _workers.Dispose();
    }

    private static int WorkerCount(SequenceModel model, int threads)
    {
        long values = model.Network.Parameters.Sum(parameter => parameter.Length) - (model.LearnsRows ? model.Network.Items.Length : 0);
        return (int)Math.Clamp(LargestGradients / (values * sizeof(float)), 1, threads);
    }

    private bool HasEnded()
        => _state.Epochs.Count >= _settings.MaximumEpochs
            || (_validation is not null && _state.Epochs.Count - _state.BestEpoch >= _settings.Patience);

    private TrainingProgress RunEpoch(int epoch, CancellationToken cancellationToken)
    {
        var started = _watch.Elapsed;
        var terms = new List<LossTerms>();
        int[] order = CounterRandom.Of(_settings.Seed, epoch, OrderPurpose).Permutation(_batches.RowCount);
        int[][] batches = [.. order.Chunk(_settings.BatchSize)];
        // the next batch is cut while the step of this one runs
        var next = CutAhead(batches[0], epoch, 0);
        for (int step = 0; step < batches.Length; step++)
        {
            var batch = next.GetAwaiter().GetResult();
            cancellationToken.ThrowIfCancellationRequested();
            if (step + 1 < batches.Length)
                next = CutAhead(batches[step + 1], epoch, step + 1);
            terms.Add(RunStep(batch, epoch, step));
        }

        double seconds = (_watch.Elapsed - started).TotalSeconds;
        if (!_adam.HasFiniteWeights())
            throw Divergence("A weight is no finite number", epoch, terms.Count);
        var result = _validation?.Evaluate(_workers, cancellationToken);
        bool isBest = result is null || _state.BestEpoch == 0 || result.Score > _state.BestScore;
        return new TrainingProgress(
            epoch, _settings.MaximumEpochs, terms.Average(term => term.Total), MeanTerms(terms), result?.Score,
            result?.Metrics ?? new Dictionary<string, double>(), isBest ? epoch : _state.BestEpoch, _batches.RowCount / seconds, _watch.Elapsed);
    }

    private static Dictionary<string, double> MeanTerms(List<LossTerms> batches)
        => batches[0].Terms.ToDictionary(term => term.Name, term => batches.Average(batch => batch[term.Name]));

    private PassKey Key(int epoch, int step) => new(_dropoutSeed, epoch, step, Part: 0);

    private Task<Batch> CutAhead(int[] rows, int epoch, int step) => Task.Run(() => _batches.Cut(rows, Key(epoch, step)));

    private LossTerms RunStep(Batch batch, int epoch, int step)
    {
        var terms = _gradients.Compute(batch, Key(epoch, step));
        if (!double.IsFinite(terms.Total))
            throw Divergence(FormattableString.Invariant($"The loss is {terms.Total}"), epoch, step + 1);
        if (!_adam.HasFiniteGradients(_gradients.All, _gradients.Rows))
            throw Divergence("A gradient is no finite number", epoch, step + 1);
        if (_settings.GradientClippingNorm is { } norm)
            _adam.ClipGradients(norm, _gradients.All, _gradients.Rows);
        _adam.Step(_workers, _gradients.All, _gradients.Rows);
        return terms;
    }

    private static InvalidOperationException Divergence(string fault, int epoch, int step) => new(
        $"{fault} in step {step} of epoch {epoch}, so training ends without a model: lower LearningRate, or set GradientClippingNorm.");

    private static Dictionary<string, string> Origin(IReadOnlyDictionary<string, string> description, TrainingSettings settings, int? threads)
    {
        // dropout masks depend on how batches are cut for the workers, the last bits on how many of them add up
        var origin = new Dictionary<string, string>(description)
        {
            ["BatchSize"] = Text($"{settings.BatchSize}"),
            ["LearningRate"] = Text($"{settings.LearningRate:R}"),
            ["Adam's β₂"] = Text($"{settings.SecondMomentDecay:R}"),
            ["Seed"] = Text($"{settings.Seed}"),
            ["Device"] = threads is null ? nameof(TrainingDevice.Cuda) : nameof(TrainingDevice.Cpu),
        };
        if (threads is null)
            origin["AllowTensorFloat32"] = Text($"{settings.AllowTensorFloat32}");
        if (settings.InitialWeights is { } initial)
            origin["the former model"] = initial.Fingerprint();
        if (settings.GradientClippingNorm is { } norm)
            origin["GradientClippingNorm"] = Text($"{norm:R}");
        if (threads is { } count)
            origin["NumberOfThreads"] = Text($"{count}");
        return origin;

        static string Text(FormattableString value) => FormattableString.Invariant(value);
    }

    private static string Describe(TrainingProgress epoch)
    {
        string line = FormattableString.Invariant($"Epoch {epoch.Epoch}: loss {epoch.Loss:F4} ({List(epoch.LossTerms)})");
        if (epoch.ValidationScore is not null)
            line += FormattableString.Invariant($", {List(epoch.ValidationMetrics)}, best epoch {epoch.BestEpoch}");
        return line + FormattableString.Invariant($", {epoch.SequencesPerSecond:F0} sequences/s");

        static string List(IReadOnlyDictionary<string, double> values)
            => string.Join(", ", values.Select(value => FormattableString.Invariant($"{value.Key} {value.Value:F4}")));
    }
}
