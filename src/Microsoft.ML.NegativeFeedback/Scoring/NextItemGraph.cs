using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using Microsoft.ML.NegativeFeedback.Training;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// The whole way from raw histories to recommendations as one ONNX graph, so that any client of ONNX Runtime gets the same answer.
/// </summary>
/// <remarks>
/// Inputs: <c>Items</c> UInt32 [batch, length], keys as they are, 0 unknown or padding; <c>Feedback</c> Single [batch, length];
/// with candidates <c>Candidates</c> UInt32 [batch, candidates]; by choice <c>BlockedItems</c> UInt32 [batch, blocked], which are not recommended, and
/// <c>AllowedItems</c> UInt32 [batch, allowed], which alone are; and what else the network reads, by name: beside the items [batch, length] or
/// [batch, length, width], of the question or the row [batch, width].
/// Outputs: <c>RecommendedItems</c> UInt32 [batch, k] and <c>Scores</c> Single [batch, k], best first,
/// the lower key first among equals, key 0 and −∞ where fewer than k items are left; or
/// <c>CandidateScores</c> Single [batch, candidates], −∞ for key 0. By option <c>SubInterestWeights</c> Single [batch, k or candidates, K],
/// how much each of a network's K sub-interests counts in those scores, 0 beside key 0 and beside an empty history. A network that foretells K kinds of
/// feedback gives <c>Probabilities</c> Single [batch, candidates, K], 0 for key 0, their weighted sum as <c>CandidateScores</c>, and the best candidates as
/// <c>RecommendedItems</c> and <c>Scores</c>.
/// </remarks>
internal static class NextItemGraph
{
    public const string ItemsInput = "Items";
    public const string FeedbackInput = "Feedback";
    public const string CandidatesInput = "Candidates";
    public const string BlockedInput = "BlockedItems";
    public const string AllowedInput = "AllowedItems";
    public const string RecommendedItemsOutput = "RecommendedItems";
    public const string ScoresOutput = "Scores";
    public const string CandidateScoresOutput = "CandidateScores";
    public const string SubInterestWeightsOutput = "SubInterestWeights";
    public const string ProbabilitiesOutput = "Probabilities";

    /// <summary>The names of all these, by which no other input goes.</summary>
    public static readonly IReadOnlySet<string> Names = new HashSet<string>
    {
        ItemsInput, FeedbackInput, CandidatesInput, BlockedInput, AllowedInput, RecommendedItemsOutput, ScoresOutput, CandidateScoresOutput, SubInterestWeightsOutput, ProbabilitiesOutput,
    };

    /// <summary>The constant γ [K] of a graph that foretells K kinds of feedback: what a score adds up.</summary>
    public const string FusionWeights = "FusionWeights";

    /// <summary>Metadata of the model: the values of the graph's largest tensor that a row takes, or with candidates that one of them takes.</summary>
    public const string LargestTensorMetadata = "largest_tensor";

    /// <summary>Metadata of a model with candidates: the values of the largest tensor that a row takes whatever its candidates, for its history. Former versions did not note it.</summary>
    public const string LargestHistoryTensorMetadata = "largest_history_tensor";

    /// <summary>The names of dimensions: of rows, and in them of histories, candidates, <see cref="BlockedInput"/> and <see cref="AllowedInput"/>.</summary>
    public const string Batch = "batch", Length = "length", CandidateCount = "candidates", BlockedCount = "blocked", AllowedCount = "allowed";

