using Microsoft.ML.NegativeFeedback.Models;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// What attention weights are multiplied by after the softmax, in every block and head and without normalising them again (SINE, eq. 9).
/// </summary>
/// <param name="Groups">Int64 [b, w]: the group of each selected item.</param>
/// <param name="Same">The factor where an item attends to one of its own group.</param>
/// <param name="Other">The factor where it attends to one of another.</param>
internal sealed record AttentionFactors(OnnxValue Groups, float Same, float Other);

/// <summary>
/// The self-attention encoder (Kang and McAuley 2018) in its inference form: the representation of the newest item of each history.
/// Nothing that only other positions need is computed in the last block.
/// </summary>
internal static class EncoderGraph
{
    /// <summary>
    /// What a masked attention score becomes: its weight is exactly 0 beside any other, and a row with nothing to attend to, which is
    /// padding, stays finite.
    /// </summary>
    private const float Masked = -1e9f;

    /// <summary>Appends the encoder.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="weights">The trained weights.</param>
    /// <param name="itemTable">Single [N + 1, d or more]: the item embeddings, and beside them what is none of the encoder's.</param>
    /// <param name="history">The selected history, newest first.</param>
    /// <param name="factors">What attention weights are multiplied by, if by anything.</param>
    /// <returns>Single [b, d].</returns>
    public static OnnxValue Append(
        OnnxGraphBuilder graph, EncoderWeights weights, OnnxValue itemTable, HistoryValues history, AttentionFactors? factors = null)
    {
        graph.Scope = "embedding";
        int width = weights.Width;
        var positionTable = graph.Constant(weights.PositionEmbeddings, weights.MaximumLength, width);
        var items = graph.Slice(graph.Gather(itemTable, history.Items), axis: 2, start: 0, end: width);
        var x = graph.Add(graph.Multiply(items, graph.Scalar(MathF.Sqrt(width))), graph.Gather(positionTable, history.Positions));

        for (int i = 0; i < weights.Blocks.Count; i++)
        {
            graph.Scope = $"block{i}";
            bool isLast = i == weights.Blocks.Count - 1;
            x = Block(graph, weights, weights.Blocks[i], Queries(x), x, Mask(graph, Queries(history.Ranks), history.Ranks), Factor());

            OnnxValue Queries(OnnxValue value) => isLast ? graph.Slice(value, axis: 1, start: 0, end: 1) : value;
            OnnxValue? Factor() => factors is null ? null : Factors(graph, factors, Queries(factors.Groups));
        }

        graph.Scope = "final";
        if (weights.Blocks.Count == 0)
            x = graph.Slice(x, axis: 1, start: 0, end: 1);
        return graph.Squeeze(Norm(graph, x, weights.FinalNormWeight, weights.FinalNormBias), 1);
    }

    /// <summary>Boolean [b, 1, q, w]: an item attends to itself and to older ones, and nothing to padding.</summary>
    private static OnnxValue Mask(OnnxGraphBuilder graph, OnnxValue queryRanks, OnnxValue ranks)
    {
        var keys = graph.Unsqueeze(ranks, 1, 2);
        var notNewer = graph.GreaterOrEqual(graph.Unsqueeze(queryRanks, 1, 3), keys);
        return graph.And(notNewer, graph.Greater(keys, graph.Scalar(0L)));
    }

    /// <summary>Single [b, 1, q, w].</summary>
    private static OnnxValue Factors(OnnxGraphBuilder graph, AttentionFactors factors, OnnxValue queryGroups)
    {
        var isSame = graph.EqualTo(graph.Unsqueeze(queryGroups, 1, 3), graph.Unsqueeze(factors.Groups, 1, 2));
        return graph.Where(isSame, graph.Scalar(factors.Same), graph.Scalar(factors.Other));
    }

    private static OnnxValue Block(
        OnnxGraphBuilder graph, EncoderWeights weights, EncoderBlockWeights block, OnnxValue queries, OnnxValue x, OnnxValue mask,
        OnnxValue? factors)
    {
        int width = weights.Width;
        var q = Norm(graph, queries, block.AttentionNormWeight, block.AttentionNormBias);
        var attended = graph.Add(q, Attention(graph, weights, block, q, x, mask, factors));
        var normed = Norm(graph, attended, block.ForwardNormWeight, block.ForwardNormBias);
        var hidden = graph.Relu(Linear(graph, normed, block.FirstWeight, block.FirstBias, width));
        return graph.Add(normed, Linear(graph, hidden, block.SecondWeight, block.SecondBias, width));
    }

    private static OnnxValue Attention(
        OnnxGraphBuilder graph, EncoderWeights weights, EncoderBlockWeights block, OnnxValue q, OnnxValue x, OnnxValue mask,
        OnnxValue? factors)
    {
        int width = weights.Width, headWidth = width / weights.HeadCount;
        var split = graph.Int64(0, 0, weights.HeadCount, headWidth);
        // the scale 1/√d_head rides on the query's projection
        float scale = 1 / MathF.Sqrt(headWidth);
        var query = Projection(0, scale, q);
        var keys = Projection(1, 1, x);
        var values = Projection(2, 1, x);

        var scores = graph.MatMul(graph.Transpose(query, 0, 2, 1, 3), graph.Transpose(keys, 0, 2, 3, 1));
        var shares = graph.Softmax(graph.Where(mask, scores, graph.Scalar(Masked)));
        if (factors is { } factor)
            shares = graph.Multiply(shares, factor);
        var mixed = graph.Transpose(graph.MatMul(shares, graph.Transpose(values, 0, 2, 1, 3)), 0, 2, 1, 3);
        return Linear(graph, graph.Reshape(mixed, graph.Int64(0, 0, width)), block.OutProjectionWeight, block.OutProjectionBias, width);

        // [b, length, heads, d_head] by rows [third·d, (third + 1)·d) of the packed projection
        OnnxValue Projection(int third, float factor, OnnxValue input)
        {
            var weight = block.InProjectionWeight.AsSpan(third * width * width, width * width);
            var bias = block.InProjectionBias.AsSpan(third * width, width);
            return graph.Reshape(Linear(graph, input, weight, bias, width, factor), split);
        }
    }

    /// <summary>factor · (W·x + b) with W [out, in], which the graph keeps transposed, and b left out where it is zero.</summary>
    private static OnnxValue Linear(
        OnnxGraphBuilder graph, OnnxValue input, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, int width, float factor = 1)
    {
        var transposed = new float[weight.Length];
        int inputWidth = weight.Length / width;
        for (int row = 0; row < width; row++)
        {
            for (int column = 0; column < inputWidth; column++)
                transposed[column * width + row] = factor * weight[row * inputWidth + column];
        }

        var product = graph.MatMul(input, graph.Constant(transposed, inputWidth, width));
        if (!bias.ContainsAnyExcept(0f))
            return product;
        var scaledBias = bias.ToArray();
        for (int i = 0; i < scaledBias.Length; i++)
            scaledBias[i] *= factor;
        return graph.Add(product, graph.Constant(scaledBias, width));
    }

    private static OnnxValue Norm(OnnxGraphBuilder graph, OnnxValue value, float[] weight, float[] bias)
        => graph.LayerNormalization(
            value, graph.Constant(weight, weight.Length), graph.Constant(bias, bias.Length), EncoderWeights.NormEpsilon);
}
