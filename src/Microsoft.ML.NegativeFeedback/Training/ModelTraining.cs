using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>The way in: data and settings → trained weights.</summary>
/// <remarks>
/// The words of this room. A <em>slice</em> holds sequences of like length, padded to the longest, which go through the network at once. A <em>part</em> is a piece of a
/// batch's work that does not depend on the others: a slice, or a term of the loss that depends on parameters alone. A <em>pass</em> is one run of the network, whose
/// randomness follows from seed, epoch, step and part. A <em>worker</em> is a thread that works off parts, with gradient sums of its own. A <em>share</em> is a
/// proportion. A <em>place</em> is where an item stands in a sequence, and in a slice among those of all its sequences.
/// </remarks>
internal static class ModelTraining
{
    /// <summary>Trains a task.</summary>
    /// <param name="task">The model and its data.</param>
    /// <param name="settings">The settings of the loop.</param>
    /// <param name="run">Who is told and who may cancel.</param>
    /// <exception cref="InvalidOperationException">There is nothing to learn from, nothing to validate on, or no such GPU.</exception>
    /// <exception cref="ArgumentException">The checkpoint cannot be written.</exception>
    /// <exception cref="InvalidDataException">The checkpoint is damaged or belongs to another training.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled; the checkpoint is that of the last finished epoch.</exception>
    public static TrainingResult Train<TModel>(TrainingTask<TModel> task, TrainingSettings settings, TrainingRun run = default)
        where TModel : SequenceModel
    {
        run.CancellationToken.ThrowIfCancellationRequested();
        if (settings.CheckpointPath is { } path)
            CheckpointFile.CheckWritable(path);
        var device = DeviceOf(settings.CudaDevice);
        int former = FormerThreads.Enter();
        int threads = settings.Threads ?? DefaultThreads(former);
        bool formerTensorFloat = device.type == DeviceType.CUDA && backends.cuda.matmul.allow_tf32;
        try
        {
            if (device.type == DeviceType.CUDA)
                backends.cuda.matmul.allow_tf32 = settings.AllowTensorFloat32;
            using var scope = NewDisposeScope();
            using var model = task.CreateModel(device);
            settings.InitialWeights?.CopyTo(model);
            using var loop = TrainingLoop.Of(task, model, settings, device, threads, run.CancellationToken);
            loop.Run(run);
            return new TrainingResult(model.ToWeights(), loop.BestEpoch, [.. loop.Epochs]);
        }
        finally
        {
            set_num_threads(former);
            FormerThreads.Leave();
            MklThreads.SetOfThisThread(0);
            if (device.type == DeviceType.CUDA)
                backends.cuda.matmul.allow_tf32 = formerTensorFloat;
        }
    }

    /// <summary>Whether torch can use that CUDA device.</summary>
    public static bool HasCudaDevice(int index) => cuda.is_available() && index >= 0 && index < cuda.device_count();

    // Some builds of torch see a single core where there are more.
    private static int DefaultThreads(int chosenByTorch) => chosenByTorch > 1 ? chosenByTorch : Environment.ProcessorCount;

    /// <summary>Checks a device before data are read for it.</summary>
    /// <exception cref="InvalidOperationException">There is no such GPU.</exception>
    public static void RequireDevice(int? cudaDevice) => DeviceOf(cudaDevice);

    private static Device DeviceOf(int? cudaDevice)
    {
        if (cudaDevice is not { } index)
            return CPU;
        return HasCudaDevice(index)
            ? device(DeviceType.CUDA, index)
            : throw new InvalidOperationException($"CUDA device {index} was asked for, but torch finds {(cuda.is_available() ? $"{cuda.device_count()}, counted from 0" : "none")}: "
                + "train on the CPU or on a device that is there, or add a CUDA flavour of TorchSharp's native package and a driver.");
    }
}

/// <summary>
/// Torch's number of threads as it was before trainings began: they set it, for the whole process, and one that begins while another runs must neither take that one's number for
/// torch's choice nor leave it behind.
/// </summary>
internal static class FormerThreads
{
    private static readonly Lock _counting = new();
    private static int _trainings, _threads;

    /// <summary>A training begins.</summary>
    /// <returns>The number before any did.</returns>
    public static int Enter()
    {
        lock (_counting)
        {
            if (_trainings++ == 0)
                _threads = get_num_threads();
            return _threads;
        }
    }

    /// <summary>A training has ended.</summary>
    public static void Leave()
    {
        lock (_counting)
            _trainings--;
    }
}

/// <summary>Who is told of a training and who may end it.</summary>
/// <param name="Progress">Told after every epoch, on the training thread.</param>
/// <param name="Log">Told a line an epoch.</param>
/// <param name="CancellationToken">Looked at between steps, and row by row or batch by batch in what comes before and after them.</param>
internal readonly record struct TrainingRun(
    IProgress<TrainingProgress>? Progress = null, Action<string>? Log = null, CancellationToken CancellationToken = default);
