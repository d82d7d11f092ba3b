using Microsoft.ML.NegativeFeedback.Models;
using static Microsoft.ML.NegativeFeedback.Onnx.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// NCF (He et al. 2017) with the mean u of the newest l liked items for the user: w·(u ∗ e), which is a dot product, and layers over u and e, of whose
/// first what it makes of the items is the same for every history.
/// </summary>
internal sealed class NcfNetwork(NcfWeights weights) : ScoringNetwork
{
    public override int ItemCount => weights.ItemCount;

    public override int MaximumLength => weights.MaximumLength;

    /// <inheritdoc/>
    /// <remarks>The first layer's d units of every item: d times what a dot product takes, so that fewer histories share a run.</remarks>
    public override long ValuesPerRow => (ItemCount + 1L) * weights.Width;

    public override long ValuesPerCandidate => weights.Width + 1L;

    public override void Check(NextItemGraphOptions options)
    {
        RankingTowerGraph.Check(ItemCount, weights.Width, MaximumLength, weights.ItemEmbeddings, weights.Tower, partCount: 2, options);
        RankingTowerGraph.CheckLength(weights.ProductWeight, weights.Width, "weights of the product");
    }

    public override ItemScores Append(OnnxGraphBuilder graph, HistoryValues history, float[] popularity)
    {
        graph.Scope = "items";
        int width = weights.Width;
        var table = DotProductScores.Table(graph, weights.ItemEmbeddings, width, popularity);

        graph.Scope = "user";
        var liked = graph.Slice(graph.Gather(table, history.Items), axis: 2, start: 0, end: width);
        var count = graph.ReduceSum(graph.Cast(graph.Greater(history.Items, graph.Scalar(0L)), DataType.Float), 1);
        var sum = graph.Squeeze(graph.ReduceSum(liked, 1), 1);
        var user = graph.Divide(sum, graph.Maximum(count, graph.Scalar(1f)));
        return new Scores(graph, history, weights, table, user, graph.Multiply(user, graph.Constant(weights.ProductWeight, width)));
    }

    /// <summary>The dot products (and popularity), and what the layers add to them.</summary>
    private sealed class Scores : DotProductScores
    {
        private readonly OnnxGraphBuilder _graph;
        private readonly NcfWeights _weights;
        private readonly OnnxValue _table, _user, _isKnown;

        public Scores(OnnxGraphBuilder graph, HistoryValues history, NcfWeights weights, OnnxValue table, OnnxValue user, OnnxValue weighted)
            : base(graph, history, table, weighted, weights.ItemCount)
        {
            (_graph, _weights, _table) = (graph, weights, table);
            _user = graph.Unsqueeze(user, 1);
            _isKnown = graph.Cast(graph.Not(history.IsEmpty), DataType.Float);
        }

        public override OnnxValue OfCatalogue() => _graph.Add(base.OfCatalogue(), OfLayers(_graph.Unsqueeze(_table, 0)));

        public override OnnxValue OfItems(OnnxValue items) => _graph.Add(base.OfItems(items), OfLayers(_graph.Gather(_table, items)));

        /// <summary>Single [b, c], 0 beside an empty history: rows of the table [b or 1, c, d + 1].</summary>
        private OnnxValue OfLayers(OnnxValue rows)
        {
            var items = _graph.Slice(rows, axis: 2, start: 0, end: _weights.Width);
            return _graph.Multiply(RankingTowerGraph.Append(_graph, _weights.Tower, _weights.Width, _user, items), _isKnown);
        }
    }
}
