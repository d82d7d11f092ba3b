using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Losses;

/// <summary>
/// Losses over a few items of a large catalogue, by autograd. <c>vectors</c> looks up items, Int64 […] → […, d], and carries their gradients back to those rows of the item table alone.
/// </summary>
internal static class SampledCatalogue
{
    // products of directions and the catalogue that are in memory at once: 64 MiB
    private const long LargestProducts = 1L << 24;

    // below the norm of any vector that has learned something; a zero vector keeps a gradient that is a number
    private const double SmallestNorm = 1e-12;

    /// <summary>
    /// Sampled softmax: Σ over positions of −ln( exp h·t / (exp h·t + Σ_j exp(h·e_j − ln(n·q_j))) ), j over drawn items that are not t.
    /// </summary>
    /// <param name="rows">h, [p, d].</param>
    /// <param name="labels">t, Int64 [p].</param>
    /// <param name="drawn">Int64 [n].</param>
    /// <param name="corrections">−ln(n·q_j), [n].</param>
    /// <param name="vectors">Looks up items.</param>
    public static Tensor SampledSoftmax(Tensor rows, Tensor labels, Tensor drawn, Tensor corrections, Func<Tensor, Tensor> vectors)
    {
        var target = Products(rows, vectors(labels));                                                   // [p]
        var others = corrections.addmm(rows, vectors(drawn).t(), beta: 1, alpha: 1);               // [p, n]
        return Against(target, others, labels.unsqueeze(1).eq(drawn)).sum();
    }

    /// <summary>The places of positions and items that share a bucket (SCE, Mezentsev et al. 2024, algorithm 1), found without gradients.</summary>
    /// <param name="rows">[p, d].</param>
    /// <param name="table">[N + 1, d]; row 0 is no item.</param>
    /// <param name="mixture">[b, p] standard normal: directions are mixtures of the rows, so that they lie where the rows do ("Mix").</param>
    /// <param name="positionsPerBucket">x ≤ p.</param>
    /// <param name="itemsPerBucket">y ≤ N.</param>
    /// <returns>Int64 [b, x] of positions and [b, y] of items.</returns>
    public static (Tensor Positions, Tensor Items) Buckets(Tensor rows, Tensor table, Tensor mixture, int positionsPerBucket, int itemsPerBucket)
    {
        using var outer = NewDisposeScope();
        using var noGradient = no_grad();
        var values = rows.detach();
        var directions = mixture.mm(values);                                                            // [b, d]
        var (_, positions) = directions.mm(values.t()).topk(positionsPerBucket, 1, sorted: false);
        long atOnce = Math.Clamp(LargestProducts / table.shape[0], 1, directions.shape[0]);
        var classes = table.detach().narrow(0, 1, table.shape[0] - 1).t();
        var items = new List<Tensor>();
        for (long start = 0; start < directions.shape[0]; start += atOnce)
        {
            using var inner = NewDisposeScope();
            var some = directions.narrow(0, start, Math.Min(atOnce, directions.shape[0] - start));
            var (_, best) = some.mm(classes).topk(itemsPerBucket, 1, sorted: false);
            items.Add(best.add(Scalars.One, Scalars.One).MoveToOuterDisposeScope());
        }

        return (positions.MoveToOuterDisposeScope(), cat(items, 0).MoveToOuterDisposeScope());
    }

    /// <summary>
    /// SCE: the mean over the positions that are in a bucket of −ln( exp h·t / (exp h·t + Σ_j exp h·e_j) ), j over the bucket's items that are not t; of a position in several buckets the largest.
    /// </summary>
    /// <param name="rows">h, [p, d].</param>
    /// <param name="labels">t, Int64 [p].</param>
    /// <param name="positions">Int64 [b, x].</param>
    /// <param name="items">Int64 [b, y].</param>
    /// <param name="vectors">Looks up items.</param>
    public static Tensor Scalable(Tensor rows, Tensor labels, Tensor positions, Tensor items, Func<Tensor, Tensor> vectors)
    {
        long buckets = positions.shape[0], each = positions.shape[1];
        var flat = positions.view(-1);
        var target = Products(rows, vectors(labels)).index_select(0, flat);                             // [b·x]
        var chosen = rows.index_select(0, flat).view(buckets, each, -1);                                // [b, x, d]
        var others = chosen.bmm(vectors(items).transpose(1, 2));                                        // [b, x, y]
        var isTarget = labels.index_select(0, flat).view(buckets, each, 1).eq(items.unsqueeze(1));
        var losses = Against(target, others.view(buckets * each, -1), isTarget.view(buckets * each, -1)).view(buckets, each);
        return losses.mul(SharesOfLargest(losses.detach(), positions, rows.shape[0])).sum();
    }

