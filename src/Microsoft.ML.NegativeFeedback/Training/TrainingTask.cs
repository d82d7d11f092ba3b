using Microsoft.ML.NegativeFeedback.Losses;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What the one training loop trains: a model, the rows that it learns from and those that early stopping watches.</summary>
/// <typeparam name="TModel">The model.</typeparam>
internal abstract class TrainingTask<TModel>
    where TModel : SequenceModel
{
    /// <summary>Everything about the model and the data that its trained weights follow from, by name: what a checkpoint must agree with.</summary>
    public abstract IReadOnlyDictionary<string, string> Description { get; }

    /// <summary>The untrained model.</summary>
    public abstract TModel CreateModel(Device device);

    /// <summary>The training rows.</summary>
    /// <exception cref="InvalidOperationException">There is nothing to learn from.</exception>
    public abstract IBatchSource CreateBatches(TModel model, Device device, int workers, CancellationToken cancellationToken);

    /// <summary>The rows that early stopping watches; null to train for all epochs and keep the last weights.</summary>
    /// <exception cref="InvalidOperationException">None of the rows can be evaluated.</exception>
    public abstract IValidation? CreateValidation(TModel model, CancellationToken cancellationToken);

    /// <summary>What every <see cref="Description"/> has.</summary>
    protected static Dictionary<string, string> Describe(string model, SequenceData train, ValidationRows? validation) => new()
    {
        ["the model"] = model,
        ["what early stopping watches"] = validation?.Measure ?? "nothing",
        ["the training rows"] = train.Fingerprint()[..16],
        ["the validation rows"] = validation?.Fingerprint[..16] ?? "none",
    };
}

/// <summary>How batches are cut into slices.</summary>
/// <param name="LargestSlice">Places of a slice at most, unless a single sequence is longer.</param>
/// <param name="Parts">How many slices a batch should at least come to, so that workers can share it evenly.</param>
internal readonly record struct SliceSize(long LargestSlice, int Parts)
{
    // On a CPU what is kept of a slice for its gradients should stay in the caches, so many values a layer; products of fewer places are small. A GPU is fast where there is more to do at once.
    private const long ValuesOnCpu = 160_000, PlacesOnCpu = 1600, PlacesOnGpu = 1 << 16;

    private const int SlicesPerWorker = 4;

    /// <summary>What suits a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="workers">Threads that work off slices.</param>
    /// <param name="width">Values that the network has of a place.</param>
    public static SliceSize Of(Device device, int workers, int width)
        => device.type == DeviceType.CPU ? new(Math.Max(PlacesOnCpu, ValuesOnCpu / width), SlicesPerWorker * workers) : new(PlacesOnGpu, 1);
}

/// <summary>Training rows that can be cut into what a step works off.</summary>
internal interface IBatchSource
{
    /// <summary>How many rows there is something to learn from.</summary>
    int RowCount { get; }

    /// <summary>Cuts a batch.</summary>
    /// <param name="rows">Which of the rows, 0 … <see cref="RowCount"/> − 1.</param>
    /// <param name="step">What the step is known by: everything random about the batch follows from it.</param>
    Batch Cut(ReadOnlySpan<int> rows, PassKey step);
}

/// <summary>What a step works off.</summary>
/// <param name="Parts">The parts, independent of each other.</param>
/// <param name="Mean">The loss of the batch from the sums over all parts.</param>
internal sealed record Batch(IReadOnlyList<BatchPart> Parts, Func<LossSums, LossTerms> Mean);

/// <summary>A part of a batch that goes through the model at once.</summary>
/// <param name="Size">How much work it is: places.</param>
/// <param name="Accumulate">Adds its losses and gradients to a thread's sums.</param>
internal sealed record BatchPart(long Size, Action<PassKey, GradientSums> Accumulate);
