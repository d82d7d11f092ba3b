using Microsoft.ML.NegativeFeedback.Models;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// DIN (Zhou et al. 2018): every candidate has a word with every item of the history, v = Σ_j a(e_j, e) e_j, and layers over v, e and v ∗ e score it.
/// Scores the candidates of a row alone: for a whole catalogue that would be l · h values an item.
/// </summary>
internal sealed class DinNetwork(DinWeights weights) : ScoringNetwork
{
    private readonly int _hiddenCount = weights.AttentionBias.Length;

    public override int ItemCount => weights.ItemCount;

    public override int MaximumLength => weights.MaximumLength;

    public override bool ScoresCatalogue => false;

    public override long ValuesPerCandidate => (long)Math.Max(MaximumLength, weights.Width + 1) * _hiddenCount;

    public override void Check(NextItemGraphOptions options)
    {
        RankingTowerGraph.Check(ItemCount, weights.Width, MaximumLength, weights.ItemEmbeddings, weights.Tower, partCount: 3, options);
        long count = (long)_hiddenCount * weights.Width;
        RankingTowerGraph.CheckLength(weights.AttentionItemWeight, count, "attention weights of an item");
        RankingTowerGraph.CheckLength(weights.AttentionCandidateWeight, count, "attention weights of a candidate");
        RankingTowerGraph.CheckLength(weights.AttentionProductWeight, count, "attention weights of the product");
        RankingTowerGraph.CheckLength(weights.ShareWeight, _hiddenCount, "weights of the share");
    }

    public override ItemScores Append(OnnxGraphBuilder graph, HistoryValues history, float[] popularity)
    {
        graph.Scope = "items";
        return new Scores(graph, history, weights, DotProductScores.Table(graph, weights.ItemEmbeddings, weights.Width, popularity));
    }

    private sealed class Scores : ItemScores
    {
        private readonly OnnxGraphBuilder _graph;
        private readonly HistoryValues _history;
        private readonly DinWeights _weights;
        private readonly int _width, _hiddenCount;
        private readonly OnnxValue _table, _liked, _ofLiked;

        public Scores(OnnxGraphBuilder graph, HistoryValues history, DinWeights weights, OnnxValue table)
        {
            (_graph, _history, _weights, _table) = (graph, history, weights, table);
            (_width, _hiddenCount) = (weights.Width, weights.AttentionBias.Length);
            // padding is zero, so that it adds nothing to an interest whatever its share
            _liked = graph.Slice(graph.Gather(table, history.Items), axis: 2, start: 0, end: _width);
            graph.Scope = "attention";
            var ofLiked = graph.MatMul(_liked, Transposed(weights.AttentionItemWeight));
            _ofLiked = graph.Unsqueeze(graph.Add(ofLiked, graph.Constant(weights.AttentionBias, _hiddenCount)), 2);
        }

        public override OnnxValue OfItems(OnnxValue items)
        {
            _graph.Scope = "candidate_items";
            var rows = _graph.Gather(_table, items);
            var candidates = _graph.Slice(rows, axis: 2, start: 0, end: _width);
            var popularity = _graph.Squeeze(_graph.Slice(rows, axis: 2, start: _width, end: _width + 1), 2);

            var interests = _graph.MatMul(_graph.Transpose(Shares(candidates), 0, 2, 1), _liked);
            _graph.Scope = "logits";
            var logits = RankingTowerGraph.Append(
                _graph, _weights.Tower, _width, interests, candidates, _graph.Multiply(interests, candidates));
            return DotProductScores.WithoutPadding(_graph, _graph.Where(_history.IsEmpty, popularity, logits), items);
        }

        /// <summary>a, Single [b, w, c], of candidates [b, c, d]; W(e_j ∗ e) = (W ∗ e)e_j takes a matrix a candidate, not a product a pair.</summary>
        private OnnxValue Shares(OnnxValue candidates)
        {
            _graph.Scope = "attention";
            var products = _graph.Multiply(_graph.Unsqueeze(candidates, 2), _graph.Constant(_weights.AttentionProductWeight, _hiddenCount, _width));
            var matrices = _graph.Transpose(_graph.Reshape(products, _graph.Int64(0, -1, _width)), 0, 2, 1);
            var ofProducts = _graph.Reshape(_graph.MatMul(_liked, matrices), _graph.Int64(0, 0, -1, _hiddenCount));
            var ofCandidates = _graph.Unsqueeze(_graph.MatMul(candidates, Transposed(_weights.AttentionCandidateWeight)), 1);
            var hidden = _graph.Relu(_graph.Add(_graph.Add(ofProducts, _ofLiked), ofCandidates));
            var shares = _graph.Squeeze(_graph.MatMul(hidden, _graph.Constant(_weights.ShareWeight, _hiddenCount, 1)), 3);
            return _graph.Add(shares, _graph.Scalar(_weights.ShareBias));
        }

        /// <summary>Single [d, h] of [h, d].</summary>
        private OnnxValue Transposed(float[] weight) => _graph.Transpose(_graph.Constant(weight, _hiddenCount, _width), 1, 0);
    }
}