    /// <summary>
    /// Σ over positions with a target of −ln( exp s(h, t) / (exp s(h, t) + Σ_j exp s(h, j)) ) over the negatives j of the position's sequence, s the dot product or the cosine over a temperature: as
    /// <see cref="CatalogueContrast"/>, without the catalogue's logits.
    /// </summary>
    /// <param name="rows">h, [p, d].</param>
    /// <param name="contrast">What is compared.</param>
    /// <param name="places">Int64 [p]: where the positions lie in [sequences · length].</param>
    /// <param name="sequenceCount">Sequences of the slice.</param>
    /// <param name="length">Their places.</param>
    /// <param name="similarity">s.</param>
    /// <param name="temperature">What similarities are divided by.</param>
    /// <param name="vectors">Looks up items.</param>
    public static Tensor Contrast(
        Tensor rows, ContrastItems contrast, Tensor places, long sequenceCount, long length, ContrastSimilarity similarity, double temperature, Func<Tensor, Tensor> vectors)
    {
        var device = rows.device;
        var targets = TorchMemory.Of(contrast.Targets(), device);
        var negatives = TorchMemory.Of(contrast.PaddedNegatives(), device, sequenceCount, -1);          // [s, m]
        Tensor ofTargets = vectors(targets), ofNegatives = vectors(negatives);
        if (similarity == ContrastSimilarity.Cosine)
            (rows, ofTargets, ofNegatives) = (Normalized(rows), Normalized(ofTargets), Normalized(ofNegatives));
        // the sequences' places beside each other, so that each is multiplied with its own negatives alone
        var bySequence = zeros(sequenceCount * length, rows.shape[1], device: device).index_copy(0, places, rows).view(sequenceCount, length, -1);
        var products = bySequence.bmm(ofNegatives.transpose(1, 2)).view(sequenceCount * length, -1).index_select(0, places);
        var isMissing = negatives.eq(Scalars.Zero).unsqueeze(1).expand(-1, length, -1).reshape(sequenceCount * length, -1).index_select(0, places);
        var scale = Scalars.Of(1 / temperature);
        var losses = Against(Products(rows, ofTargets).mul(scale), products.mul(scale), isMissing);
        return losses.mul(targets.ne(Scalars.Zero)).sum();
    }

    // −ln of the softmax of the target among the others, [p]
    private static Tensor Against(Tensor target, Tensor others, Tensor isLeftOut)
        => cat([target.unsqueeze(1), others.masked_fill(isLeftOut, Scalars.Of(float.NegativeInfinity))], 1).logsumexp(1).sub(target);

    private static Tensor Products(Tensor rows, Tensor vectors) => rows.mul(vectors).sum(1);

    private static Tensor Normalized(Tensor vectors)
        => vectors.div(vectors.square().sum(-1, keepdim: true).add(Scalars.Of(SmallestNorm * SmallestNorm), Scalars.One).sqrt());

    // [b, x]: 1 over the number of positions that are in a bucket where a loss is the largest of its position, shared where several are; 0 elsewhere
    private static Tensor SharesOfLargest(Tensor losses, Tensor positions, long positionCount)
    {
        using var outer = NewDisposeScope();
        // a position is in a bucket once, so that nothing is written twice
        var byPosition = full([losses.shape[0], positionCount], Scalars.Of(float.NegativeInfinity), device: losses.device).scatter_(1, positions, losses);
        var largest = byPosition.amax([0]);                                                             // [p]
        var isLargest = byPosition.eq(largest).logical_and(largest.gt(Scalars.Of(float.NegativeInfinity))).to(ScalarType.Float32);
        var shares = isLargest.div(isLargest.sum(0).clamp_min(Scalars.One)).gather(1, positions);
        return shares.div(shares.sum()).MoveToOuterDisposeScope();
    }
}
