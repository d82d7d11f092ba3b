using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Training of a model that foresees the next item by cross entropy.</summary>
/// <param name="network">The network.</param>
/// <param name="loss">What it learns from.</param>
/// <param name="train">Histories.</param>
/// <param name="validation">Rows that early stopping watches, or null.</param>
internal sealed class NextItemTask(
    NextItemNetwork network, NextItemLoss loss, SequenceData train, ValidationRows? validation)
    : TrainingTask<NextItemModel>
{
    public override IReadOnlyDictionary<string, string> Description => Describe(
        $"{network.Description} {JsonSerializer.Serialize(loss)}{(loss.IsSparse ? $" {loss.Catalogue!.Description}" : "")}", train, validation);

    public override NextItemModel CreateModel(Device device) => new(network, loss, device, (loss.Catalogue as SampledSoftmaxLoss)?.Draws(train.ItemCounts()));

    public override IBatchSource CreateBatches(NextItemModel model, Device device, int workers, CancellationToken cancellationToken)
    {
        TrainingDataChecks.Require(train, model);
        var size = SliceSize.Of(device, workers, model.Network.Settings.Width);
        return new NextItemBatches(new SliceCutter(train, model, size.LargestSlice, size.Parts, cancellationToken), model);
    }

    public override IValidation? CreateValidation(NextItemModel model, CancellationToken cancellationToken) => validation?.Watch(model, cancellationToken);
}

/// <summary>Batches of a model that foresees the next item by cross entropy.</summary>
internal sealed class NextItemBatches(SliceCutter cutter, NextItemModel model) : IBatchSource
{
    public int RowCount => cutter.Rows.Count;

    public Batch Cut(ReadOnlySpan<int> rows, PassKey step)
    {
        var chosen = new int[rows.Length];
        for (int i = 0; i < chosen.Length; i++)
            chosen[i] = cutter.Rows[rows[i]];
        var (slices, counts) = cutter.Cut(chosen);
        return Of(model, slices, counts);
    }

    /// <summary>Slices as a batch.</summary>
    public static Batch Of(NextItemModel model, IReadOnlyList<SequenceSlice> slices, BatchCounts counts)
        => new(
            [.. slices.Select(slice => new BatchPart(slice.Items.Length, (pass, sums) => model.AccumulateGradients(slice, counts, pass, sums)))],
            sums => model.Mean(sums, counts));
}
