using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// Selects from raw histories, inside the graph, what the network reads: the last l known items, of the positives or of all, oldest first with zeros behind. Batch
/// rows b, raw length t and longest selection w ≥ 1; the network is asked at the newest item of each row.
/// </summary>
internal sealed class HistoryGraph : History<GraphTensor>
{
    private readonly OnnxGraphBuilder _graph;
    private readonly OnnxValue _seenFeedback, _indices, _isEnd, _items, _newest;
    private readonly Dictionary<NetworkInput, GraphTensor> _raw = [], _channels = [], _asked = [];

    /// <param name="graph">The graph.</param>
    /// <param name="items">UInt32 [b, t].</param>
    /// <param name="feedback">Single [b, t].</param>
    /// <param name="readsAll">Whether every item is read, rather than those with feedback above 0.</param>
    /// <param name="maximumLength">l.</param>
    public HistoryGraph(OnnxGraphBuilder graph, OnnxValue items, OnnxValue feedback, bool readsAll, int maximumLength)
    {
        _graph = graph;
        graph.Scope = "history";
        // Reshape throws where the two lengths differ; element-wise operators would broadcast a length of 1.
        var rawFeedback = graph.Reshape(feedback, graph.Shape(items), allowZero: true);
        SeenItems = graph.PadOneColumn(graph.Cast(items, DataType.Int64));
        _seenFeedback = graph.PadOneColumn(rawFeedback);
        var known = graph.Greater(SeenItems, graph.Scalar(0L));
        var positive = graph.And(known, graph.Greater(_seenFeedback, graph.Scalar(0f)));
        // The second operand of Or changes nothing: it keeps the comparison of the lengths alive.
        var isSelected = readsAll ? graph.Or(known, positive) : positive;

        // the place of each among all the row's items of its kind, the oldest's 1
        var ranks = graph.CumulativeSum(graph.Cast(isSelected, DataType.Int64), axis: 1);
        var count = graph.ReduceMaximum(ranks, 1);
        var kept = graph.Minimum(count, graph.Scalar((long)maximumLength));
        var isKept = graph.And(isSelected, graph.Greater(ranks, graph.Subtract(count, kept)));
        var longest = graph.Maximum(graph.Reshape(graph.ReduceMaximum(kept, 0), graph.Int64(1)), graph.Scalar(1L));
        var (order, indices) = graph.TopK(graph.Where(isKept, ranks, graph.Scalar(long.MaxValue)), longest, isLargest: false);
        _indices = indices;
        _isEnd = graph.EqualTo(order, graph.Scalar(long.MaxValue));
        _items = graph.Where(_isEnd, graph.Scalar(0L), graph.GatherElements(SeenItems, indices, axis: 1));
        _newest = graph.Squeeze(graph.Maximum(graph.Subtract(kept, graph.Scalar(1L)), graph.Scalar(0L)), 1);
        IsEmpty = graph.EqualTo(count, graph.Scalar(0L));
    }

    /// <summary>Int64 [b, t + 1]: every item of the raw history and one 0 at the end, so that no history is empty.</summary>
    public OnnxValue SeenItems { get; }

    /// <summary>Boolean [b, 1]: nothing was selected.</summary>
    public OnnxValue IsEmpty { get; }

    public override GraphTensor? Newest => new GraphTensor(_graph, _newest, 1);

    public override GraphTensor this[NetworkInput input]
        => _channels.TryGetValue(input, out var channel) ? channel : _channels[input] = Channel(input);

    public override GraphTensor Asked(NetworkInput input) => _asked[input];

    /// <summary>Adds the raw values of an input.</summary>
    /// <param name="input">The input.</param>
    /// <param name="items">What stands beside the raw history's items, [b, t] or [b, t, width]; null where nothing does.</param>
    /// <param name="question">What is known of the question, [b, width]; null where nothing is.</param>
    public void Add(NetworkInput input, GraphTensor? items, GraphTensor? question)
    {
        if (items is { } raw)
            _raw[input] = raw;
        if (question is { } known)
            _asked[input] = known;
    }

    public override GraphTensor Select(GraphTensor values)
        => new(_graph, _graph.GatherRows(values.Value, _graph.Unsqueeze(_newest, 1)), values.Rank - 1);

    public override GraphTensor Read(GraphTensor embedded, GraphTensor candidates, Func<GraphTensor, GraphTensor, GraphTensor, GraphTensor> read)
        => read(embedded, Newest!.Value.Unsqueeze(1), candidates);

    private GraphTensor Channel(NetworkInput input)
    {
        if (input == NetworkInput.Items)
            return new(_graph, _items, 2);
        if (input == NetworkInput.Skips)
            return new(_graph, SkipsBefore(), 2);
        _graph.Scope = input.Name;
        if (input == NetworkInput.Feedback)
            return new(_graph, _graph.Where(_isEnd, _graph.Scalar(0f), _graph.Node("Sign", [_graph.GatherElements(_seenFeedback, _indices, axis: 1)])), 2);
        // the raw history has one place less than what the indices point into; where they point behind it a sequence has ended
        var raw = _raw[input].Pad(1, 0, 1);
        var zero = input.IsInteger ? _graph.Scalar(0L) : _graph.Scalar(0f);
        return raw.Rank == 2 ? new(_graph, _graph.Where(_isEnd, zero, _graph.GatherElements(raw.Value, _indices, axis: 1)), 2)
            : new(_graph, _graph.Where(_graph.Unsqueeze(_isEnd, 2), zero, _graph.GatherRows(raw.Value, _graph.Unsqueeze(_indices, 2))), 3);
    }

    /// <summary>
    /// Int64 [b, w]: the last known item before each selected one in the raw history, where that one was skipped; 0 elsewhere. Training drops unknown items, too.
    /// </summary>
    private OnnxValue SkipsBefore()
    {
        _graph.Scope = NetworkInput.Skips.Name;
        var isKnown = _graph.Cast(_graph.Greater(SeenItems, _graph.Scalar(0L)), DataType.Int64);
        var countUpTo = _graph.CumulativeSum(isKnown, axis: 1);
        // the places of known items, newest first, then those of unknown ones: there always is one, the 0 at the end
        var width = _graph.Gather(_graph.Shape(SeenItems), _graph.Int64(1));
        var (_, places) = _graph.TopK(_graph.Multiply(countUpTo, isKnown), width);
        var countBefore = _graph.GatherElements(_graph.Subtract(countUpTo, isKnown), _indices, axis: 1);
        // the place of an unknown item where none is known before
        var before = _graph.GatherElements(places, _graph.Subtract(_graph.ReduceMaximum(countUpTo, 1), countBefore), axis: 1);
        var isSkip = _graph.Greater(_graph.Scalar(0f), _graph.GatherElements(_seenFeedback, before, axis: 1));
        return _graph.Where(isSkip, _graph.GatherElements(SeenItems, before, axis: 1), _graph.Scalar(0L));
    }
}
