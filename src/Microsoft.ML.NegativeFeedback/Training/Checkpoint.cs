namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// All that training needs to go on as if it had never stopped: the tensors of weights, Adam's moments and best weights by name, and
/// the state of early stopping. Random numbers need no state, since they follow from seed, epoch and step.
/// </summary>
/// <param name="Fingerprint">The options and data it belongs to.</param>
/// <param name="BestEpoch">The epoch of the best weights, from 1; 0 before the first.</param>
/// <param name="Epochs">Every epoch so far.</param>
/// <param name="Steps">Steps of Adam a parameter.</param>
/// <param name="Tensors">The values of all tensors, row-major, by name.</param>
internal sealed record Checkpoint(
    string Fingerprint, int BestEpoch, IReadOnlyList<TrainingProgress> Epochs, IReadOnlyDictionary<string, long> Steps,
    IReadOnlyDictionary<string, float[]> Tensors)
{
    /// <summary>Checks that the checkpoint belongs to this training.</summary>
    /// <exception cref="InvalidDataException">It does not.</exception>
    public void RequireFingerprint(string fingerprint, string path)
    {
        if (Fingerprint != fingerprint)
        {
            throw new InvalidDataException($"The checkpoint '{path}' comes from other options or other data. Choose another path, delete "
                + $"the file, or go back to what it was made with ({Fingerprint}; now {fingerprint}).");
        }
    }

    /// <summary>The tensor of that name.</summary>
    /// <exception cref="InvalidDataException">There is none of that size.</exception>
    public float[] Tensor(string name, long length, string path)
        => Tensors.TryGetValue(name, out float[]? values) && values.Length == length
            ? values
            : throw new InvalidDataException(
                $"The checkpoint '{path}' has no tensor '{name}' of {length} values. Delete the file to start anew.");
}
