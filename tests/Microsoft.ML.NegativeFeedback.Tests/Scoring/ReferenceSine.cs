using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>
/// SINE in plain loops and double precision, one raw history at a time, equation by equation: written for comparison, with nothing in
/// common with the graph but the weights.
/// </summary>
internal sealed class ReferenceSine(SineWeights weights)
{
    private readonly int _width = weights.Encoder.Width;

    /// <summary>The places of the liked known items that are read, oldest first.</summary>
    public int[] Read(uint[] items, float[] feedback)
        => Enumerable.Range(0, items.Length).Where(i => items[i] > 0 && feedback[i] > 0).TakeLast(weights.Encoder.MaximumLength).ToArray();

    /// <summary>Eq. 4 for each of them; unknown items are as if they were not there.</summary>
    public int[] DominantSubInterests(uint[] items, float[] feedback)
        => Read(items, feedback).Select(place =>
        {
            int before = Array.FindLastIndex(items, Math.Max(place - 1, 0), place, item => item > 0);
            bool isAfterSkip = before >= 0 && feedback[before] < 0;
            double[] relations = Enumerable.Range(0, weights.SubInterestCount).Select(k
                => Dot(items[place], Prototype(k)) - (isAfterSkip ? Dot(items[before], Prototype(k)) : 0)).ToArray();
            return Array.IndexOf(relations, relations.Max());
        }).ToArray();

    /// <summary>The scores of the items 0..N after a history with something to read; index 0 is padding's.</summary>
    public double[] Scores(uint[] items, float[] feedback)
    {
        var projected = Projected(items, feedback);
        return Enumerable.Range(0, weights.Encoder.ItemCount + 1).Select(item =>
        {
            var gamma = Gamma(projected, item);
            return gamma.Select((share, k) => share * Dot((uint)item, projected[k])).Sum();
        }).ToArray();
    }

    /// <summary>γ [K] of an item.</summary>
    public double[] Weights(uint[] items, float[] feedback, uint item) => Gamma(Projected(items, feedback), (int)item);

    private double[][] Projected(uint[] items, float[] feedback)
    {
        var dominant = DominantSubInterests(items, feedback);
        double same = weights.SameInterestWeight;
        var encoder = new ReferenceEncoder(weights.Encoder, (query, key) => 2 * (dominant[query] == dominant[key] ? same : 1 - same));
        var state = encoder.State(Read(items, feedback).Select(place => items[place]).ToArray());
        return Enumerable.Range(0, weights.SubInterestCount)
            .Select(k => state.Zip(Prototype(k), (o, z) => o + Sigmoid(o * z) * o).ToArray()).ToArray();
    }

    private double[] Gamma(double[][] projected, int item)
    {
        if (weights.FusionStateWeight is null)
            return Enumerable.Repeat(1.0, weights.SubInterestCount).ToArray();
        var raw = projected.Select(state => Enumerable.Range(0, _width).Sum(i
            => state[i] * weights.FusionStateWeight[i] + Embedding((uint)item)[i] * weights.FusionItemWeight![i]) + weights.FusionBias).ToArray();
        var r = raw.Select(value => weights.Normalization == FusionNormalization.Sum ? Sigmoid(value) : Math.Exp(value)).ToArray();
        return r.Select(value => value / r.Sum()).ToArray();
    }

    private double[] Embedding(uint item)
        => Enumerable.Range(0, _width).Select(i => (double)weights.Encoder.ItemEmbeddings[item * _width + i]).ToArray();

    private double[] Prototype(int k) => Enumerable.Range(0, _width).Select(i => (double)weights.Prototypes[k * _width + i]).ToArray();

    private double Dot(uint item, double[] vector) => Embedding(item).Zip(vector, (a, b) => a * b).Sum();

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
