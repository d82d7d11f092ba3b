using Microsoft.ML.NegativeFeedback.Models;
using static Microsoft.ML.NegativeFeedback.Onnx.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>GRU4Rec (Hidasi et al. 2016): the state of a gated recurrent unit after the newest item; an item's logit is its embedding's dot product with it.</summary>
internal sealed class GruNetwork(GruWeights weights) : ScoringNetwork
{
    public override int ItemCount => weights.ItemCount;

    public override int MaximumLength => weights.MaximumLength;

    public override long ValuesPerCandidate => weights.Width + 1L;

    public override void Check(NextItemGraphOptions options)
    {
        CheckEmbeddings(weights.ItemEmbeddings, weights.ItemCount, weights.Width);
        int gates = 3 * weights.Width;
        if (weights.InputWeight.Length != gates * weights.Width || weights.InputBias.Length != gates || weights.RecurrentWeight.Length != gates * weights.Width)
            throw new ArgumentException($"The gates' weights are not those of width {weights.Width}.", nameof(weights));
    }

    public override ItemScores Append(OnnxGraphBuilder graph, HistoryValues history, float[] popularity)
    {
        int width = weights.Width;
        graph.Scope = "items";
        var table = DotProductScores.Table(graph, weights.ItemEmbeddings, width, popularity);
        var embedded = graph.Slice(graph.Gather(table, history.Items), axis: 2, start: 0, end: width);

        graph.Scope = "gru";
        var isItem = graph.Cast(graph.Greater(history.Ranks, graph.Scalar(0L)), DataType.Int64);
        // an empty history has the state of one padding item, which nobody reads
        var lengths = graph.Squeeze(graph.Maximum(graph.ReduceSum(isItem, 1), graph.Scalar(1L)), 1);
        // newest first with padding behind: read in reverse, each row from its length on, a history goes from its oldest item to its newest
        var state = graph.GatedRecurrentUnit(
            graph.Transpose(embedded, 1, 0, 2), graph.Constant(weights.InputWeight, 1, 3 * width, width),
            graph.Constant(weights.RecurrentWeight, 1, 3 * width, width), graph.Constant([.. weights.InputBias, .. new float[3 * width]], 1, 6 * width),
            graph.Cast(lengths, DataType.Int32), width, isReversed: true);
        return new DotProductScores(graph, history, table, graph.Squeeze(state, 0), weights.ItemCount);
    }
}