    /// <summary>Writes the graph of a network.</summary>
    /// <exception cref="ArgumentException">An option does not fit the network.</exception>
    /// <exception cref="InvalidOperationException">The weights take more than the 2 GiB that an ONNX file can hold.</exception>
    public static byte[] Build(NetworkWeights weights, NextItemGraphOptions options)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(options);
        var network = weights.Network;
        Check(weights, options);
        var graph = new OnnxGraphBuilder("next_item");
        var items = graph.Input(ItemsInput, DataType.Uint32, Batch, Length);
        var feedback = graph.Input(FeedbackInput, DataType.Float, Batch, Length);
        var history = new HistoryGraph(graph, items, feedback, network.ReadsWholeHistory, network.MaximumLength);
        foreach (var input in network.Inputs.Where(input => input.Scope != InputScope.History))
            Declare(graph, history, input, options);
        graph.Scope = "network";
        var scores = new ItemScores(graph, history, weights, options.Popularity);
        if (options.Candidates)
            AppendCandidates(graph, options, network, scores);
        else
            AppendRecommendations(graph, options, network, history, scores);
        GraphWeights.NoteOthers(graph, weights);
        return graph.ToModel();
    }

    // what stands beside the items, and what is known of the question, as Single or Int64
    private static void Declare(OnnxGraphBuilder graph, HistoryGraph history, NetworkInput input, NextItemGraphOptions options)
    {
        GraphTensor? items = null, question = null;
        if (input.Scope.HasFlag(InputScope.Items))
            items = input.Width == 1 ? Value(input.Name, Batch, Length) : Value(input.Name, Batch, Length, (long)input.Width);
        if (input.Scope.HasFlag(InputScope.Question) || input.Scope.HasFlag(InputScope.Row))
            question = Value(input.QuestionName, Batch, (long)input.Width);
        history.Add(input, items, question);

        GraphTensor Value(string name, params OnnxDimension[] shape)
        {
            bool isKey = input.IsInteger && options.KeyInputs.Contains(name);
            var raw = graph.Input(name, isKey ? DataType.Uint32 : input.IsInteger ? DataType.Int64 : DataType.Float, shape);
            return new(graph, isKey ? graph.Cast(raw, DataType.Int64) : raw, shape.Length);
        }
    }

    private static void AppendCandidates(OnnxGraphBuilder graph, NextItemGraphOptions options, Network network, ItemScores scores)
    {
        graph.Metadata(LargestTensorMetadata, network.ValuesPerCandidate);
        graph.Metadata(LargestHistoryTensorMetadata, ValuesPerHistory(network));
        var candidates = graph.Cast(graph.Input(CandidatesInput, DataType.Uint32, Batch, CandidateCount), DataType.Int64);
        if (network.TaskCount > 0)
        {
            AppendTasks(graph, options, network, scores, candidates);
            return;
        }

        graph.Output(CandidateScoresOutput, scores.OfItems(candidates), DataType.Float, Batch, CandidateCount);
        if (options.SubInterestWeights)
        {
            var shares = scores.SharesOf(candidates);
            graph.Output(SubInterestWeightsOutput, shares, DataType.Float, Batch, CandidateCount, (long)network.SubInterestCount);
        }
    }

    // section 2.4.2 of the ranker's paper: score = Σ γ_k y_k, and the best of the candidates by it
    private static void AppendTasks(OnnxGraphBuilder graph, NextItemGraphOptions options, Network network, ItemScores itemScores, OnnxValue candidates)
    {
        var isKnown = graph.Greater(candidates, graph.Scalar(0L));
        var probabilities = graph.Multiply(itemScores.ProbabilitiesOf(candidates), graph.Unsqueeze(graph.Cast(isKnown, DataType.Float), 2));
        var fusion = graph.NamedConstant(FusionWeights, Array.ConvertAll(options.FusionWeights, weight => (float)weight), network.TaskCount, 1);
        var scores = graph.Where(isKnown, graph.Squeeze(graph.MatMul(probabilities, fusion), 2), graph.Scalar(float.NegativeInfinity));
        graph.Output(CandidateScoresOutput, scores, DataType.Float, Batch, CandidateCount);
        graph.Output(ProbabilitiesOutput, probabilities, DataType.Float, Batch, CandidateCount, (long)network.TaskCount);

        new RecommendationTail(options.TopK, ExcludeSeenItems: false).AppendOfCandidates(graph, scores, candidates);
    }

    /// <summary>The same graph with other weights of the kinds of feedback.</summary>
    /// <exception cref="ArgumentException">The graph foretells no kinds of feedback, or another number of them.</exception>
    public static byte[] WithFusionWeights(byte[] graph, IReadOnlyList<double> weights)
    {
        var model = ModelProto.Parser.ParseFrom(graph);
        var constant = model.Graph.Initializer.FirstOrDefault(initializer => initializer.Name == FusionWeights)
            ?? throw new ArgumentException("The model foretells no kinds of feedback that a score could weigh: Trainers.MultiFeedback trains one that does.", nameof(weights));
        if (constant.Dims[0] != weights.Count)
            throw new ArgumentException($"There are {weights.Count} weights for {constant.Dims[0]} kinds of feedback.", nameof(weights));
        constant.RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(weights.Select(weight => (float)weight).ToArray()));
        return model.ToByteArray();
    }

    private static void AppendRecommendations(
        OnnxGraphBuilder graph, NextItemGraphOptions options, Network network, HistoryGraph history, ItemScores itemScores)
    {
        graph.Metadata(LargestTensorMetadata, Math.Max(network.ValuesPerRow, ValuesPerHistory(network)));
        var scores = itemScores.OfCatalogue();
        var keys = new RecommendationTail(options.TopK, options.ExcludeSeenItems).Append(graph, scores, history.SeenItems, network.ItemCount);
        if (options.SubInterestWeights)
        {
            var shares = itemScores.SharesOf(keys);
            graph.Output(SubInterestWeightsOutput, shares, DataType.Float, Batch, (long)options.TopK, (long)network.SubInterestCount);
        }
    }

    private static long ValuesPerHistory(Network network) => network.MaximumLength * network.ValuesPerPlace;

    private static void Check(NetworkWeights weights, NextItemGraphOptions options)
    {
        var network = weights.Network;
        foreach (var parameter in network.Parameters)
        {
            if (weights.Values.GetValueOrDefault(parameter.Name)?.LongLength != parameter.Length)
            {
                throw new ArgumentException($"'{parameter.Name}' has {weights.Values.GetValueOrDefault(parameter.Name)?.LongLength ?? 0} numbers; "
                    + $"{network.Description} takes {parameter.Length}.", nameof(weights));
            }
        }

        if (weights.Values[network.Items.Name].AsSpan(0, network.Settings.Width).ContainsAnyExcept(0f))
            throw new ArgumentException("The embedding of padding is not zero.", nameof(weights));
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

        if (network.TaskCount > 0 && options.FusionWeights.Length != network.TaskCount)
            throw new ArgumentException($"There are {options.FusionWeights.Length} fusion weights for {network.TaskCount} kinds of feedback.", nameof(options));
        if ((!options.Candidates || network.TaskCount > 0) && options.TopK < 1)
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

/// <summary>The scores of items after the histories of a batch: popularity beside an empty history.</summary>
internal sealed class ItemScores
{
    private readonly OnnxGraphBuilder _graph;
    private readonly HistoryGraph _history;
    private readonly Network _network;
    private readonly GraphPass _pass;
    private readonly float[] _popularity;

    public ItemScores(OnnxGraphBuilder graph, HistoryGraph history, NetworkWeights weights, float[] popularity)
    {
        (_graph, _history, _network, _popularity) = (graph, history, weights.Network, popularity);
        _pass = new GraphPass(graph, weights, _network.HasStates ? popularity : null);
    }

    /// <summary>Single [b, N + 1]: the scores of the whole catalogue; padding's is a number like any other.</summary>
    public OnnxValue OfCatalogue()
    {
        if (_network.HasStates)
            return _graph.MultiplyTransposed(StateAndFallback(), _pass.ScoredItems!.Value);
        float[] fallback = [0, .. _popularity.AsSpan(1)];
        return _graph.Where(_history.IsEmpty, _graph.Constant(fallback, fallback.Length), _network.Scores(_pass, _history, _pass.Of(_network.Items)).Value);
    }

    /// <summary>Single [b, c]: the scores of some items, Int64 [b, c], −∞ for padding.</summary>
    /// <remarks>The items' vectors are gathered: c of them are fewer than the catalogue's N.</remarks>
    public OnnxValue OfItems(OnnxValue items)
    {
        OnnxValue scores;
        if (_network.HasStates)
        {
            var products = _graph.MatMul(_graph.Gather(_pass.ScoredItems!.Value, items), _graph.Unsqueeze(StateAndFallback(), 2));
            scores = _graph.Squeeze(products, 2);
        }
        else
        {
            var popularity = _graph.Gather(_graph.Constant(_popularity, _popularity.Length), items);
            scores = _graph.Where(_history.IsEmpty, popularity, _network.Scores(_pass, _history, VectorsOf(items)).Value);
        }

        return _graph.Where(_graph.Greater(items, _graph.Scalar(0L)), scores, _graph.Scalar(float.NegativeInfinity));
    }

    /// <summary>Single [b, c, K]: the probabilities of the kinds of feedback on those items.</summary>
    public OnnxValue ProbabilitiesOf(OnnxValue items) => _network.TaskLogits(_pass, _history, new GraphTensor(_graph, items, 2)).Sigmoid().Value;

    /// <summary>Single [b, c, K]: the shares of the sub-interests in those scores, 0 for padding and beside an empty history.</summary>
    public OnnxValue SharesOf(OnnxValue items)
    {
        var isScored = _graph.And(_graph.Greater(items, _graph.Scalar(0L)), _graph.Not(_history.IsEmpty));
        return _graph.Multiply(_network.Shares(_pass, _history, VectorsOf(items)).Value, _graph.Unsqueeze(_graph.Cast(isScored, DataType.Float), 2));
    }

    private GraphTensor VectorsOf(OnnxValue items) => _pass.Lookup(_network.Items, new GraphTensor(_graph, items, 2));

    // [b, d + 1]: the state and 0, or beside an empty history zeros and 1
    private OnnxValue StateAndFallback()
    {
        var known = _graph.Where(_history.IsEmpty, _graph.Scalar(0f), _network.States(_pass, _history).Value);
        return _graph.Concat(axis: 1, known, _graph.Cast(_history.IsEmpty, DataType.Float));
    }
}

/// <summary>What a graph of <see cref="NextItemGraph"/> does around the network.</summary>
internal sealed record NextItemGraphOptions
{
    /// <summary>k, the number of recommended items a row; at least 1. With <see cref="Candidates"/> read of a network alone that recommends of them, as one with <see cref="FusionWeights"/> does.</summary>
    public int TopK { get; init; } = 10;

    /// <summary>Whether every item of the raw history, whatever its feedback, is left out of the recommendations.</summary>
    public bool ExcludeSeenItems { get; init; } = true;

    /// <summary>[N + 1]: the scores for a history in which there is nothing to read; the first, of padding, is not read.</summary>
    public required float[] Popularity { get; init; }

    /// <summary>Whether the graph scores given candidates instead of recommending from the whole catalogue.</summary>
    public bool Candidates { get; init; }

    /// <summary>γ [K]: what a score adds up of the kinds of feedback that a network foretells; not read without such.</summary>
    public double[] FusionWeights { get; init; } = [];

    /// <summary>The inputs whose values are keys, UInt32, rather than Int64.</summary>
    public IReadOnlySet<string> KeyInputs { get; init; } = new HashSet<string>();

    /// <summary>
    /// Whether the graph also tells how much each sub-interest counts in the scores that it gives; only of a network that weighs them.
    /// </summary>
    public bool SubInterestWeights { get; init; }
}

/// <summary>How large the graph of a network will be: what no ONNX file can hold is refused before it is trained.</summary>
/// <param name="Network">The network.</param>
/// <param name="Options">The options that make it so large, with their values.</param>
internal sealed record GraphSize(Network Network, string Options)
{
    /// <summary>Room for the nodes between the constants.</summary>
    private const double NodeBytes = 1 << 20;

    /// <summary>All the numbers of the graph: what is learned for scoring, and of each item its popularity and the mask of padding.</summary>
    public double Values => Network.ScoringParameters.Sum(parameter => (double)parameter.Length) + (2 * (Network.ItemCount + 1.0))
        + Network.Constants.Sum(constant => (constant.Numbers?.Length ?? 0) + (2.0 * (constant.Integers?.Length ?? 0)));

    /// <summary>The bytes of what scoring does not use: a later training begins with it, so that it stands in the metadata, as text.</summary>
    private double KeptBytes => Network.Parameters.Except(Network.ScoringParameters).Sum(parameter => 4.0 / 3 * sizeof(float) * parameter.Length);

    /// <summary>Checks that an ONNX file can hold the graph and what a saved model has beside it.</summary>
    /// <param name="itemsColumnName">The column that has the items.</param>
    /// <param name="tableBytes">The bytes of the items' values.</param>
    /// <exception cref="InvalidOperationException">It cannot.</exception>
    public void Check(string itemsColumnName, long tableBytes)
    {
        double bytes = (sizeof(float) * Values) + KeptBytes + tableBytes + NodeBytes;
        if (bytes <= OnnxGraphBuilder.MaximumConstantBytes)
            return;
        throw new InvalidOperationException(FormattableString.Invariant($"The model would take {bytes / (1L << 30):N1} GiB, and an ONNX file holds 2 GiB: ")
            + FormattableString.Invariant($"it has {Network.ItemCount:N0} items of column '{itemsColumnName}', with {Options}. ")
            + "Choose smaller values, or keep fewer items (Data.FilterCore leaves rare ones out) with shorter names.");
    }
}
