using Microsoft.ML.NegativeFeedback.Models;
using static Microsoft.ML.NegativeFeedback.Onnx.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// The fusion of SINE as the text of the paper has it: r_k = σ(w·[e_i; õ_k] + b), γ = r / Σr, score Σ γ_k õ_k·e_i (eq. 12 to 14).
/// w·[e_i; õ_k] + b splits into a part of the state, a_k, and a part of the item, c_i, which is known when the graph is written; so the
/// catalogue takes one product a sub-interest, and r_k = 1 / (1 + exp(−a_k) · exp(−c_i)) no exponential function an item.
/// </summary>
/// <remarks>ONNX's Sigmoid will not do: ONNX Runtime approximates it to 1e-7 of 1, not of its value, and small r count in a ratio.</remarks>
internal sealed class SineFusionScores : ItemScores
{
    /// <summary>
    /// Below −17 σ is the exponential function to the last bit, and there γ does not depend on what every r of a row has in common. So
    /// parts below this are lifted to it, lest every r of a row is 0; beside any part up to 23 that changes nothing.
    /// </summary>
    private const float LowestPart = -40;

    /// <summary>Where an exponent ends: exp of it is neither infinite nor 0, and what is beyond it makes no difference beside the rest.</summary>
    private const float HighestExponent = 80;

    private readonly OnnxGraphBuilder _graph;
    private readonly HistoryValues _history;
    private readonly EncoderWeights _encoder;
    private readonly int _count;
    private readonly OnnxValue _table, _projected, _stateFactors, _itemFactors, _popularity;

    /// <param name="graph">The graph.</param>
    /// <param name="history">The history.</param>
    /// <param name="weights">The trained weights.</param>
    /// <param name="table">Single [N + 1, d].</param>
    /// <param name="projected">õ [b, K, d], zero beside an empty history.</param>
    /// <param name="stateParts">a [b, K, 1].</param>
    /// <param name="popularity">[N + 1].</param>
    public SineFusionScores(
        OnnxGraphBuilder graph, HistoryValues history, SineWeights weights, OnnxValue table, OnnxValue projected, OnnxValue stateParts,
        float[] popularity)
    {
        _graph = graph;
        _history = history;
        _encoder = weights.Encoder;
        _count = weights.SubInterestCount;
        _table = table;
        _projected = projected;
        var lift = graph.Maximum(graph.Subtract(graph.Scalar(LowestPart), graph.ReduceMaximum(stateParts, 1)), graph.Scalar(0f));
        var exponents = graph.Subtract(graph.Scalar(0f), graph.Add(stateParts, lift));
        _stateFactors = graph.Exponential(graph.Minimum(exponents, graph.Scalar(HighestExponent)));
        _itemFactors = graph.Constant(ItemFactors(weights), popularity.Length);
        _popularity = graph.Constant([0, .. popularity.AsSpan(1)], popularity.Length, 1);
    }

    public override OnnxValue OfCatalogue()
    {
        _graph.Scope = "logits";
        int items = _encoder.ItemCount + 1;
        var flat = _graph.Reshape(_projected, _graph.Int64(-1, _encoder.Width));
        var products = _graph.Reshape(_graph.MultiplyTransposed(flat, _table), _graph.Int64(-1, _count, items));
        var scores = Fuse(Relevances(_stateFactors, _itemFactors), products, axis: 1);
        // a history's scores plus 0, or beside an empty one 0 plus popularity; −∞ for padding
        var isEmpty = _graph.Cast(_history.IsEmpty, DataType.Float);
        var mask = DotProductScores.PaddingMask(_graph, _encoder.ItemCount);
        return _graph.Add(scores, _graph.MultiplyTransposed(isEmpty, _popularity, mask));
    }

    public override OnnxValue OfItems(OnnxValue items)
    {
        _graph.Scope = "logits";
        var products = _graph.MatMul(_graph.Gather(_table, items), _graph.Transpose(_projected, 0, 2, 1));
        var scores = Fuse(RelevancesOf(items), products, axis: 2);
        var popularity = _graph.Squeeze(_graph.Gather(_popularity, items), 2);
        return DotProductScores.WithoutPadding(_graph, _graph.Where(_history.IsEmpty, popularity, scores), items);
    }

    public override OnnxValue SubInterestWeightsOf(OnnxValue items)
    {
        _graph.Scope = "sub_interest_weights";
        var r = RelevancesOf(items);
        return _graph.Multiply(_graph.Divide(r, _graph.ReduceSum(r, 2)), SineMixtureScores.Scored(_graph, _history, items));
    }

    /// <summary>exp(−c) of every item [N + 1], c = w_item·e_i + b.</summary>
    private static float[] ItemFactors(SineWeights weights)
    {
        int width = weights.Encoder.Width;
        var factors = new float[weights.Encoder.ItemCount + 1];
        for (int item = 0; item < factors.Length; item++)
        {
            double part = weights.FusionBias;
            for (int i = 0; i < width; i++)
                part += (double)weights.FusionItemWeight![i] * weights.Encoder.ItemEmbeddings[(long)item * width + i];
            factors[item] = (float)Math.Exp(-Math.Clamp(part, LowestPart, HighestExponent));
        }

        return factors;
    }

    /// <summary>r [b, c, K] of some items.</summary>
    private OnnxValue RelevancesOf(OnnxValue items)
        => Relevances(_graph.Transpose(_stateFactors, 0, 2, 1), _graph.Unsqueeze(_graph.Gather(_itemFactors, items), 2));

    private OnnxValue Relevances(OnnxValue stateFactors, OnnxValue itemFactors)
        => _graph.Reciprocal(_graph.Add(_graph.Multiply(stateFactors, itemFactors), _graph.Scalar(1f)));

    /// <summary>Σ r_k s_k / Σ r_k along an axis, which goes.</summary>
    private OnnxValue Fuse(OnnxValue r, OnnxValue products, long axis)
    {
        var sum = _graph.ReduceSum(_graph.Multiply(r, products), axis);
        return _graph.Squeeze(_graph.Divide(sum, _graph.ReduceSum(r, axis)), axis);
    }
}
