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
}
