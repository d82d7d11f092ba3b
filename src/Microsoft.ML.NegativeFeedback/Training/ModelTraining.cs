using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>The way in: data and settings → trained weights.</summary>
internal static class ModelTraining
{
    /// <summary>Trains PNFRec.</summary>
    /// <param name="train">Histories.</param>
    /// <param name="validation">Rows that early stopping watches, or null to train for all epochs and keep the last weights.</param>
    /// <param name="model">The settings of the model.</param>
    /// <param name="settings">The settings of the loop.</param>
    /// <param name="progress">Told after every epoch, on this thread.</param>
    /// <param name="log">Told a line an epoch.</param>
    /// <param name="cancellationToken">Looked at between steps.</param>
    /// <exception cref="InvalidOperationException">There is nothing to learn from, nothing to validate on, or no such GPU.</exception>
    /// <exception cref="ArgumentException">The checkpoint cannot be written.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged or belongs to another training.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled; the checkpoint is that of the last finished epoch.</exception>
    public static TrainingResult Train(
        SequenceData train, SequenceData? validation, PnfRecSettings model, TrainingSettings settings,
        IProgress<TrainingProgress>? progress = null, Action<string>? log = null, CancellationToken cancellationToken = default)
        => Train(device => new PnfRecModel(train.ItemCount, model, settings.Seed, device), $"PNFRec {JsonSerializer.Serialize(model)}",
            train, validation, settings, progress, log, cancellationToken);

    /// <summary>Trains SASRec, SASRec_p or SASRec_c; everything else as for PNFRec.</summary>
    public static TrainingResult Train(
        SequenceData train, SequenceData? validation, SasRecSettings model, TrainingSettings settings,
        IProgress<TrainingProgress>? progress = null, Action<string>? log = null, CancellationToken cancellationToken = default)
        => Train(device => new SasRecModel(train.ItemCount, model, settings.Seed, device), $"SASRec {JsonSerializer.Serialize(model)}",
            train, validation, settings, progress, log, cancellationToken);

    private static TrainingResult Train(
        Func<Device, NextItemModel> create, string description, SequenceData train, SequenceData? validation, TrainingSettings settings,
        IProgress<TrainingProgress>? progress, Action<string>? log, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (settings.CheckpointPath is { } path)
            CheckpointFile.CheckWritable(path);
        var device = DeviceOf(settings);
        int former = get_num_threads();
        int threads = settings.Threads ?? DefaultThreads(former);
        try
        {
            using var scope = NewDisposeScope();
            using var model = create(device);
            using var loop = new TrainingLoop(model, description, train, validation, settings, device, threads);
            return loop.Run(progress, log, cancellationToken);
        }
        finally
        {
            set_num_threads(former);
        }
    }

    // Some builds of torch see a single core where there are more.
    private static int DefaultThreads(int chosenByTorch) => chosenByTorch > 1 ? chosenByTorch : Environment.ProcessorCount;

    private static Device DeviceOf(TrainingSettings settings)
    {
        if (settings.CudaDevice is not { } index)
            return CPU;
        return cuda.is_available()
            ? device(DeviceType.CUDA, index)
            : throw new InvalidOperationException($"CUDA device {index} was asked for, but torch finds none: train on the CPU, or add a "
                + "CUDA flavour of TorchSharp's native package and a driver.");
    }
}
