using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>
/// The encoder of DESIGN in plain loops and double precision, one history at a time, oldest first and without padding: written for
/// comparison, with nothing in common with the graph but the weights.
/// </summary>
/// <param name="weights">The weights.</param>
/// <param name="attentionFactor">
/// What the share that a query gives to a key is multiplied by, both counted among the items that are read; null for nothing.
/// </param>
internal sealed class ReferenceEncoder(EncoderWeights weights, Func<int, int, double>? attentionFactor = null)
{
    private readonly int _width = weights.Width;

    /// <summary>Logits of the items 0..N after a history of known items, of which the last l are read; index 0 is padding's.</summary>
    public double[] Logits(IReadOnlyList<uint> items)
    {
        var last = State(items);
        return Enumerable.Range(0, weights.ItemCount + 1)
            .Select(item => Enumerable.Range(0, _width).Sum(i => last[i] * weights.ItemEmbeddings[item * _width + i])).ToArray();
    }

    /// <summary>The output [d] at the last of a history of known items.</summary>
    public double[] State(IReadOnlyList<uint> items)
    {
        var kept = items.TakeLast(weights.MaximumLength).ToArray();
        var x = kept.Select((item, position) => Embed(item, position)).ToArray();
        foreach (var block in weights.Blocks)
            x = Block(block, x);
        return Norm(x[^1], weights.FinalNormWeight, weights.FinalNormBias);
    }

    private double[] Embed(uint item, int position)
        => Enumerable.Range(0, _width).Select(i
            => Math.Sqrt(_width) * weights.ItemEmbeddings[item * _width + i] + weights.PositionEmbeddings[position * _width + i]).ToArray();

    private double[][] Block(EncoderBlockWeights block, double[][] x)
    {
        var q = x.Select(row => Norm(row, block.AttentionNormWeight, block.AttentionNormBias)).ToArray();
        var attended = Attention(block, q, x);
        return x.Select((_, position) =>
        {
            var normed = Norm(Sum(q[position], attended[position]), block.ForwardNormWeight, block.ForwardNormBias);
            var hidden = Linear(normed, block.FirstWeight, block.FirstBias, 0).Select(value => Math.Max(value, 0)).ToArray();
            return Sum(normed, Linear(hidden, block.SecondWeight, block.SecondBias, 0));
        }).ToArray();
    }

    private double[][] Attention(EncoderBlockWeights block, double[][] q, double[][] x)
    {
        int headWidth = _width / weights.HeadCount;
        var queries = q.Select(row => Linear(row, block.InProjectionWeight, block.InProjectionBias, 0)).ToArray();
        var keys = x.Select(row => Linear(row, block.InProjectionWeight, block.InProjectionBias, _width)).ToArray();
        var values = x.Select(row => Linear(row, block.InProjectionWeight, block.InProjectionBias, 2 * _width)).ToArray();
        return q.Select((_, position) =>
        {
            var mixed = new double[_width];
            for (int head = 0; head < weights.HeadCount; head++)
            {
                int from = head * headWidth;
                var scores = Enumerable.Range(0, position + 1).Select(other
                    => Enumerable.Range(from, headWidth).Sum(i => queries[position][i] * keys[other][i]) / Math.Sqrt(headWidth)).ToArray();
                var shares = scores.Select(score => Math.Exp(score - scores.Max())).ToArray();
                for (int i = from; i < from + headWidth; i++)
                    mixed[i] = shares
                        .Select((share, other) => share / shares.Sum() * (attentionFactor?.Invoke(position, other) ?? 1) * values[other][i]).Sum();
            }

            return Linear(mixed, block.OutProjectionWeight, block.OutProjectionBias, 0);
        }).ToArray();
    }

    private double[] Norm(double[] row, float[] weight, float[] bias)
    {
        double mean = row.Average();
        double deviation = Math.Sqrt(row.Average(value => (value - mean) * (value - mean)) + LayerNormalization.Epsilon);
        return row.Select((value, i) => (value - mean) / deviation * weight[i] + bias[i]).ToArray();
    }

    private double[] Linear(double[] row, float[] weight, float[] bias, int firstRow)
        => Enumerable.Range(firstRow, _width).Select(output
            => bias[output] + Enumerable.Range(0, _width).Sum(i => row[i] * weight[output * _width + i])).ToArray();

    private static double[] Sum(double[] left, double[] right) => left.Zip(right, (a, b) => a + b).ToArray();
}
