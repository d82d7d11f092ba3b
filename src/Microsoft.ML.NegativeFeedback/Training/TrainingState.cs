using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What changes from epoch to epoch: weights, Adam's moments, the best weights so far and the record of epochs.</summary>
internal sealed class TrainingState(SequenceModel model, AdamOptimizer adam)
{
    private const string WeightPrefix = "weight/", BestPrefix = "best/", FirstPrefix = "adam.first/", SecondPrefix = "adam.second/";

    private readonly List<TrainingProgress> _epochs = [];
    private Dictionary<string, float[]> _best = [];

    public IReadOnlyList<TrainingProgress> Epochs => _epochs;

    /// <summary>The epoch of the best weights, from 1; 0 before the first.</summary>
    public int BestEpoch { get; private set; }

    /// <summary>What early stopping watched had that value in the best epoch; −∞ before the first.</summary>
    public double BestScore => BestEpoch == 0 ? double.NegativeInfinity : _epochs[BestEpoch - 1].ValidationScore ?? double.NegativeInfinity;

    /// <summary>Records an epoch, and the weights as the best ones if it says so.</summary>
    public void Add(TrainingProgress epoch)
    {
        _epochs.Add(epoch);
        if (epoch.BestEpoch != epoch.Epoch)
            return;
        BestEpoch = epoch.Epoch;
        _best = model.Parameters.ToDictionary(entry => entry.Name, entry => entry.Values.ToArray());
    }

    /// <summary>Puts the best weights back into the model.</summary>
    public void RestoreBest()
    {
        foreach (var (name, parameter) in model.Parameters)
            ((TensorValues)parameter).Write(0, _best[name]);
    }

    /// <summary>Writes a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="origin">What it belongs to.</param>
    /// <param name="settings">What it was to end by.</param>
    public void Write(string path, TrainingOrigin origin, TrainingSettings settings)
    {
        var entries = Entries().ToArray();
        var steps = adam.Steps.ToDictionary(entry => entry.Name, entry => entry.Steps);
        var checkpoint = new Checkpoint(
            origin.Parts, origin.Seed, origin.Threads, BestEpoch, _epochs, steps, Array.ConvertAll(entries, entry => entry.Tensor), settings.MaximumEpochs, settings.Patience);
        CheckpointFile.Write(path, checkpoint, entries.Select(entry => entry.Values()));
    }

    /// <summary>Goes on from a checkpoint, where there is one that belongs to this training.</summary>
    /// <param name="settings">The settings of the training.</param>
    /// <param name="origin">What the checkpoint must belong to.</param>
    /// <returns>Whether a checkpoint is left aside, as it is that of another training, which has ended.</returns>
    /// <exception cref="InvalidDataException">The file is no checkpoint, damaged, or that of another training, which has not ended.</exception>
    public bool ResumeFrom(TrainingSettings settings, TrainingOrigin origin)
    {
        string path = settings.CheckpointPath!;
        using var stream = CheckpointFile.Open(path);
        if (stream is null)
            return false;
        bool isLeftAside = false;
        var entries = Entries().ToArray();
        var checkpoint = CheckpointFile.Read(stream, path, checkpoint =>
        {
            if (checkpoint.DifferenceFrom(origin.Parts) is { } difference)
            {
                isLeftAside = checkpoint.HadEnded(settings.MaximumEpochs, settings.Patience);
                return isLeftAside ? null : throw new InvalidDataException($"The checkpoint '{path}' comes from other options or other data, and that training has "
                    + $"not ended ({difference}). Go back to what it was made with, delete the file to start anew, or choose another path.");
            }

            if (checkpoint.Epochs.Count > settings.MaximumEpochs)
            {
                throw new InvalidDataException($"The checkpoint '{path}' has {checkpoint.Epochs.Count} epochs, and MaximumNumberOfEpochs is {settings.MaximumEpochs}: raise it, delete the file "
                    + "to start anew, or choose another path.");
            }

            if (!checkpoint.Tensors.SequenceEqual(entries.Select(entry => entry.Tensor)))
                throw new InvalidDataException($"The checkpoint '{path}' holds other tensors than the model. Delete the file to start anew.");
            foreach (var (name, parameter) in model.Parameters)
                _best[name] = new float[parameter.numel()];
            return number => entries[number].Values();
        });
        if (isLeftAside)
            return true;
        adam.Steps = checkpoint.Steps.Select(entry => (entry.Key, entry.Value));
        _epochs.AddRange(checkpoint.Epochs);
        BestEpoch = checkpoint.BestEpoch;
        return false;
    }

    // everything that a checkpoint holds, in its order
    private IEnumerable<Entry> Entries()
    {
        foreach (var (name, parameter) in model.Parameters)
        {
            yield return Of(WeightPrefix + name, parameter);
            yield return new Entry(new CheckpointTensor(BestPrefix + name, parameter.numel()), () => _best[name]);
        }

        foreach (var (name, first, second) in adam.Moments)
        {
            yield return Of(FirstPrefix + name, first);
            yield return Of(SecondPrefix + name, second);
        }

        static Entry Of(string name, Tensor values) => new(new CheckpointTensor(name, values.numel()), () => values);
    }

    private sealed record Entry(CheckpointTensor Tensor, Func<TensorValues> Values);
}

/// <summary>What a checkpoint belongs to.</summary>
/// <param name="Parts">Every option, and hashes of the data, that the trained weights follow from, by name.</param>
/// <param name="Seed">The seed among them.</param>
/// <param name="Threads">The threads among them; null on a GPU.</param>
internal sealed record TrainingOrigin(IReadOnlyDictionary<string, string> Parts, long Seed, int? Threads);
