using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.NegativeFeedback.Models;
using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// The one training loop of all models: random batches, a step of Adam each, early stopping by NDCG_p@k, the best weights kept, a
/// checkpoint an epoch. Everything random follows from (seed, epoch, step), so that an epoch comes out the same whether training ran
/// up to it or was resumed there.
/// </summary>
internal sealed class TrainingLoop : IDisposable
{
    // Positions that go through an encoder at once: on a CPU a few megabytes an activation, near the last-level cache; a GPU wants
    // more to do at once.
    private const long LargestSliceOnCpu = 1600, LargestSliceOnGpu = 1 << 16;

    // A batch is cut into so many slices a worker that they can share it evenly.
    private const int SlicesPerWorker = 4;

    // Every worker has a gradient of its own; beyond this size of all there are fewer workers with more of torch's threads each.
    private const long LargestGradients = 512L << 20;

    private const long OrderPurpose = 1, DropoutPurpose = 2;

    private readonly NextItemModel _model;
    private readonly TrainingSettings _settings;
    private readonly SliceCutter _cutter;
    private readonly NextItemValidation? _validation;
    private readonly TorchWorkers _workers;
    private readonly GradientWorkers _gradients;
    private readonly AdamOptimizer _adam;
    private readonly TrainingState _state;
    private readonly long _dropoutSeed;
    private readonly Stopwatch _watch = Stopwatch.StartNew();

    public TrainingLoop(
        NextItemModel model, string description, SequenceData train, SequenceData? validation, TrainingSettings settings,
        Device device, int threads)
    {
        (_model, _settings, _dropoutSeed) = (model, settings, CounterRandom.Of(settings.Seed, DropoutPurpose).Bits64());
        TrainingDataChecks.Require(train, model);
        bool isOnCpu = device.type == DeviceType.CPU;
        _workers = new TorchWorkers(isOnCpu ? WorkerCount(model, threads) : 1, threads);
        _gradients = new GradientWorkers(model, device, _workers);
        _cutter = isOnCpu
            ? new SliceCutter(train, model, LargestSliceOnCpu, SlicesPerWorker * _workers.Count)
            : new SliceCutter(train, model, LargestSliceOnGpu);
        if (validation is not null)
            _validation = TrainingDataChecks.RequireRows(new NextItemValidation(validation, model, settings.ValidationCutoff, device));
        _adam = new AdamOptimizer(model.named_parameters(), settings.LearningRate);
        _state = new TrainingState(model, _adam);
        if (settings.CheckpointPath is { } path)
            _state.ResumeFrom(path, Fingerprint(description, train, validation, settings));
    }

    /// <summary>Trains to the end and gives the best weights.</summary>
    public TrainingResult Run(IProgress<TrainingProgress>? progress, Action<string>? log, CancellationToken cancellationToken)
    {
        if (_state.Epochs.Count > 0)
            log?.Invoke($"Resumed after epoch {_state.Epochs.Count} from '{_settings.CheckpointPath}'.");
        while (!HasEnded())
        {
            var epoch = RunEpoch(_state.Epochs.Count + 1, cancellationToken);
            _state.Add(epoch);
            if (_settings.CheckpointPath is { } path)
                _state.Write(path);
            log?.Invoke(Describe(epoch));
            progress?.Report(epoch);
        }

        _state.RestoreBest();
        return new TrainingResult(_model.ToEncoderWeights(), _state.BestEpoch, [.. _state.Epochs]);
    }

    public void Dispose()
    {
        _gradients.Dispose();
        _adam.Dispose();
    }

    private static int WorkerCount(NextItemModel model, int threads)
    {
        long gradientBytes = model.parameters().Sum(parameter => parameter.numel()) * sizeof(float);
        return (int)Math.Clamp(LargestGradients / gradientBytes, 1, threads);
    }

    private bool HasEnded()
        => _state.Epochs.Count >= _settings.MaximumEpochs
            || (_validation is not null && _state.Epochs.Count - _state.BestEpoch >= _settings.Patience);

    private TrainingProgress RunEpoch(int epoch, CancellationToken cancellationToken)
    {
        var started = _watch.Elapsed;
        var terms = new List<LossTerms>();
        int[] order = CounterRandom.Of(_settings.Seed, epoch, OrderPurpose).Permutation(_cutter.Rows.Count);
        foreach (int[] batch in order.Chunk(_settings.BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            terms.Add(RunStep(Array.ConvertAll(batch, index => _cutter.Rows[index]), epoch, terms.Count));
        }

        double seconds = (_watch.Elapsed - started).TotalSeconds;
        (double Ndcg, double HitRate)? metrics = _validation?.Evaluate(_model, _workers);
        bool isBest = metrics is null || _state.BestEpoch == 0 || metrics.Value.Ndcg > _state.BestNdcg;
        return new TrainingProgress(
            epoch, _settings.MaximumEpochs, terms.Average(term => term.Total), terms.Average(term => term.CrossEntropy),
            terms.Average(term => term.NegativeCrossEntropy), terms.Average(term => term.Contrast),
            metrics?.Ndcg, metrics?.HitRate, isBest ? epoch : _state.BestEpoch, _cutter.Rows.Count / seconds, _watch.Elapsed);
    }

    private LossTerms RunStep(int[] rows, int epoch, int step)
    {
        var (slices, counts) = _cutter.Cut(rows);
        var terms = _gradients.Compute(slices, counts, new PassKey(_dropoutSeed, epoch, step, Slice: 0));
        if (_settings.GradientClippingNorm is { } norm)
            _adam.ClipGradients(norm);
        _adam.Step();
        return double.IsFinite(terms.Total) ? terms : throw new InvalidOperationException(
            $"The loss is {terms.Total} in step {step + 1} of epoch {epoch}: lower the learning rate, or clip gradients.");
    }

    private static string Fingerprint(string description, SequenceData train, SequenceData? validation, TrainingSettings settings)
    {
        string loop = string.Create(CultureInfo.InvariantCulture,
            $"batch {settings.BatchSize} rate {settings.LearningRate:R} clip {settings.GradientClippingNorm:R} seed {settings.Seed}");
        string data = $"cutoff {settings.ValidationCutoff} train {train.Fingerprint()[..16]} validation {validation?.Fingerprint()[..16]}";
        return $"{description} {loop} {data}";
    }

    private static string Describe(TrainingProgress epoch)
    {
        FormattableString terms = $"CE {epoch.CrossEntropy:F4}, CE- {epoch.NegativeCrossEntropy:F4}, contrast {epoch.Contrast:F4}";
        FormattableString metrics = $", NDCG {epoch.ValidationNdcg:F4}, HR {epoch.ValidationHitRate:F4}, best epoch {epoch.BestEpoch}";
        string line = FormattableString.Invariant($"Epoch {epoch.Epoch}: loss {epoch.Loss:F4} ({FormattableString.Invariant(terms)})");
        if (epoch.ValidationNdcg is not null)
            line += FormattableString.Invariant(metrics);
        return line + FormattableString.Invariant($", {epoch.SequencesPerSecond:F0} sequences/s");
    }
}
