using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>The coefficients of a pairwise loss (SINE, eq. 16).</summary>
/// <param name="Sampled">λ₁, of the next liked item before a sampled one.</param>
/// <param name="Skipped">λ₂, of the next liked item before one that was skipped; 0 leaves skips out.</param>
internal readonly record struct PairwiseWeights(double Sampled, double Skipped);

/// <summary>A term of a loss that depends on one parameter alone.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Weight">Its coefficient, λ₃; above 0.</param>
/// <param name="Parameter">The parameter.</param>
/// <param name="Of">The parameter's values → a scalar.</param>
internal sealed record ParameterLoss(string Name, double Weight, NetworkParameter Parameter, Func<Tensor, Tensor> Of);

/// <summary>A model that learns to tell what came next from items that are sampled anew in every epoch.</summary>
internal abstract class SampledModel(Network network, Device device) : SequenceModel(network, device)
{
    /// <summary>What training reads beside the items.</summary>
    public abstract IEnumerable<NetworkInput> LearnedInputs { get; }

    /// <summary>Where it is asked.</summary>
    public abstract SliceQuestions Questions { get; }

    /// <summary>Slices with what was sampled as a batch.</summary>
    public abstract Batch ToBatch(List<SequenceSlice> slices);
}

/// <summary>A network that learns to score the next liked item above others, −ln σ(y(u, i) − y(u, j)) (BPR; SINE, eq. 15).</summary>
internal sealed class PairwiseModel(Network network, PairwiseWeights weights, Device device, ParameterLoss? regularizer = null)
    : SampledModel(network, device)
{
    /// <summary>The names of the loss's terms.</summary>
    internal const string SampledName = "BPR sampled", SkippedName = "BPR skipped", RegularizerName = "dCor";

    private const int SampledTerm = 0, SkippedTerm = 1, RegularizerTerm = 2, FurtherTerms = 3;

    public override IReadOnlyList<string> TermNames
        => [SampledName, SkippedName, regularizer?.Name ?? RegularizerName, .. Network.FurtherLosses.Select(term => term.Name)];

    /// <summary>What the network reads, and the skips where they are learned from.</summary>
    public override IEnumerable<NetworkInput> LearnedInputs => weights.Skipped > 0 ? Network.Inputs.Append(NetworkInput.Skips) : Network.Inputs;

    public override SliceQuestions Questions => Network.QuestionsPerSequence is not null ? SliceQuestions.AtNewest
        : Network.ReadsWholeHistory ? SliceQuestions.BeforeLiked : SliceQuestions.AtEveryItem;

    public override Batch ToBatch(List<SequenceSlice> slices)
    {
        var counts = new PairwiseCounts(slices.Sum(slice => (long)slice.Places.Length),
            slices.Sum(slice => (long)(slice.Targets.GetValueOrDefault(SequenceSlice.Skipped)?.Count(item => item != 0) ?? 0)));
        var parts = slices.ConvertAll(slice => new BatchPart(slice.Items.Length, (pass, sums) => AccumulateGradients(slice, counts, pass, sums)));
        if (regularizer is not null)
            parts.Add(new BatchPart(0, (_, sums) => AccumulateRegularizer(sums)));
        return new Batch(parts, sums => Mean(sums, counts));
    }

    /// <summary>Adds a slice's losses and gradients to the sums.</summary>
    public void AccumulateGradients(SequenceSlice slice, PairwiseCounts counts, PassKey key, GradientSums sums)
    {
        using var scope = NewDisposeScope();
        var pass = new TorchPass(this, new Dropout(Network.Settings.DropoutRate, key), sums.Derived);
        var history = new TorchHistory(slice, Device);
        var candidates = Compared(pass, slice, readsSkips: slice.HasSkips && weights.Skipped > 0);
        var margins = Network.Margins(pass, history, candidates).Value;
        var sampledLoss = LogisticLoss(margins, 0).sum();
        sums.Losses.Add(SampledTerm, sampledLoss.detach());
        var loss = sampledLoss.mul(Scalars.Of(weights.Sampled / counts.Liked));
        if (margins.shape[1] > 1)
        {
            var skippedLoss = LogisticLoss(margins, 1).mul(TorchMemory.Of(slice.Targets[SequenceSlice.Skipped], Device).ne(Scalars.Zero)).sum();
            sums.Losses.Add(SkippedTerm, skippedLoss.detach());
            loss = loss.add(skippedLoss, Scalars.Of(weights.Skipped / counts.Skipped));
        }

        var further = Network.FurtherLossesAt(pass, history, candidates);
        for (int i = 0; i < further.Length; i++)
        {
            var sum = further[i].Value.sum();
            sums.Losses.Add(FurtherTerms + i, sum.detach());
            loss = loss.add(sum, Scalars.Of(Network.FurtherLosses[i].Weight / counts.Liked));
        }

        pass.Backpropagate(loss, null, sums);
    }

    /// <summary>Adds the regularizer, which does not depend on the batch, to the sums.</summary>
    public void AccumulateRegularizer(GradientSums sums)
    {
        if (regularizer is null)
            return;
        using var scope = NewDisposeScope();
        var pass = new TorchPass(this, Dropout.Off);
        var term = regularizer.Of(pass.Of(regularizer.Parameter).Value);
        sums.Losses.Add(RegularizerTerm, term.detach());
        pass.Backpropagate(term.mul(Scalars.Of(regularizer.Weight)), null, sums);
    }

    /// <summary>The means of a batch and their weighted sum.</summary>
    public LossTerms Mean(LossSums sums, in PairwiseCounts counts)
    {
        double[] totals = sums.Read();
        long liked = Math.Max(counts.Liked, 1);
        double sampled = totals[SampledTerm] / liked;
        double skipped = totals[SkippedTerm] / Math.Max(counts.Skipped, 1);
        double[] further = [.. Network.FurtherLosses.Select((_, i) => totals[FurtherTerms + i] / liked)];
        return new LossTerms((weights.Sampled * sampled) + (weights.Skipped * skipped) + ((regularizer?.Weight ?? 0) * totals[RegularizerTerm])
            + further.Zip(Network.FurtherLosses, (value, term) => term.Weight * value).Sum(),
            [.. TermNames.Zip([sampled, skipped, totals[RegularizerTerm], .. further])]);
    }

    /// <summary>How far the next liked item's logit is above the sampled one's and the skipped one's, [n, 1 or 2].</summary>
    internal Tensor Margins(TorchPass pass, SequenceSlice slice, bool readsSkips)
        => Network.Margins(pass, new TorchHistory(slice, Device), Compared(pass, slice, readsSkips)).Value;

    // [n, 2 or 3, d]: the next liked item, the sampled one, and the skipped one
    private TorchTensor Compared(TorchPass pass, SequenceSlice slice, bool readsSkips)
    {
        string[] kinds = readsSkips ? [SequenceSlice.Next, SequenceSlice.Sampled, SequenceSlice.Skipped] : [SequenceSlice.Next, SequenceSlice.Sampled];
        var compared = new long[slice.Places.Length * kinds.Length];
        for (int kind = 0; kind < kinds.Length; kind++)
        {
            long[] items = slice.Targets[kinds[kind]];
            for (int i = 0; i < items.Length; i++)
                compared[(i * kinds.Length) + kind] = items[i];
        }

        return pass.Lookup(Network.Items, new(TorchMemory.Of(compared, Device, -1, kinds.Length)));
    }

    // −ln σ(x)
    private static Tensor LogisticLoss(Tensor margins, int column) => margins.narrow(1, column, 1).squeeze(1).log_sigmoid().mul(Scalars.MinusOne);
}
