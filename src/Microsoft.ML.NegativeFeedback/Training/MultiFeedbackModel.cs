using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What the multi-feedback ranker learns from (CIKM '23, section 2.4.1).</summary>
/// <param name="TaskNames">The K kinds of feedback, in the order of the flags.</param>
/// <param name="Shares">λ [K], of sum 1; not read where they are learned.</param>
/// <param name="IsPairwise">Whether an item with a kind of feedback is to be above a sampled one (BPR), rather than each foretold by itself (log loss, eq. 9).</param>
/// <param name="SampledWeight">How much a sampled item counts beside one that was viewed, in the log loss.</param>
internal sealed record MultiFeedbackLoss(IReadOnlyList<string> TaskNames, IReadOnlyList<double> Shares, bool IsPairwise, double SampledWeight = 1);

/// <summary>A network that learns to foretell what kinds of feedback the next item gets; a sampled item gets none.</summary>
/// <param name="network">The network.</param>
/// <param name="loss">What it learns from.</param>
/// <param name="device">Where its parameters lie.</param>
internal sealed class MultiFeedbackModel(MultiFeedbackNetwork network, MultiFeedbackLoss loss, Device device) : SampledModel(network, device)
{
    // the flags of the item that came next; what the network reads are those of the items before
    private readonly NetworkInput _labels = new(MultiFeedbackNetwork.FlagsName, InputScope.Question, network.TaskCount);

    private readonly bool _learnsBalance = network.Parameters.Contains(network.Balance);

    public override IReadOnlyList<string> TermNames => [.. loss.TaskNames.Select(name => $"{(loss.IsPairwise ? "BPR" : "log loss")} {name}")];

    public override IEnumerable<NetworkInput> LearnedInputs => network.Inputs.Append(_labels);

    public override SliceQuestions Questions => SliceQuestions.AtEveryItem;

    public override Batch ToBatch(List<SequenceSlice> slices)
    {
        // what the terms' means divide by: the items of a place by their weights, or the places whose item has the feedback
        var counts = new double[network.TaskCount];
        foreach (var slice in slices)
        {
            var flags = ((ColumnValues<float>)slice.Asked[_labels]).Values;
            for (int i = 0; i < flags.Length; i++)
                counts[i % counts.Length] += loss.IsPairwise ? flags[i] : 1 + loss.SampledWeight;
        }

        var parts = slices.ConvertAll(slice => new BatchPart(slice.Items.Length, (pass, sums) => AccumulateGradients(slice, counts, pass, sums)));
        if (_learnsBalance)
            parts.Add(new BatchPart(0, (_, sums) => AccumulateBalance(sums)));
        return new Batch(parts, sums => Mean(sums, counts));
    }

    private void AccumulateGradients(SequenceSlice slice, double[] counts, PassKey key, GradientSums sums)
    {
        using var scope = NewDisposeScope();
        var pass = new TorchPass(this, new Dropout(network.Settings.DropoutRate, key), sums.Derived);
        var compared = new long[2 * slice.Places.Length];
        for (int i = 0; i < slice.Places.Length; i++)
            (compared[2 * i], compared[(2 * i) + 1]) = (slice.Targets[SequenceSlice.Next][i], slice.Targets[SequenceSlice.Sampled][i]);
        var logits = network.TaskLogits(pass, new TorchHistory(slice, Device), new(TorchMemory.Of(compared, Device, -1, 2))).Value;   // [n, 2, K]
        var labels = slice.Asked[_labels].ToTensor(Device, -1, network.TaskCount);
        var lost = Losses(logits.select(1, 0), logits.select(1, 1), labels).sum(0, false);                                                  // [K]
        for (int k = 0; k < counts.Length; k++)
            sums.Losses.Add(k, lost.narrow(0, k, 1).detach());
        var means = lost.div(TorchMemory.Of(Array.ConvertAll(counts, count => (float)Math.Max(count, 1)), Device));
        // with uncertainties s_k the loss is Σ exp(−s_k) L_k + s_k (Kendall, Gal and Cipolla 2018)
        var shares = _learnsBalance ? (new TorchTensor(pass.Of(network.Balance).Value) * -1).Exp().Value : TorchMemory.Of([.. loss.Shares.Select(share => (float)share)], Device);
        pass.Backpropagate(means.mul(shares).sum(), null, sums);
    }

    // eq. 9, or BPR: [n, K]
    private Tensor Losses(Tensor next, Tensor sampled, Tensor labels)
    {
        if (loss.IsPairwise)
            return next.sub(sampled).log_sigmoid().mul(labels).mul(Scalars.MinusOne);
        // −y ln σ(z) − (1 − y) ln σ(−z) = −ln σ(z) + (1 − y) z, as ln σ(−z) = ln σ(z) − z
        var observed = next.mul(labels.mul(Scalars.MinusOne).add(Scalars.One, Scalars.One)).sub(next.log_sigmoid());
        return loss.SampledWeight == 0 ? observed : observed.add(sampled.mul(Scalars.MinusOne).log_sigmoid(), Scalars.Of(-loss.SampledWeight));
    }

    private void AccumulateBalance(GradientSums sums)
    {
        using var scope = NewDisposeScope();
        var pass = new TorchPass(this, Dropout.Off);
        pass.Backpropagate(pass.Of(network.Balance).Value.sum(), null, sums);
    }

    private LossTerms Mean(LossSums sums, double[] counts)
    {
        double[] totals = sums.Read(), means = [.. totals.Zip(counts, (total, count) => total / Math.Max(count, 1))];
        if (!_learnsBalance)
            return new LossTerms(means.Zip(loss.Shares, (mean, share) => mean * share).Sum(), [.. TermNames.Zip(means)]);
        float[] uncertainties = Of(network.Balance).ToArray();
        return new LossTerms(means.Zip(uncertainties, (mean, s) => (mean * Math.Exp(-s)) + s).Sum(), [.. TermNames.Zip(means)]);
    }
}

/// <summary>Training of the multi-feedback ranker.</summary>
/// <param name="network">The network.</param>
/// <param name="loss">What it learns from.</param>
/// <param name="data">What it reads.</param>
internal sealed class MultiFeedbackTask(MultiFeedbackNetwork network, MultiFeedbackLoss loss, SampledData data) : TrainingTask<MultiFeedbackModel>
{
    public override IReadOnlyDictionary<string, string> Description => new Dictionary<string, string>(Describe(
        $"{network.Description} {JsonSerializer.Serialize(loss)}", data.Train, data.Validation))
    {
        ["the sampling of negatives"] = JsonSerializer.Serialize(data.Sampler),
    };

    public override MultiFeedbackModel CreateModel(Device device) => new(network, loss, device);

    public override IBatchSource CreateBatches(MultiFeedbackModel model, Device device, int workers, CancellationToken cancellationToken)
    {
        TrainingDataChecks.RequireWholeSequences(data.Train);
        var size = SliceSize.Of(device, workers, model.Network.Settings.Width);
        return new SampledBatches(data.Train, model, data.CreateSampler(), size.LargestSlice, size.Parts, cancellationToken);
    }

    public override IValidation? CreateValidation(MultiFeedbackModel model, CancellationToken cancellationToken) => data.Validation?.Watch(model, cancellationToken);
}
