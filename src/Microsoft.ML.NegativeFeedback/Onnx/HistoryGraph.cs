using static Microsoft.ML.NegativeFeedback.Onnx.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>Which items of a history the network reads.</summary>
internal enum HistorySelection
{
    /// <summary>Those with feedback above 0.</summary>
    PositivesOnly,

    /// <summary>All of them.</summary>
    Whole,
}

/// <summary>The raw history and what the network reads of it, batch rows b, raw length t + 1 and longest selection w ≥ 1.</summary>
/// <param name="SeenItems">Int64 [b, t + 1]: every item of the raw history and one 0 at the end, so that no history is empty.</param>
/// <param name="Feedback">Single [b, t + 1]: the feedback beside them, 0 at the end.</param>
/// <param name="Items">Int64 [b, w]: the selected items, newest first, then zeros.</param>
/// <param name="Ranks">Int64 [b, w]: the place of each among all the row's items of its kind, the oldest's 1; 0 beside padding.</param>
/// <param name="Positions">Int64 [b, w]: the row of the position table, the oldest kept item's 0.</param>
/// <param name="Indices">Int64 [b, w]: where in the raw history each was found.</param>
/// <param name="IsEmpty">Boolean [b, 1]: nothing was selected.</param>
internal sealed record HistoryValues(
    OnnxValue SeenItems, OnnxValue Feedback, OnnxValue Items, OnnxValue Ranks, OnnxValue Positions, OnnxValue Indices, OnnxValue IsEmpty);

/// <summary>
/// Selects from raw histories, inside the graph, what the network reads: the last l known items, of the positives or of all.
/// They come out newest first, so that the position to recommend from is column 0 of every row.
/// </summary>
internal static class HistoryGraph
{
    public static HistoryValues Append(
        OnnxGraphBuilder graph, OnnxValue items, OnnxValue feedback, HistorySelection selection, int maximumLength)
    {
        graph.Scope = "history";
        // Reshape throws where the two lengths differ; element-wise operators would broadcast a length of 1.
        var rawFeedback = graph.Reshape(feedback, graph.Shape(items), allowZero: true);
        var seen = graph.PadOneColumn(graph.Cast(items, DataType.Int64));
        var known = graph.Greater(seen, graph.Scalar(0L));
        var seenFeedback = graph.PadOneColumn(rawFeedback);
        var positive = graph.And(known, graph.Greater(seenFeedback, graph.Scalar(0f)));
        // The second operand of Or changes nothing: it keeps the comparison of the lengths alive.
        var selected = graph.Cast(selection == HistorySelection.Whole ? graph.Or(known, positive) : positive, DataType.Int64);

        var allRanks = graph.Multiply(graph.CumulativeSum(selected, axis: 1), selected);
        var count = graph.ReduceMaximum(allRanks, 1);
        var kept = graph.Minimum(count, graph.Scalar((long)maximumLength));
        var longest = graph.Maximum(graph.Reshape(graph.ReduceMaximum(kept, 0), graph.Int64(1)), graph.Scalar(1L));
        var (ranks, indices) = graph.TopK(allRanks, longest);

        var isPadding = graph.EqualTo(ranks, graph.Scalar(0L));
        var newestFirst = graph.Where(isPadding, graph.Scalar(0L), graph.GatherElements(seen, indices, axis: 1));
        var dropped = graph.Add(graph.Subtract(count, kept), graph.Scalar(1L));
        var positions = graph.Maximum(graph.Subtract(ranks, dropped), graph.Scalar(0L));
        return new HistoryValues(seen, seenFeedback, newestFirst, ranks, positions, indices, graph.EqualTo(count, graph.Scalar(0L)));
    }
}
