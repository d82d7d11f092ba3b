using Microsoft.ML.NegativeFeedback.Models;
using static Microsoft.ML.NegativeFeedback.Onnx.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// SINE ("Understanding and Modeling Passive-Negative Feedback", RecSys '23, sections 4.1 and 4.2): an encoder of the liked items whose
/// attention knows the sub-interest behind each, its output projected once a sub-interest, and a fusion of their scores.
/// </summary>
internal sealed class SineNetwork(SineWeights weights) : ScoringNetwork
{
    private readonly EncoderWeights _encoder = weights.Encoder;
    private readonly int _width = weights.Encoder.Width;

    public override int ItemCount => _encoder.ItemCount;

    public override int MaximumLength => _encoder.MaximumLength;

    public override int SubInterestCount => weights.FusionStateWeight is null ? 0 : weights.SubInterestCount;

    public override long ValuesPerRow => (ItemCount + 1L) * (WeighsEveryItem ? weights.SubInterestCount : 1);

    public override long ValuesPerCandidate => Math.Max(_width + 1, weights.SubInterestCount);

    /// <summary>Whether the fusion's weights differ between the items: a softmax cancels what the item adds to each of them.</summary>
    private bool WeighsEveryItem => weights is { FusionItemWeight: not null, Normalization: FusionNormalization.Sum };

    public override void Check(NextItemGraphOptions options)
    {
        EncoderNetwork.Check(_encoder);
        if (weights.SubInterestCount < 1 || weights.Prototypes.Length != (long)weights.SubInterestCount * _width)
        {
            throw new ArgumentException($"{weights.Prototypes.Length} numbers are no {weights.SubInterestCount} prototypes of width {_width}.",
                nameof(weights));
        }

        if ((weights.FusionStateWeight?.Length ?? 0) != (weights.FusionItemWeight?.Length ?? 0)
            || weights.FusionStateWeight is { } fusion && fusion.Length != _width)
        {
            throw new ArgumentException($"The fusion layer has weights for a state of width {weights.FusionStateWeight?.Length} and an item "
                + $"of width {weights.FusionItemWeight?.Length}; the width is {_width}.", nameof(weights));
        }

        if (!(weights.SameInterestWeight is >= 0 and <= 1))
            throw new ArgumentException($"{nameof(weights.SameInterestWeight)} is {weights.SameInterestWeight}, not 0 to 1.", nameof(weights));
        if (_encoder.ItemEmbeddings.AsSpan(0, _width).ContainsAnyExcept(0f))
            throw new ArgumentException("The embedding of padding is not zero.", nameof(weights));
        if (options.History != HistorySelection.PositivesOnly)
            throw new ArgumentException("SINE reads the liked items of a history, and the skips before them.", nameof(options));
    }

    public override ItemScores Append(OnnxGraphBuilder graph, HistoryValues history, float[] popularity)
    {
        graph.Scope = "items";
        var table = WeighsEveryItem
            ? graph.Constant(_encoder.ItemEmbeddings, ItemCount + 1, _width)
            : DotProductScores.Table(graph, _encoder.ItemEmbeddings, _width, popularity);
        var factors = weights.SameInterestWeight == 0.5 ? null : AttentionFactors(graph, table, history);
        var state = EncoderGraph.Append(graph, _encoder, table, history, factors);

        graph.Scope = "projection";
        var projected = Project(graph, graph.Where(history.IsEmpty, graph.Scalar(0f), state));
        if (weights.FusionStateWeight is null)
        {
            var sum = graph.Squeeze(graph.ReduceSum(projected, 1), 1);
            return new DotProductScores(graph, history, table, sum, ItemCount);
        }

        graph.Scope = "fusion";
        var stateParts = graph.MatMul(projected, graph.Constant(weights.FusionStateWeight, _width, 1));
        return WeighsEveryItem
            ? new SineFusionScores(graph, history, weights, table, projected, stateParts, popularity)
            : SineMixtureScores.Append(graph, history, table, projected, stateParts, ItemCount);
    }

    /// <summary>Eq. 8 and 9, with factors that are 1 at β₁ = β₂ = ½, so that they turn attention up and down and not its output.</summary>
    private AttentionFactors AttentionFactors(OnnxGraphBuilder graph, OnnxValue table, HistoryValues history)
    {
        double same = weights.SameInterestWeight;
        return new AttentionFactors(DominantSubInterests(graph, table, history), (float)(2 * same), (float)(2 * (1 - same)));
    }

    /// <summary>
    /// Int64 [b, w]: argmax_k e₊·z_k − e₋·z_k (eq. 4) of each selected item and the last known item before it in the raw history, where that one
    /// was skipped; the first k among equals.
    /// </summary>
    private OnnxValue DominantSubInterests(OnnxGraphBuilder graph, OnnxValue table, HistoryValues history)
    {
        graph.Scope = "sub_interests";
        var before = PlacesBefore(graph, history);
        var isSkip = graph.Greater(graph.Scalar(0f), graph.GatherElements(history.Feedback, before, axis: 1));
        // key 0, unknown or none, has the embedding 0, which takes nothing away
        var skips = graph.Where(isSkip, graph.GatherElements(history.SeenItems, before, axis: 1), graph.Scalar(0L));
        var differences = graph.Slice(
            graph.Subtract(graph.Gather(table, history.Items), graph.Gather(table, skips)), axis: 2, start: 0, end: _width);
        var prototypes = graph.Transpose(Prototypes(graph), 1, 0);
        return graph.ArgMaximum(graph.MatMul(differences, prototypes), axis: 2);
    }

    /// <summary>
    /// Int64 [b, w]: where in the raw history the last known item before each selected one stands, as training drops unknown ones; the place of an
    /// unknown item where none is known before.
    /// </summary>
    private static OnnxValue PlacesBefore(OnnxGraphBuilder graph, HistoryValues history)
    {
        var isKnown = graph.Cast(graph.Greater(history.SeenItems, graph.Scalar(0L)), DataType.Int64);
        var countUpTo = graph.CumulativeSum(isKnown, axis: 1);
        // the places of known items, newest first, then those of unknown ones: there always is one, the 0 at the end
        var width = graph.Gather(graph.Shape(history.SeenItems), graph.Int64(1));
        var (_, places) = graph.TopK(graph.Multiply(countUpTo, isKnown), width);
        var countBefore = graph.GatherElements(graph.Subtract(countUpTo, isKnown), history.Indices, axis: 1);
        return graph.GatherElements(places, graph.Subtract(graph.ReduceMaximum(countUpTo, 1), countBefore), axis: 1);
    }

    /// <summary>[b, K, d]: õ_k = o + σ(o ∗ z_k) ∗ o (eq. 11).</summary>
    private OnnxValue Project(OnnxGraphBuilder graph, OnnxValue state)
    {
        var o = graph.Unsqueeze(state, 1);
        return graph.Add(o, graph.Multiply(graph.Sigmoid(graph.Multiply(o, Prototypes(graph))), o));
    }

    private OnnxValue Prototypes(OnnxGraphBuilder graph) => graph.Constant(weights.Prototypes, weights.SubInterestCount, _width);
}
