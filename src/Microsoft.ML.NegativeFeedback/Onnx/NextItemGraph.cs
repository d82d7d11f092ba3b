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
/// <c>CandidateScores</c> Single [batch, candidates], −∞ for key 0. By option <c>SubInterestWeights</c> Single [batch, k or candidates, K],
/// how much each of a network's K sub-interests counts in those scores, 0 beside key 0 and beside an empty history.
/// </remarks>
internal static class NextItemGraph
{
    public const string ItemsInput = "Items";
    public const string FeedbackInput = "Feedback";
    public const string CandidatesInput = "Candidates";
    public const string RecommendedItemsOutput = "RecommendedItems";
    public const string ScoresOutput = "Scores";
    public const string CandidateScoresOutput = "CandidateScores";
    public const string SubInterestWeightsOutput = "SubInterestWeights";

    /// <summary>Metadata of the model: the values of the graph's largest tensor that a row takes, or with candidates that one of them takes.</summary>
    public const string LargestTensorMetadata = "largest_tensor";

    private const string Batch = "batch";
    private const string Length = "length";
    private const string CandidateCount = "candidates";

    /// <summary>Writes the graph of PNFRec or SASRec.</summary>
    /// <exception cref="ArgumentException">An option or an array does not fit the weights.</exception>
    /// <exception cref="InvalidOperationException">The weights take more than the 2 GiB that an ONNX file can hold.</exception>
    public static byte[] Build(EncoderWeights weights, NextItemGraphOptions options)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return Build(new EncoderNetwork(weights), options);
    }

    /// <summary>Writes the graph of SINE.</summary>
    /// <exception cref="ArgumentException">An option or an array does not fit the weights.</exception>
    /// <exception cref="InvalidOperationException">The weights take more than the 2 GiB that an ONNX file can hold.</exception>
    public static byte[] Build(SineWeights weights, NextItemGraphOptions options)
    {
        ArgumentNullException.ThrowIfNull(weights);
        return Build(new SineNetwork(weights), options);
    }

    /// <summary>Writes the graph of a network.</summary>
    /// <exception cref="ArgumentException">An option or an array does not fit the weights.</exception>
    /// <exception cref="InvalidOperationException">The weights take more than the 2 GiB that an ONNX file can hold.</exception>
    public static byte[] Build(ScoringNetwork network, NextItemGraphOptions options)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(options);
        Check(network, options);
        var graph = new OnnxGraphBuilder("next_item");
        var items = graph.Input(ItemsInput, DataType.Uint32, Batch, Length);
        var feedback = graph.Input(FeedbackInput, DataType.Float, Batch, Length);
        var history = HistoryGraph.Append(graph, items, feedback, options.History, network.MaximumLength);
        var scores = network.Append(graph, history, options.Popularity);
        if (options.Candidates)
            AppendCandidates(graph, options, network, scores);
        else
            AppendRecommendations(graph, options, network, history, scores);
        return graph.ToModel();
    }

    private static void AppendCandidates(OnnxGraphBuilder graph, NextItemGraphOptions options, ScoringNetwork network, ItemScores scores)
    {
        graph.Scope = "candidates";
        graph.Metadata(LargestTensorMetadata, network.ValuesPerCandidate);
        var candidates = graph.Cast(graph.Input(CandidatesInput, DataType.Uint32, Batch, CandidateCount), DataType.Int64);
        graph.Output(CandidateScoresOutput, scores.OfItems(candidates), DataType.Float, Batch, CandidateCount);
        if (options.SubInterestWeights)
        {
            var weights = scores.SubInterestWeightsOf(candidates);
            graph.Output(SubInterestWeightsOutput, weights, DataType.Float, Batch, CandidateCount, (long)network.SubInterestCount);
        }
    }

    private static void AppendRecommendations(
        OnnxGraphBuilder graph, NextItemGraphOptions options, ScoringNetwork network, HistoryValues history, ItemScores itemScores)
    {
        graph.Metadata(LargestTensorMetadata, network.ValuesPerRow);
        var scores = itemScores.OfCatalogue();
        graph.Scope = "seen";
        if (options.ExcludeSeenItems)
        {
            var excluded = graph.Full(graph.Shape(history.SeenItems), float.NegativeInfinity);
            scores = graph.ScatterAdd(scores, history.SeenItems, excluded, axis: 1);
        }

        graph.Scope = "top";
        long available = Math.Min(options.TopK, network.ItemCount + 1L);
        var (best, indices) = graph.TopK(scores, graph.Int64(available));
        var keys = graph.Where(graph.Greater(best, graph.Scalar(float.NegativeInfinity)), indices, graph.Scalar(0L));
        if (options.TopK > available)
        {
            best = graph.PadColumns(best, options.TopK - available, graph.Scalar(float.NegativeInfinity));
            keys = graph.PadColumns(keys, options.TopK - available, graph.Scalar(0L));
        }

        graph.Output(RecommendedItemsOutput, graph.Cast(keys, DataType.Uint32), DataType.Uint32, Batch, (long)options.TopK);
        graph.Output(ScoresOutput, best, DataType.Float, Batch, (long)options.TopK);
        if (options.SubInterestWeights)
        {
            var weights = itemScores.SubInterestWeightsOf(keys);
            graph.Output(SubInterestWeightsOutput, weights, DataType.Float, Batch, (long)options.TopK, (long)network.SubInterestCount);
        }
    }

    private static void Check(ScoringNetwork network, NextItemGraphOptions options)
    {
        network.Check(options);
        if (!options.Candidates && !network.ScoresCatalogue)
        {
            throw new ArgumentException("The network scores given candidates and cannot recommend from the whole catalogue: name a column "
                + "of candidates.", nameof(options));
        }

        if (options.SubInterestWeights && network.SubInterestCount == 0)
        {
            throw new ArgumentException("The network weighs no sub-interests, so that there are no weights to give: name no column for "
                + "them.", nameof(options));
        }

        if (!options.Candidates && options.TopK < 1)
            throw new ArgumentException($"TopK must be at least 1, not {options.TopK}.", nameof(options));
        if (options.Popularity.Length != network.ItemCount + 1)
        {
            throw new ArgumentException($"Popularity holds {options.Popularity.Length} scores; "
                + $"it takes one for padding and one an item, {network.ItemCount + 1}.", nameof(options));
        }

        if (options.Popularity.AsSpan(1).ContainsAnyExceptInRange(float.MinValue, float.MaxValue))
            throw new ArgumentException("Popularity holds a score that is not finite.", nameof(options));
    }
}

