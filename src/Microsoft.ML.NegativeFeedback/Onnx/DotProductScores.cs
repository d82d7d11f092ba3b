using static Microsoft.ML.NegativeFeedback.Onnx.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// Scores that are the dot product of one vector a history with one vector an item. The fallback rides along: behind an item's vector
/// stands its popularity, behind the state of a history 0, and 1 where there is none, in place of the state; so one product
/// gives scores or popularity without a pass over either.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="history">The history.</param>
/// <param name="table">What <see cref="Table"/> made.</param>
/// <param name="state">Single [b, d]: of any value where the history is empty.</param>
/// <param name="itemCount">N.</param>
internal class DotProductScores(OnnxGraphBuilder graph, HistoryValues history, OnnxValue table, OnnxValue state, int itemCount)
    : ItemScores
{
    /// <summary>A constant [N + 1, d + 1]: the items' vectors, and behind each the item's popularity; zeros for padding.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="vectors">[N + 1, d].</param>
    /// <param name="width">d.</param>
    /// <param name="popularity">[N + 1].</param>
    public static OnnxValue Table(OnnxGraphBuilder graph, ReadOnlySpan<float> vectors, int width, float[] popularity)
    {
        var table = new float[popularity.Length * (long)(width + 1)];
        for (int item = 1; item < popularity.Length; item++)
        {
            vectors.Slice(item * width, width).CopyTo(table.AsSpan(item * (width + 1)));
            table[item * (width + 1) + width] = popularity[item];
        }

        return graph.Constant(table, popularity.Length, width + 1);
    }

    public override OnnxValue OfCatalogue()
    {
        graph.Scope = "logits";
        return graph.MultiplyTransposed(StateAndFallback(), table, PaddingMask(graph, itemCount));
    }

    /// <remarks>The items' vectors are gathered: c of them are fewer than the catalogue's N.</remarks>
    public override OnnxValue OfItems(OnnxValue items)
    {
        graph.Scope = "logits";
        var products = graph.MatMul(graph.Gather(table, items), graph.Unsqueeze(StateAndFallback(), 2));
        return WithoutPadding(graph, graph.Squeeze(products, 2), items);
    }

    /// <summary>[N + 1]: −∞ for padding, 0 for items.</summary>
    public static OnnxValue PaddingMask(OnnxGraphBuilder graph, int itemCount)
    {
        var mask = new float[itemCount + 1];
        mask[0] = float.NegativeInfinity;
        return graph.Constant(mask, itemCount + 1);
    }

    /// <summary>[b, c]: the scores, and −∞ where the item is padding.</summary>
    public static OnnxValue WithoutPadding(OnnxGraphBuilder graph, OnnxValue scores, OnnxValue items)
        => graph.Where(graph.Greater(items, graph.Scalar(0L)), scores, graph.Scalar(float.NegativeInfinity));

    private OnnxValue StateAndFallback()
    {
        var known = graph.Where(history.IsEmpty, graph.Scalar(0f), state);
        return graph.Concat(axis: 1, known, graph.Cast(history.IsEmpty, DataType.Float));
    }
}
