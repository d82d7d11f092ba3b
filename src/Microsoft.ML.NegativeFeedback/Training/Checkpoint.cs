namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// What a checkpoint says of itself before the tensors that it holds. Random numbers need no state, since they follow from seed, epoch and step.
/// </summary>
/// <param name="Origin">The options and data it belongs to, by name.</param>
/// <param name="Seed">The seed of everything random.</param>
/// <param name="Threads">Threads of training; null on a GPU.</param>
/// <param name="BestEpoch">The epoch of the best weights, from 1; 0 before the first.</param>
/// <param name="Epochs">Every epoch so far.</param>
/// <param name="Steps">Steps of Adam a parameter.</param>
/// <param name="Tensors">The tensors in their order: those of weights, Adam's moments and best weights.</param>
internal sealed record Checkpoint(
    IReadOnlyDictionary<string, string> Origin, long Seed, int? Threads, int BestEpoch, IReadOnlyList<TrainingProgress> Epochs,
    IReadOnlyDictionary<string, long> Steps, IReadOnlyList<CheckpointTensor> Tensors)
{
    /// <summary>Whether a training with these options would have no epoch left.</summary>
    public bool HasEnded(int maximumEpochs, int patience)
        => Epochs.Count >= maximumEpochs || (Epochs[^1].ValidationScore is not null && Epochs.Count - BestEpoch >= patience);

    /// <summary>What differs from another training, in words; null where nothing does.</summary>
    public string? DifferenceFrom(IReadOnlyDictionary<string, string> origin)
    {
        var differences = Origin.Keys.Union(origin.Keys)
            .Where(name => Origin.GetValueOrDefault(name) != origin.GetValueOrDefault(name))
            .Select(name => $"{name}: {Origin.GetValueOrDefault(name, "none")} there, {origin.GetValueOrDefault(name, "none")} here").ToArray();
        return differences.Length == 0 ? null : string.Join("; ", differences);
    }
}

/// <summary>A tensor of a checkpoint.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Length">The number of its values.</param>
internal sealed record CheckpointTensor(string Name, long Length);
