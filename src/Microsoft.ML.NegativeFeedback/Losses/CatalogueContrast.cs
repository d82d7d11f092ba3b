using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Losses;

/// <summary>
/// −log( exp s(h, target) / (exp s(h, target) + Σ_j exp s(h, negative_j)) ) with s the dot product or the cosine over a
/// temperature, loss and gradients. The dot products are among the catalogue's logits, which cross entropy computes anyway, so the
/// term gathers them there and adds its gradient there; a cosine divides them by the norms. Log-sum-exp keeps it finite, and a
/// position without negatives contributes 0.
/// </summary>
internal sealed class CatalogueContrast
{
    private const float SmallestNorm = 1e-12f;

    private readonly double _temperature;
    private readonly double _relativeWeight;
    private readonly Tensor _index;
    private readonly Tensor _isMissing;
    private readonly CosineNorms? _norms;

    /// <summary>Prepares the term for the positions of a slice. Its tensors belong to the caller's scope.</summary>
    /// <param name="items">What is compared at each position.</param>
    /// <param name="firstClass">The first item that has a logit, which is looked at where nothing is compared.</param>
    /// <param name="rows">Hidden vectors [n, d].</param>
    /// <param name="vectors">Item vectors [items, d].</param>
    /// <param name="similarity">Dot product or cosine.</param>
    /// <param name="temperature">What similarities are divided by.</param>
    /// <param name="relativeWeight">The coefficient of a position's term over that of its cross entropy.</param>
    public CatalogueContrast(
        ContrastItems items, int firstClass, Tensor rows, Tensor vectors,
        ContrastSimilarity similarity, double temperature, double relativeWeight)
    {
        (_temperature, _relativeWeight) = (temperature, relativeWeight);
        _index = TorchMemory.Of(items.Items, rows.device, -1, items.Width).to(ScalarType.Int64);
        _isMissing = _index.eq(Scalars.Zero);
        // a position without a target keeps one entry, which gives it loss and gradient 0
        _isMissing.narrow(1, 0, 1).zero_();
        _index.clamp_min_(Scalars.Of(firstClass));
        _norms = similarity == ContrastSimilarity.Cosine ? new CosineNorms(rows, vectors) : null;
        LossSum = zeros(1, device: rows.device);
    }

    /// <summary>The sum of the term over the positions seen so far, unweighted.</summary>
    public Tensor LossSum { get; }

    /// <summary>Adds the loss and the gradient of a chunk of positions.</summary>
    /// <param name="logits">[c, items] dot products.</param>
    /// <param name="gradient">[c, items]: the gradient of the logits is added to it.</param>
    /// <param name="start">The chunk's first position.</param>
    public void Accumulate(Tensor logits, Tensor gradient, long start)
    {
        long size = logits.shape[0];
        var index = _index.narrow(0, start, size);
        var similarity = logits.gather(1, index);
        _norms?.ToCosines(similarity, index, start);
        var exponent = similarity.mul(Scalars.Of(1 / _temperature)).masked_fill_(_isMissing.narrow(0, start, size), Scalars.Of(float.NegativeInfinity));
        var normalizer = exponent.logsumexp(1, keepdim: true);
        LossSum.add_(normalizer.sub(exponent.narrow(1, 0, 1)).sum(), Scalars.One);
        // d / d s = softmax − one-hot, the target in column 0
        var change = exponent.sub_(normalizer).exp_();
        change.narrow(1, 0, 1).sub_(Scalars.One);
        change.mul_(Scalars.Of(_relativeWeight / _temperature));
        _norms?.ToDotGradients(change, similarity, index, start);
        // The target by itself: its user may have skipped it too, and in which order a GPU adds unequal numbers is open. Those of an item that was skipped twice are equal.
        gradient.scatter_add_(1, index.narrow(1, 0, 1), change.narrow(1, 0, 1));
        gradient.scatter_add_(1, index.narrow(1, 1, index.shape[1] - 1), change.narrow(1, 1, index.shape[1] - 1));
    }

    /// <summary>Adds what reaches rows and items through the norms of a cosine; for a dot product, nothing.</summary>
    public void AddNormGradients(Tensor rowGradient, Tensor itemGradient, float weight)
        => _norms?.AddGradients(rowGradient, itemGradient, weight);

    /// <summary>
    /// cos(h, e) = h·e / (|h|·|e|): its gradient has the one of h·e over the norms, and −cos·h/|h|² and −cos·e/|e|² beside it.
    /// </summary>
    private sealed class CosineNorms(Tensor rows, Tensor items)
    {
        private readonly Tensor _inverseOfRows = InverseNorms(rows);
        private readonly Tensor _inverseOfItems = InverseNorms(items);
        private readonly Tensor _rowFactors = zeros(rows.shape[0], 1, device: rows.device);
        private readonly Tensor _itemFactors = zeros(items.shape[0], device: rows.device);

        public void ToCosines(Tensor products, Tensor index, long start) => products.mul_(InverseProducts(index, start));

        public void ToDotGradients(Tensor change, Tensor cosines, Tensor index, long start)
        {
            var product = change.mul(cosines);
            _rowFactors.narrow(0, start, index.shape[0]).add_(product.sum(1, keepdim: true), Scalars.One);
            RowSums.Add(_itemFactors, index.reshape(-1), product.view(-1));
            change.mul_(InverseProducts(index, start));
        }

        public void AddGradients(Tensor rowGradient, Tensor itemGradient, float weight)
        {
            rowGradient.sub_(rows.mul(_rowFactors.mul(_inverseOfRows.square())).mul_(Scalars.Of(weight)));
            var factors = _itemFactors.unsqueeze(1).mul(_inverseOfItems.square());
            itemGradient.sub_(items.mul(factors).mul_(Scalars.Of(weight)));
        }

        private Tensor InverseProducts(Tensor index, long start)
        {
            long size = index.shape[0];
            var ofItems = _inverseOfItems.index_select(0, index.reshape(-1)).view(size, -1);
            return ofItems.mul_(_inverseOfRows.narrow(0, start, size));
        }

        private static Tensor InverseNorms(Tensor vectors)
            => vectors.square().sum(1, keepdim: true).sqrt_().clamp_min_(Scalars.Of(SmallestNorm)).reciprocal_();
    }
}
