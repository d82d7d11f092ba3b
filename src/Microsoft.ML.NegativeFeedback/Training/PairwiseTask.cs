using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What training with sampled items reads.</summary>
/// <param name="Train">Histories.</param>
/// <param name="Validation">Rows that early stopping watches, or null.</param>
/// <param name="Sampler">How items that a row does not hold are drawn.</param>
internal sealed record SampledData(SequenceData Train, ValidationRows? Validation, NegativeSamplerSettings Sampler)
{
    /// <summary>What draws them.</summary>
    public NegativeSampler CreateSampler() => new(Sampler, Train.ItemCount, Train.ItemCounts());
}

/// <summary>Training of a model that learns pairwise.</summary>
/// <param name="network">The network.</param>
/// <param name="weights">The coefficients of its loss.</param>
/// <param name="data">What it reads.</param>
/// <param name="regularizer">A term that depends on a parameter alone, or null.</param>
internal sealed class PairwiseTask(Network network, PairwiseWeights weights, SampledData data, ParameterLoss? regularizer = null) : TrainingTask<PairwiseModel>
{
    public override IReadOnlyDictionary<string, string> Description => new Dictionary<string, string>(Describe(
        FormattableString.Invariant($"{network.Description} {JsonSerializer.Serialize(weights)} {regularizer?.Weight:R}"), data.Train, data.Validation))
    {
        ["the sampling of negatives"] = JsonSerializer.Serialize(data.Sampler),
    };

    public override PairwiseModel CreateModel(Device device) => new(network, weights, device, regularizer);

    public override IBatchSource CreateBatches(PairwiseModel model, Device device, int workers, CancellationToken cancellationToken)
    {
        if (model.Network.ReadsWholeHistory)
            TrainingDataChecks.RequireWholeSequences(data.Train);
        else
            TrainingDataChecks.RequireLikedSequences(data.Train);
        var size = SliceSize.Of(device, workers, model.Network.Settings.Width);
        var batches = new SampledBatches(data.Train, model, data.CreateSampler(), size.LargestSlice, size.Parts, cancellationToken);
        return batches.RowCount > 0 ? batches : throw new InvalidOperationException($"No row of the training data has an item with positive feedback (above 0) after another among the newest "
            + $"{model.Network.Settings.MaximumLength + 1}, so there is nothing to learn. Raise MaximumSequenceLength, or check the rule that made the feedback column.");
    }

    public override IValidation? CreateValidation(PairwiseModel model, CancellationToken cancellationToken)
        => data.Validation?.Watch(model, cancellationToken);
}
