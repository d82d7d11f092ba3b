using static Microsoft.ML.NegativeFeedback.Onnx.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// The fusion of SINE with a softmax over the sub-interests, as the published code has it. w·[õ_k; e_i] + b holds the same of the item
/// for every k, which a softmax cancels: γ is the history's alone, and Σ γ_k õ_k·e_i is one product, (Σ γ_k õ_k)·e_i.
/// </summary>
internal sealed class SineMixtureScores : DotProductScores
{
    private readonly OnnxGraphBuilder _graph;
    private readonly HistoryValues _history;
    private readonly OnnxValue _weights;

    private SineMixtureScores(
        OnnxGraphBuilder graph, HistoryValues history, OnnxValue table, OnnxValue state, OnnxValue weights, int itemCount)
        : base(graph, history, table, state, itemCount)
    {
        _graph = graph;
        _history = history;
        _weights = weights;
    }

    /// <summary>Appends the mixture.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="history">The history.</param>
    /// <param name="table">What <see cref="DotProductScores.Table"/> made.</param>
    /// <param name="projected">õ [b, K, d].</param>
    /// <param name="stateParts">[b, K, 1]: what the fusion layer makes of each õ_k.</param>
    /// <param name="itemCount">N.</param>
    public static SineMixtureScores Append(
        OnnxGraphBuilder graph, HistoryValues history, OnnxValue table, OnnxValue projected, OnnxValue stateParts, int itemCount)
    {
        var weights = graph.Softmax(graph.Transpose(stateParts, 0, 2, 1));
        var state = graph.Squeeze(graph.MatMul(weights, projected), 1);
        return new SineMixtureScores(graph, history, table, state, weights, itemCount);
    }

    public override OnnxValue SubInterestWeightsOf(OnnxValue items)
    {
        _graph.Scope = "sub_interest_weights";
        return _graph.Multiply(_weights, Scored(_graph, _history, items));
    }

    /// <summary>Single [b, c, 1]: 1 where an item has a score that the network gave it, 0 for padding and beside an empty history.</summary>
    public static OnnxValue Scored(OnnxGraphBuilder graph, HistoryValues history, OnnxValue items)
    {
        var scored = graph.And(graph.Greater(items, graph.Scalar(0L)), graph.Not(history.IsEmpty));
        return graph.Unsqueeze(graph.Cast(scored, DataType.Float), 2);
    }
}