/// <summary>How large the graph of a network will be, by its options alone: what no ONNX file can hold is refused before it is trained.</summary>
/// <param name="Values">The numbers that it holds beside those of the items; as Double, since options may ask for any number.</param>
/// <param name="ValuesPerItem">The numbers that it holds of each item.</param>
/// <param name="Options">The options that make it so large, with their values.</param>
internal sealed record GraphSize(double Values, double ValuesPerItem, string Options)
{
    /// <summary>Room for the nodes between the constants.</summary>
    private const double NodeBytes = 1 << 20;

    /// <summary>All the numbers of a graph.</summary>
    public double ValuesOf(int itemCount) => Values + (ValuesPerItem * (itemCount + 1.0));

    /// <summary>Checks that an ONNX file can hold the graph and what a saved model has beside it.</summary>
    /// <param name="itemCount">N.</param>
    /// <param name="itemsColumnName">The column that has them.</param>
    /// <param name="tableBytes">The bytes of the items' values.</param>
    /// <exception cref="InvalidOperationException">It cannot.</exception>
    public void Check(int itemCount, string itemsColumnName, long tableBytes)
    {
        double bytes = (sizeof(float) * ValuesOf(itemCount)) + tableBytes + NodeBytes;
        if (bytes <= OnnxGraphBuilder.MaximumConstantBytes)
            return;
        throw new InvalidOperationException(FormattableString.Invariant($"The model would take {bytes / (1L << 30):N1} GiB, and an ONNX file holds 2 GiB: ")
            + FormattableString.Invariant($"it has {itemCount:N0} items of column '{itemsColumnName}', with {Options}. ")
            + "Choose smaller values, or keep fewer items (Data.FilterCore leaves rare ones out) with shorter names.");
    }
}
