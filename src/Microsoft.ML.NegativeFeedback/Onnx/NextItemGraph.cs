using Microsoft.ML.NegativeFeedback.Models;
using static Microsoft.ML.NegativeFeedback.Onnx.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// The whole way from raw histories to recommendations as one ONNX graph, so that any client of ONNX Runtime gets the same answer.
/// </summary>
/// <remarks>
/// Inputs: <c>Items</c> UInt32 [batch, length], keys as they are, 0 unknown or padding; <c>Feedback</c> Single [batch, length];
/// with candidates <c>Candidates</c> UInt32 [batch, candidates].
/// Outputs: <c>RecommendedItems</c> UInt32 [batch, k] and <c>Scores</c> Single [batch, k], best first,
/// the lower key first among equals, key 0 and −∞ where fewer than k items are left; or
/// <c>CandidateScores</c> Single [batch, candidates], −∞ for key 0.
/// </remarks>
internal static class NextItemGraph
{
    public const string ItemsInput = "Items";
    public const string FeedbackInput = "Feedback";
    public const string CandidatesInput = "Candidates";
    public const string RecommendedItemsOutput = "RecommendedItems";
    public const string ScoresOutput = "Scores";
    public const string CandidateScoresOutput = "CandidateScores";

    private const string Batch = "batch";
    private const string Length = "length";
    private const string CandidateCount = "candidates";

    /// <summary>Writes the graph of an encoder whose output's dot product with an item's embedding is the item's logit.</summary>
    /// <exception cref="ArgumentException">An option or an array does not fit the weights.</exception>
    /// <exception cref="InvalidOperationException">The weights take more than the 2 GiB that an ONNX file can hold.</exception>
    public static byte[] Build(EncoderWeights weights, NextItemGraphOptions options)
    {
        Check(weights, options);
        var graph = new OnnxGraphBuilder("next_item");
        var items = graph.Input(ItemsInput, DataType.Uint32, Batch, Length);
        var feedback = graph.Input(FeedbackInput, DataType.Float, Batch, Length);
        var history = HistoryGraph.Append(graph, items, feedback, options.History, weights.MaximumLength);

        graph.Scope = "items";
        var itemTable = graph.Constant(ItemTable(weights, options.Popularity), weights.ItemCount + 1, weights.Width + 1);
        var state = EncoderGraph.Append(graph, weights, itemTable, history);

        graph.Scope = "logits";
        var known = graph.Where(history.IsEmpty, graph.Scalar(0f), state);
        var stateAndFallback = graph.Concat(axis: 1, known, graph.Cast(history.IsEmpty, DataType.Float));
        var scores = graph.MultiplyTransposed(stateAndFallback, itemTable, PaddingMask(graph, weights.ItemCount));
        AppendHead(graph, options, history, scores, weights.ItemCount);
        return graph.ToModel();
    }

    /// <summary>
    /// [N + 1, d + 1]: the embeddings, and behind each the item's popularity. Beside the state of a history stands 0, and 1 where nothing
    /// is known, in place of the state: so one product gives logits or the fallback without a pass over either.
    /// </summary>
    private static float[] ItemTable(EncoderWeights weights, float[] popularity)
    {
        int width = weights.Width;
        var table = new float[(weights.ItemCount + 1) * (long)(width + 1)];
        for (int item = 1; item <= weights.ItemCount; item++)
        {
            weights.ItemEmbeddings.AsSpan(item * width, width).CopyTo(table.AsSpan(item * (width + 1)));
            table[item * (width + 1) + width] = popularity[item];
        }

        return table;
    }

    /// <summary>From scores [batch, N + 1], −∞ for padding, to the graph's outputs.</summary>
    private static void AppendHead(
        OnnxGraphBuilder graph, NextItemGraphOptions options, HistoryValues history, OnnxValue scores, int itemCount)
    {
        if (options.Candidates)
        {
            graph.Scope = "candidates";
            var candidates = graph.Input(CandidatesInput, DataType.Uint32, Batch, CandidateCount);
            var candidateScores = graph.GatherElements(scores, graph.Cast(candidates, DataType.Int64), axis: 1);
            graph.Output(CandidateScoresOutput, candidateScores, DataType.Float, Batch, CandidateCount);
            return;
        }

        graph.Scope = "seen";
        if (options.ExcludeSeenItems)
        {
            var excluded = graph.Full(graph.Shape(history.SeenItems), float.NegativeInfinity);
            scores = graph.ScatterAdd(scores, history.SeenItems, excluded, axis: 1);
        }

        graph.Scope = "top";
        long available = Math.Min(options.TopK, itemCount + 1L);
        var (best, indices) = graph.TopK(scores, graph.Int64(available));
        var keys = graph.Where(graph.Greater(best, graph.Scalar(float.NegativeInfinity)), indices, graph.Scalar(0L));
        if (options.TopK > available)
        {
            best = graph.PadColumns(best, options.TopK - available, graph.Scalar(float.NegativeInfinity));
            keys = graph.PadColumns(keys, options.TopK - available, graph.Scalar(0L));
        }

        graph.Output(RecommendedItemsOutput, graph.Cast(keys, DataType.Uint32), DataType.Uint32, Batch, (long)options.TopK);
        graph.Output(ScoresOutput, best, DataType.Float, Batch, (long)options.TopK);
    }

    /// <summary>[N + 1]: −∞ for padding, 0 for items.</summary>
    private static OnnxValue PaddingMask(OnnxGraphBuilder graph, int itemCount)
    {
        var mask = new float[itemCount + 1];
        mask[0] = float.NegativeInfinity;
        return graph.Constant(mask, itemCount + 1);
    }

    private static void Check(EncoderWeights weights, NextItemGraphOptions options)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(options);
        if (weights.ItemCount < 1)
            throw new ArgumentException("A graph needs at least one item.", nameof(weights));
        if (weights.MaximumLength < 1)
            throw new ArgumentException("A graph needs at least one position.", nameof(weights));
        if (weights.HeadCount < 1 || weights.Width % weights.HeadCount != 0)
            throw new ArgumentException($"{weights.HeadCount} heads do not divide width {weights.Width}.", nameof(weights));
        if (!options.Candidates && options.TopK < 1)
            throw new ArgumentException($"TopK must be at least 1, not {options.TopK}.", nameof(options));
        if (weights.ItemEmbeddings.Length != (weights.ItemCount + 1L) * weights.Width)
        {
            throw new ArgumentException($"{weights.ItemEmbeddings.Length} numbers are no embeddings of {weights.ItemCount} items and padding at "
                + $"width {weights.Width}.", nameof(weights));
        }

        if (options.Popularity.Length != weights.ItemCount + 1)
        {
            throw new ArgumentException($"Popularity holds {options.Popularity.Length} scores; "
                + $"it takes one for padding and one an item, {weights.ItemCount + 1}.", nameof(options));
        }

        if (options.Popularity.AsSpan(1).ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            throw new ArgumentException("Popularity holds a score that is not finite.", nameof(options));
    }
}
