using System.Text.Json.Serialization;
using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>What a network that foresees the next item learns from: CE + α·CE⁻ + β·(L_c or InfoNCE).</summary>
/// <param name="NegativeWeight">α, the coefficient of CE⁻; 0 without a negative encoder.</param>
/// <param name="ContrastWeight">β, the coefficient of the contrastive term; 0 without one.</param>
/// <param name="Similarity">f in the contrastive term.</param>
/// <param name="Temperature">What similarities are divided by.</param>
/// <param name="Catalogue">What cross entropy compares with; null for the whole catalogue.</param>
internal sealed record NextItemLoss(
    double NegativeWeight, double ContrastWeight, ContrastSimilarity Similarity, double Temperature, [property: JsonIgnore] CatalogueLoss? Catalogue = null)
{
    /// <summary>Whether a step compares a few items, and moves those alone.</summary>
    [JsonIgnore]
    public bool IsSparse => Catalogue is not (null or FullLoss);
}

/// <summary>A network that learns to foresee the next item by cross entropy over the catalogue, without autograd over the logits, or over a few items of a large one.</summary>
/// <param name="network">The network.</param>
/// <param name="loss">What it learns from.</param>
/// <param name="device">Where its parameters lie.</param>
/// <param name="draws">What draws the items of a sampled softmax; null for another loss.</param>
internal class NextItemModel(NextItemNetwork network, NextItemLoss loss, Device device, CatalogueDraws? draws = null)
    : SequenceModel(network, device, learnsRows: loss.IsSparse)
{
    /// <summary>The names of the loss's terms: CE⁺ or CE of the whole sequence, CE⁻, and L_c or InfoNCE.</summary>
    internal const string CrossEntropyName = "CE", NegativeCrossEntropyName = "CE-", ContrastName = "contrast";

    private protected const int CrossEntropyTerm = 0, NegativeCrossEntropyTerm = 1, ContrastTerm = 2;

    private const long DrawPurpose = 5;

    public new NextItemNetwork Network => network;

    public override IReadOnlyList<string> TermNames => [CrossEntropyName, NegativeCrossEntropyName, ContrastName];

    /// <summary>Whether a slice of that kind needs <see cref="SequenceSlice.Contrast"/>.</summary>
    public bool Contrasts(SequenceKind kind) => kind == network.ScoringSequence && loss.ContrastWeight > 0;

    /// <summary>The first item that is foreseen: padding is no class.</summary>
    private protected virtual int FirstClass => 1;

    /// <summary>Adds a slice's losses and gradients to the sums.</summary>
    public virtual void AccumulateGradients(SequenceSlice slice, in BatchCounts counts, PassKey key, GradientSums sums)
    {
        using var scope = NewDisposeScope();
        var pass = new TorchPass(this, new Dropout(network.Settings.DropoutRate, key), sums.Derived);
        var rows = network.Hidden(pass, new TorchHistory(slice, Device), slice.Kind).Value;
        if (loss.IsSparse)
        {
            pass.Backpropagate(SparseLoss(pass, slice, rows, counts, key, sums.Losses), null, sums);
            return;
        }

        Tensor rowGradient;
        using (no_grad())
        {
            rowGradient = empty_like(rows);
            var labels = TorchMemory.Of(slice.Targets[SequenceSlice.Next], Device);
            var items = Of(network.Items);
            Accumulate(slice, new SliceTensors(rows.detach(), rowGradient, items.detach(), sums.Of(items), labels, FirstClass, network.ItemCount + 1), counts, sums.Losses);
        }

        pass.Backpropagate(rows, rowGradient, sums);
    }

    /// <summary>The means of a batch and their weighted sum.</summary>
    public LossTerms Mean(LossSums sums, in BatchCounts counts)
    {
        double[] totals = sums.Read();
        double crossEntropy = totals[CrossEntropyTerm] / Math.Max(counts.Positives, 1);
        double negativeCrossEntropy = totals[NegativeCrossEntropyTerm] / Math.Max(counts.Negatives, 1);
        double contrast = totals[ContrastTerm] / Math.Max(counts.ContrastTargets, 1);
        return new LossTerms(crossEntropy + (loss.NegativeWeight * negativeCrossEntropy) + (loss.ContrastWeight * contrast),
            (CrossEntropyName, crossEntropy), (NegativeCrossEntropyName, negativeCrossEntropy), (ContrastName, contrast));
    }

    private void Accumulate(SequenceSlice slice, SliceTensors tensors, in BatchCounts counts, LossSums sums)
    {
        var (term, weight) = CrossEntropyOf(slice.Kind, counts);
        var contrast = slice.Contrast is not { TargetCount: > 0 } items ? null
            : new CatalogueContrast(items, FirstClass, tensors.Rows, tensors.Items, loss.Similarity, loss.Temperature,
                loss.ContrastWeight / counts.ContrastTargets / weight);
        sums.Add(term, CatalogueCrossEntropy.Accumulate(tensors, weight, contrast));
        if (contrast is not null)
            sums.Add(ContrastTerm, contrast.LossSum);
    }

    // the term of the loss that the cross entropy of such sequences is, and the coefficient of a position's
    private (int Term, double Weight) CrossEntropyOf(SequenceKind kind, in BatchCounts counts) => kind == SequenceKind.Negatives
        ? (NegativeCrossEntropyTerm, loss.NegativeWeight / counts.Negatives) : (CrossEntropyTerm, 1.0 / counts.Positives);

    // the slice's part of the weighted sum
    private Tensor SparseLoss(TorchPass pass, SequenceSlice slice, Tensor rows, in BatchCounts counts, PassKey key, LossSums sums)
    {
        var (term, weight) = CrossEntropyOf(slice.Kind, counts);
        var labels = TorchMemory.Of(slice.Targets[SequenceSlice.Next], Device);
        var crossEntropy = CrossEntropy(pass, rows, labels, CounterRandom.Of(key.Seed, key.Epoch, key.Step, key.Part, DrawPurpose));
        sums.Add(term, crossEntropy.detach());
        var total = crossEntropy.mul(Scalars.Of(weight));
        if (slice.Contrast is not { TargetCount: > 0 } items)
            return total;
        var contrast = SampledCatalogue.Contrast(
            rows, items, TorchMemory.Of(slice.Places, Device), slice.Count, slice.Length, loss.Similarity, loss.Temperature, Vectors(pass));
        sums.Add(ContrastTerm, contrast.detach());
        return total.add(contrast, Scalars.Of(loss.ContrastWeight / counts.ContrastTargets));
    }

    // the sum over the slice's positions
    private Tensor CrossEntropy(TorchPass pass, Tensor rows, Tensor labels, CounterRandom random)
    {
        if (loss.Catalogue is SampledSoftmaxLoss sampled)
        {
            var (drawn, corrections) = draws!.Draw(random, sampled.NegativeCount);
            return SampledCatalogue.SampledSoftmax(rows, labels, TorchMemory.Of(drawn, Device), TorchMemory.Of(corrections, Device), Vectors(pass));
        }

        var scalable = (ScalableLoss)loss.Catalogue!;
        int count = (int)rows.shape[0], buckets = scalable.Buckets(count);
        var mixture = TorchMemory.Of(random.Normal(buckets * count, 1), Device, buckets, count);
        var (positions, items) = SampledCatalogue.Buckets(rows, ItemVectors, mixture, buckets, Math.Min(scalable.ItemsPerBucket, network.ItemCount));
        // the mean over what is in a bucket stands for all positions
        return SampledCatalogue.Scalable(rows, labels, positions, items, Vectors(pass)).mul(Scalars.Of(count));
    }

    private Func<Tensor, Tensor> Vectors(TorchPass pass) => items => pass.Lookup(network.Items, new TorchTensor(items)).Value;
}
