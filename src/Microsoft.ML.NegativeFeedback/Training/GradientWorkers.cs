using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Computes the gradients of a batch: each worker takes fixed parts and sums up what comes of them, and the sums are
/// added in the workers' order, so that the result depends on the number of workers but on no race between them.
/// </summary>
internal sealed class GradientWorkers : IDisposable
{
    private readonly SequenceModel _model;
    private readonly Device _device;
    private readonly TorchWorkers _workers;
    private readonly GradientSums[] _sums;

    public GradientWorkers(SequenceModel model, Device device, TorchWorkers workers)
    {
        (_model, _device, _workers) = (model, device, workers);
        _sums = [.. Enumerable.Range(0, workers.Count).Select(_ => new GradientSums(model, device))];
    }

    /// <summary>On a GPU the gradients of the batch behind each other, as <see cref="SequenceModel.Block"/> has the parameters, if every parameter has one; otherwise null.</summary>
    public Tensor? All => _sums[0].All;

    /// <summary>The gradient of the rows of the item table that the batch met, where the model learns those alone; otherwise null.</summary>
    public RowGradient? Rows => _sums[0].Rows;

    /// <summary>Leaves the gradients of the batch in the model's parameters, until the next call.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="step">What the step is known by; the number of the part is filled in.</param>
    public LossTerms Compute(Batch batch, PassKey step)
    {
        var ofWorkers = Divide(batch.Parts, _workers.Count);
        // dropout draws from the GPU's generator, which torch.manual_seed of TorchSharp does not reach: that seeds the CPU's
        if (_device.type == DeviceType.CUDA)
            cuda.manual_seed_all(CounterRandom.Of(step.Seed, step.Epoch, step.Step).Bits64());
        _workers.Run(worker =>
        {
            _sums[worker].Clear();
            foreach (int part in ofWorkers[worker])
                batch.Parts[part].Accumulate(step with { Part = part }, _sums[worker]);
            _sums[worker].End();
        });
        _workers.Run(worker => _sums[0].Add(_sums, worker, _workers.Count));
        _sums[0].Join(_sums);
        _model.TakeGradients(_sums[0]);
        return batch.Mean(_sums[0].Losses);
    }

    public void Dispose()
    {
        foreach (var sums in _sums)
            sums.Dispose();
    }

    // the largest part that is left goes to the worker with the least so far
    private static List<int>[] Divide(IReadOnlyList<BatchPart> parts, int workers)
    {
        var ofWorkers = new List<int>[workers];
        var load = new long[workers];
        for (int worker = 0; worker < workers; worker++)
            ofWorkers[worker] = [];
        foreach (int part in Enumerable.Range(0, parts.Count).OrderByDescending(part => parts[part].Size))
        {
            int worker = Array.IndexOf(load, load.Min());
            ofWorkers[worker].Add(part);
            load[worker] += parts[part].Size;
        }

        return ofWorkers;
    }
}
