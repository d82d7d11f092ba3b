using Microsoft.ML.NegativeFeedback.Tensors;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Losses;

/// <summary>
/// dCor of vectors, each taken for a sample of d numbers (Székely, Rizzo and Bakirov 2007): 0 where they are independent, 1 where one is a similarity of
/// the other. SINE keeps its prototypes apart by it (section 4.3).
/// </summary>
internal static class DistanceCorrelation
{
    // Below these the published formula divides 0 by 0 and its gradient is NaN: independent vectors, and constant ones.
    private const float SmallestCovariance = 1e-30f, SmallestVariance = 1e-16f;

    /// <summary>Σ dCor(z_i, z_j) over all pairs i &lt; j.</summary>
    /// <param name="vectors">[K, d].</param>
    /// <returns>A scalar; with no gradient where vectors are independent or constant.</returns>
    public static Tensor OfPairs(Tensor vectors)
    {
        long count = vectors.shape[0], width = vectors.shape[1];
        var distances = vectors.unsqueeze(2).sub(vectors.unsqueeze(1)).abs();
        var rowMeans = distances.sum(2, keepdim: true).div(Scalars.Of(width));
        var means = rowMeans.sum(1, keepdim: true).div(Scalars.Of(width));
        var centred = distances.sub(rowMeans).sub(rowMeans.transpose(1, 2)).add(means, Scalars.One).reshape(count, width * width);
        // the squared distance covariances of all pairs at once
        var covariances = centred.mm(centred.t()).div(Scalars.Of((double)width * width));

        Tensor? sum = null;
        for (long i = 0; i < count; i++)
        {
            for (long j = i + 1; j < count; j++)
            {
                var scale = Entry(i, i, SmallestVariance).mul(Entry(j, j, SmallestVariance)).sqrt().sqrt();
                var correlation = Entry(i, j, SmallestCovariance).sqrt().div(scale);
                sum = sum is null ? correlation : sum.add(correlation, Scalars.One);
            }
        }

        return (sum ?? throw new ArgumentException("Distance correlation takes two vectors or more.", nameof(vectors))).sum();

        Tensor Entry(long row, long column, float smallest) => covariances.narrow(0, row, 1).narrow(1, column, 1).clamp_min(Scalars.Of(smallest));
    }
}
