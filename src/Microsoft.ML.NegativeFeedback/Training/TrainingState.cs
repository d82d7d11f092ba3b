using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What changes from epoch to epoch: weights, Adam's moments, the best weights so far and the record of epochs.</summary>
internal sealed class TrainingState(SequenceModel model, AdamOptimizer adam)
{
    private const string WeightPrefix = "weight/", BestPrefix = "best/", FirstPrefix = "adam.first/", SecondPrefix = "adam.second/";

    private readonly List<TrainingProgress> _epochs = [];
    private Dictionary<string, float[]> _best = [];
    private string _fingerprint = "";

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
        _best = Weights().ToDictionary(entry => entry.Name, entry => entry.Values.ToArray());
    }

    /// <summary>Puts the best weights back into the model.</summary>
    public void RestoreBest()
    {
        foreach (var (name, parameter) in Weights())
            Fill(parameter, _best[name]);
    }

    /// <summary>Writes a checkpoint.</summary>
    public void Write(string path)
    {
        var tensors = new Dictionary<string, float[]>();
        foreach (var (name, parameter) in Weights())
            tensors[WeightPrefix + name] = parameter.ToArray();
        foreach (var (name, values) in _best)
            tensors[BestPrefix + name] = values;
        foreach (var (name, first, second) in adam.Moments)
            (tensors[FirstPrefix + name], tensors[SecondPrefix + name]) = (first.ToArray(), second.ToArray());
        var steps = adam.Steps.ToDictionary(entry => entry.Name, entry => entry.Steps);
        CheckpointFile.Write(path, new Checkpoint(_fingerprint, BestEpoch, _epochs, steps, tensors));
    }

    /// <summary>Goes on from a checkpoint, where there is one.</summary>
    /// <exception cref="InvalidDataException">The file is no checkpoint, damaged, or of another training.</exception>
    public void ResumeFrom(string path, string fingerprint)
    {
        _fingerprint = fingerprint;
        if (!File.Exists(path))
            return;
        var checkpoint = CheckpointFile.Read(path);
        checkpoint.RequireFingerprint(fingerprint, path);
        foreach (var (name, parameter) in Weights())
        {
            Fill(parameter, checkpoint.Tensor(WeightPrefix + name, parameter.numel(), path));
            _best[name] = checkpoint.Tensor(BestPrefix + name, parameter.numel(), path);
        }

        foreach (var (name, first, second) in adam.Moments)
        {
            Fill(first, checkpoint.Tensor(FirstPrefix + name, first.numel(), path));
            Fill(second, checkpoint.Tensor(SecondPrefix + name, second.numel(), path));
        }

        adam.Steps = checkpoint.Steps.Select(entry => (entry.Key, entry.Value));
        _epochs.AddRange(checkpoint.Epochs);
        BestEpoch = checkpoint.BestEpoch;
    }

    private IEnumerable<(string Name, Parameter Values)> Weights() => model.Parameters;

    private static void Fill(Tensor target, float[] values)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        target.copy_(TorchMemory.Of(values, CPU, target.shape));
    }
}
