using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What pairwise training reads.</summary>
/// <param name="Train">Histories.</param>
/// <param name="Validation">Rows that early stopping watches, or null.</param>
/// <param name="Sampler">How items that a row does not hold are drawn.</param>
internal sealed record PairwiseData(SequenceData Train, ValidationRows? Validation, NegativeSamplerSettings Sampler);

/// <summary>Training of a model that learns pairwise.</summary>
/// <param name="network">The network.</param>
/// <param name="weights">The coefficients of its loss.</param>
/// <param name="data">What it reads.</param>
/// <param name="regularizer">A term that depends on a parameter alone, or null.</param>
internal sealed class PairwiseTask(Network network, PairwiseWeights weights, PairwiseData data, ParameterLoss? regularizer = null) : TrainingTask<PairwiseModel>
{
    // Positions of a slice: on a CPU what is kept of them for gradients should stay in the caches; a GPU is fast where there is more to do
    // at once.
    private const long LargestSliceOnCpu = 1600, LargestSliceOnGpu = 1 << 16;

    private const int SlicesPerWorker = 4;

    public override IReadOnlyDictionary<string, string> Description => new Dictionary<string, string>
    {
        ["the model"] = FormattableString.Invariant($"{network.Description} {JsonSerializer.Serialize(weights)} {regularizer?.Weight:R}"),
        ["the sampling of negatives"] = JsonSerializer.Serialize(data.Sampler),
        ["what early stopping watches"] = data.Validation?.Measure ?? "nothing",
        ["the training rows"] = data.Train.Fingerprint()[..16],
        ["the validation rows"] = data.Validation?.Fingerprint[..16] ?? "none",
    };

    public override PairwiseModel CreateModel(Device device) => new(network, weights, device, regularizer);

    public override IBatchSource CreateBatches(PairwiseModel model, Device device, int workers, CancellationToken cancellationToken)
    {
        TrainingDataChecks.RequireLikedSequences(data.Train);
        bool isOnCpu = device.type == DeviceType.CPU;
        var sampler = new NegativeSampler(data.Sampler, data.Train.ItemCount, ItemCounts());
        return new PairwiseBatches(
            data.Train, model, sampler, isOnCpu ? LargestSliceOnCpu : LargestSliceOnGpu, isOnCpu ? SlicesPerWorker * workers : 1,
            cancellationToken);
    }

    public override IValidation? CreateValidation(PairwiseModel model, CancellationToken cancellationToken)
        => data.Validation?.Watch(model, cancellationToken);

    /// <summary>[N + 1]: how often each item was met.</summary>
    private long[] ItemCounts()
    {
        var counts = new long[data.Train.ItemCount + 1];
        for (int row = 0; row < data.Train.RowCount; row++)
        {
            foreach (int item in data.Train.Items(row))
                counts[item]++;
        }

        return counts;
    }
}
