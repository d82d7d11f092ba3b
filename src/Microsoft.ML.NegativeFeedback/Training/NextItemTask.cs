using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Networks;
using TorchSharp;
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
    // Positions of a slice: on a CPU what a block keeps of them for its gradients should stay in the caches; a GPU is fast where there is
    // more to do at once.
    private const long LargestSliceOnCpu = 1600, LargestSliceOnGpu = 1 << 16;

    // A batch is cut into so many slices a worker that they can share it evenly.
    private const int SlicesPerWorker = 4;

    public override IReadOnlyDictionary<string, string> Description => new Dictionary<string, string>
    {
        ["the model"] = $"{network.Description} {JsonSerializer.Serialize(loss)}",
        ["what early stopping watches"] = validation?.Measure ?? "nothing",
        ["the training rows"] = train.Fingerprint()[..16],
        ["the validation rows"] = validation?.Fingerprint[..16] ?? "none",
    };

    public override NextItemModel CreateModel(Device device) => new(network, loss, device);

    public override IBatchSource CreateBatches(NextItemModel model, Device device, int workers, CancellationToken cancellationToken)
    {
        TrainingDataChecks.Require(train, model);
        var cutter = device.type == DeviceType.CPU
            ? new SliceCutter(train, model, LargestSliceOnCpu, SlicesPerWorker * workers, cancellationToken)
            : new SliceCutter(train, model, LargestSliceOnGpu, cancellationToken: cancellationToken);
        return new NextItemBatches(cutter, model);
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
