using Microsoft.ML.NegativeFeedback.Models;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>The layers that NCF and DIN end in, and what else their graphs have in common.</summary>
internal static class RankingTowerGraph
{
    /// <summary>Appends the layers.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="weights">The trained weights.</param>
    /// <param name="width">d.</param>
    /// <param name="parts">The vectors that the layers read, Single [b or 1, c or 1, d].</param>
    /// <returns>Single [b, c].</returns>
    public static OnnxValue Append(OnnxGraphBuilder graph, RankingTowerWeights weights, int width, params ReadOnlySpan<OnnxValue> parts)
    {
        int half = weights.OutputWeight.Length;
        var first = graph.Constant(weights.FirstWeight, width, parts.Length * width);
        var hidden = graph.Constant(weights.FirstBias, width);
        for (int i = 0; i < parts.Length; i++)
        {
            var weight = graph.Slice(first, axis: 1, start: i * width, end: (i + 1) * width);
            // the bias joins the first part, which is the smallest
            hidden = graph.Add(graph.MatMul(parts[i], graph.Transpose(weight, 1, 0)), hidden);
        }

        var second = graph.MatMul(graph.Relu(hidden), graph.Transpose(graph.Constant(weights.SecondWeight, half, width), 1, 0));
        var last = graph.Relu(graph.Add(second, graph.Constant(weights.SecondBias, half)));
        return graph.Squeeze(graph.MatMul(last, graph.Constant(weights.OutputWeight, half, 1)), 2);
    }

    /// <summary>Checks the item table and the layers.</summary>
    /// <param name="itemCount">N.</param>
    /// <param name="width">d.</param>
    /// <param name="maximumLength">l.</param>
    /// <param name="itemEmbeddings">[(N + 1) · d].</param>
    /// <param name="tower">The layers.</param>
    /// <param name="partCount">How many vectors the layers read.</param>
    /// <param name="options">Only liked items are to be read.</param>
    /// <exception cref="ArgumentException">An array does not fit the others, or an option not the network.</exception>
    public static void Check(
        int itemCount, int width, int maximumLength, float[] itemEmbeddings, RankingTowerWeights tower, int partCount, NextItemGraphOptions options)
    {
        if (itemCount < 1)
            throw new ArgumentException("A graph needs at least one item.", nameof(itemCount));
        if (maximumLength < 1)
            throw new ArgumentException("A graph needs at least one position.", nameof(maximumLength));
        CheckLength(itemEmbeddings, (itemCount + 1L) * width, "embeddings of the items and padding");
        int half = tower.OutputWeight.Length;
        CheckLength(tower.FirstWeight, (long)width * width * partCount, "weights of the first layer");
        CheckLength(tower.FirstBias, width, "biases of the first layer");
        CheckLength(tower.SecondWeight, (long)width * half, "weights of the second layer");
        CheckLength(tower.SecondBias, half, "biases of the second layer");
        if (options.History != HistorySelection.PositivesOnly)
            throw new ArgumentException("The network reads the liked items of a history.", nameof(options));
    }

    /// <summary>Checks the length of an array.</summary>
    /// <exception cref="ArgumentException">It is another.</exception>
    public static void CheckLength(float[] values, long length, string what)
    {
        if (values.Length != length)
            throw new ArgumentException($"There are {values.Length} {what}; it takes {length}.", nameof(values));
    }
}
