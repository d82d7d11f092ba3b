using Microsoft.ML.NegativeFeedback.Models;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>The encoder of PNFRec and SASRec, whose output's dot product with an item's embedding is the item's logit.</summary>
internal sealed class EncoderNetwork(EncoderWeights weights) : ScoringNetwork
{
    public override int ItemCount => weights.ItemCount;

    public override int MaximumLength => weights.MaximumLength;

    public override long ValuesPerCandidate => weights.Width + 1L;

    public override void Check(NextItemGraphOptions options) => Check(weights);

    public override ItemScores Append(OnnxGraphBuilder graph, HistoryValues history, float[] popularity)
    {
        graph.Scope = "items";
        var table = DotProductScores.Table(graph, weights.ItemEmbeddings, weights.Width, popularity);
        var state = EncoderGraph.Append(graph, weights, table, history);
        return new DotProductScores(graph, history, table, state, weights.ItemCount);
    }

    /// <summary>Checks the weights of an encoder, which other networks are made of too.</summary>
    /// <exception cref="ArgumentException">An array does not fit the others.</exception>
    public static void Check(EncoderWeights weights)
    {
        CheckEmbeddings(weights.ItemEmbeddings, weights.ItemCount, weights.Width);
        if (weights.MaximumLength < 1)
            throw new ArgumentException("A graph needs at least one position.", nameof(weights));
        if (weights.HeadCount < 1 || weights.Width % weights.HeadCount != 0)
            throw new ArgumentException($"{weights.HeadCount} heads do not divide width {weights.Width}.", nameof(weights));
    }
}
