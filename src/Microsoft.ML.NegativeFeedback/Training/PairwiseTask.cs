using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Models;
using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What pairwise training reads.</summary>
/// <param name="Train">Histories.</param>
/// <param name="Validation">Candidates that early stopping watches, or null.</param>
/// <param name="Metric">What it watches of them.</param>
/// <param name="Sampler">How items that a row does not hold are drawn.</param>
internal sealed record PairwiseData(SequenceData Train, CandidateRows? Validation, EarlyStoppingMetric Metric, NegativeSamplerSettings Sampler);

/// <summary>Training of a model that learns pairwise.</summary>
/// <param name="name">The model and its settings.</param>
/// <param name="create">Makes the model.</param>
/// <param name="weightsOf">What is kept of the trained model.</param>
/// <param name="data">What it reads.</param>
internal sealed class PairwiseTask<TModel, TWeights>(
    string name, Func<Device, TModel> create, Func<TModel, TWeights> weightsOf, PairwiseData data)
    : TrainingTask<TModel, TWeights>
    where TModel : PairwiseModel
{
    // Positions of a slice: on a CPU what is kept of them for gradients should stay in the caches; a GPU is fast where there is more to do
    // at once.
    private const long LargestSliceOnCpu = 1600, LargestSliceOnGpu = 1 << 16;

    private const int SlicesPerWorker = 4;

    public override IReadOnlyDictionary<string, string> Description => new Dictionary<string, string>
    {
        ["the model"] = name,
        ["the sampling of negatives"] = JsonSerializer.Serialize(data.Sampler),
        ["EarlyStoppingMetric"] = $"{data.Metric}",
        ["the training rows"] = data.Train.Fingerprint()[..16],
        ["the validation rows"] = data.Validation?.Fingerprint()[..16] ?? "none",
    };

    public override TModel CreateModel(Device device) => create(device);

    public override IBatchSource CreateBatches(TModel model, Device device, int workers, CancellationToken cancellationToken)
    {
        TrainingDataChecks.RequireLikedSequences(data.Train);
        bool isOnCpu = device.type == DeviceType.CPU;
        var sampler = new NegativeSampler(data.Sampler, data.Train.ItemCount, ItemCounts());
        return new PairwiseBatches(
            data.Train, model, sampler, isOnCpu ? LargestSliceOnCpu : LargestSliceOnGpu, isOnCpu ? SlicesPerWorker * workers : 1,
            cancellationToken);
    }

    public override IValidation? CreateValidation(TModel model, Device device, CancellationToken cancellationToken)
        => data.Validation is null ? null : new CandidateValidation(data.Validation, model, data.Metric, device, cancellationToken);

    public override TWeights WeightsOf(TModel model) => weightsOf(model);

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
