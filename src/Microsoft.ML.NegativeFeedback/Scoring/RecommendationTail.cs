using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>What is recommended of the scores of a catalogue, or of a row's candidates.</summary>
/// <param name="TopK">k.</param>
/// <param name="ExcludeSeenItems">Whether the items of the history are left out.</param>
/// <param name="ChosenInputs">The inputs by which a row says what may be recommended to it, of <see cref="NextItemGraph.BlockedInput"/> and <see cref="NextItemGraph.AllowedInput"/>.</param>
/// <param name="MinimumScore">What a score must be at least, or null.</param>
/// <param name="IsAllowed">[N + 1]: which items may be recommended to anyone; null for all.</param>
internal sealed record RecommendationTail(
    int TopK, bool ExcludeSeenItems, IReadOnlyList<string>? ChosenInputs = null, float? MinimumScore = null, bool[]? IsAllowed = null)
{
    /// <summary>Metadata of the model: the values that the tail begins with, and what it did when the model was trained.</summary>
    private const string ScoresMetadata = "catalogue_scores", SeenItemsMetadata = "seen_items", ExcludesSeenMetadata = "excludes_seen_items", TopKMetadata = "top_k";

    /// <summary>Whether candidates are compared with what was seen, pair by pair, so that who makes runs keeps them small by it: 1 or 0.</summary>
    public const string ComparesSeenMetadata = "compares_seen_items";

    // before the names of the values of a tail that was put in the place of another: by turns, so that no tail has those of the one that it replaces
    private static readonly string[] Scopes = ["chosen/", "chosen anew/"];

    /// <summary>The inputs that <see cref="ChosenInputs"/> may have.</summary>
    public static readonly string[] AllChosenInputs = [NextItemGraph.BlockedInput, NextItemGraph.AllowedInput];

    /// <summary>Adds a graph's tail: its outputs of recommended items and scores.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scores">The scores [b, N + 1]; that of padding, the first, is not read.</param>
    /// <param name="seenItems">The items of the history, Int64 [b, t + 1], 0 for none, as is the last of each row.</param>
    /// <param name="itemCount">N.</param>
    /// <returns>The keys, Int64 [b, k].</returns>
    public OnnxValue Append(OnnxGraphBuilder graph, OnnxValue scores, OnnxValue seenItems, int itemCount)
    {
        graph.Metadata(ScoresMetadata, scores.Name);
        graph.Metadata(SeenItemsMetadata, seenItems.Name);
        graph.Metadata(ExcludesSeenMetadata, ExcludeSeenItems ? 1 : 0);
        graph.Metadata(TopKMetadata, TopK);
        var (best, keys) = Choose(graph, "", scores, seenItems, itemCount);
        AddOutputs(graph, best, keys);
        return keys;
    }

    /// <summary>Adds the tail of a graph that recommends of a row's candidates.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scores">Their scores [b, c], −∞ for padding.</param>
    /// <param name="candidates">Int64 [b, c].</param>
    public void AppendOfCandidates(OnnxGraphBuilder graph, OnnxValue scores, OnnxValue candidates)
    {
        graph.Metadata(TopKMetadata, TopK);
        var (best, keys) = ChooseOfCandidates(graph, "", scores, candidates, seenItems: null);
        AddOutputs(graph, best, keys);
    }

    /// <summary>A graph, of this version or a former one, with another tail in the place of its own.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="itemCount">N.</param>
    /// <param name="choose">The tail that the graph was trained with → another.</param>
    /// <exception cref="ArgumentException">The graph recommends nothing: it scores given candidates alone.</exception>
    public static byte[] Replace(byte[] graph, int itemCount, Func<RecommendationTail, RecommendationTail> choose)
    {
        var model = ModelProto.Parser.ParseFrom(graph);
        var nodes = model.Graph.Node;
        if (model.Graph.Output.All(output => output.Name != NextItemGraph.RecommendedItemsOutput))
        {
            throw new ArgumentException("The model scores given candidates and recommends nothing that could be chosen. A model that is trained without a column of candidates recommends of those "
                + "that a row names in ScoringOptions.AllowedItemsColumnName.");
        }

        bool isOfCandidates = model.Graph.Input.Any(input => input.Name == NextItemGraph.CandidatesInput);
        var (scores, seenItems) = isOfCandidates ? BeginOfCandidates(model) : Begin(model);
        int topK = int.Parse(OnnxGraphBuilder.Metadata(model, TopKMetadata)!, CultureInfo.InvariantCulture);
        var chosen = choose(new RecommendationTail(topK, OnnxGraphBuilder.Metadata(model, ExcludesSeenMetadata) == "1"));
        string oldKeys = InputOf(model, InputOf(model, OnnxGraphBuilder.OutputPrefix + NextItemGraph.RecommendedItemsOutput));
        string oldBest = InputOf(model, OnnxGraphBuilder.OutputPrefix + NextItemGraph.ScoresOutput);
        // the names of one tail that was chosen before may still be there
        string scope = nodes.Any(node => node.Name.StartsWith(Scopes[0], StringComparison.Ordinal)) ? Scopes[1] : Scopes[0];
        var builder = new OnnxGraphBuilder("tail");
        var (best, keys) = isOfCandidates
            ? chosen.ChooseOfCandidates(builder, scope, new OnnxValue(scores), new OnnxValue(CastOf(model, NextItemGraph.CandidatesInput)), new OnnxValue(seenItems))
            : chosen.Choose(builder, scope, new OnnxValue(scores), new OnnxValue(seenItems), itemCount);
        var tail = ModelProto.Parser.ParseFrom(builder.ToModel()).Graph;

        int at = nodes.IndexOf(nodes.First(node => node.Output.Contains(oldKeys) || node.Output.Contains(oldBest)));
        for (int i = 0; i < tail.Node.Count; i++)
            nodes.Insert(at + i, tail.Node[i]);
        model.Graph.Initializer.AddRange(tail.Initializer);
        model.Graph.ValueInfo.AddRange(tail.ValueInfo.Where(value => model.Graph.ValueInfo.All(other => other.Name != value.Name)));
        foreach (var input in model.Graph.Input.Where(input => AllChosenInputs.Contains(input.Name)).ToArray())
            model.Graph.Input.Remove(input);
        model.Graph.Input.AddRange(tail.Input);
        foreach (var node in nodes.Where(node => !tail.Node.Contains(node)))
        {
            for (int i = 0; i < node.Input.Count; i++)
                node.Input[i] = node.Input[i] == oldKeys ? keys.Name : node.Input[i] == oldBest ? best.Name : node.Input[i];
        }

        foreach (var output in model.Graph.Output.Where(output => output.Type.TensorType.Shape.Dim[1].DimParam != NextItemGraph.CandidateCount))
            output.Type.TensorType.Shape.Dim[1].DimValue = chosen.TopK;
        if (isOfCandidates)
            Note(model, ComparesSeenMetadata, chosen.ExcludeSeenItems ? "1" : "0");
        DropUnused(model.Graph);
        return model.ToByteArray();
    }

    private void AddOutputs(OnnxGraphBuilder graph, OnnxValue best, OnnxValue keys)
    {
        graph.Output(NextItemGraph.RecommendedItemsOutput, graph.Cast(keys, DataType.Uint32), DataType.Uint32, NextItemGraph.Batch, (long)TopK);
        graph.Output(NextItemGraph.ScoresOutput, best, DataType.Float, NextItemGraph.Batch, (long)TopK);
    }

    private (OnnxValue Best, OnnxValue Keys) Choose(OnnxGraphBuilder graph, string scope, OnnxValue scores, OnnxValue seenItems, int itemCount)
    {
        // ONNX Runtime marks in place what it knows to keep its shape, and so pays for what is marked alone
        graph.Describe(scores, DataType.Float, NextItemGraph.Batch, itemCount + 1L);
        graph.Scope = $"{scope}seen";
        var least = graph.Scalar(float.NegativeInfinity);
        // padding stands last in each row of what was seen
        scores = Mark(scores, ExcludeSeenItems ? seenItems : graph.Slice(seenItems, 1, -1, long.MaxValue), float.NegativeInfinity);
        if (Has(NextItemGraph.BlockedInput))
            scores = Mark(scores, Chosen(graph, NextItemGraph.BlockedInput, NextItemGraph.BlockedCount), float.NegativeInfinity);
        if (Has(NextItemGraph.AllowedInput))
        {
            var marks = Mark(graph.Full(graph.Shape(scores), 0), Chosen(graph, NextItemGraph.AllowedInput, NextItemGraph.AllowedCount), 1);
            scores = graph.Where(graph.Greater(marks, graph.Scalar(0f)), scores, least);
        }

        if (IsAllowed is { } isAllowed)
            scores = graph.Add(scores, Mask(graph, isAllowed));
        scores = FromMinimum(graph, scores);
        graph.Scope = $"{scope}top";
        long available = Math.Min(TopK, itemCount + 1L);
        var (best, indices) = graph.TopK(scores, graph.Int64(available));
        var keys = graph.Where(graph.Greater(best, least), indices, graph.Scalar(0L));
        return TopK == available ? (best, keys)
            : (graph.PadColumns(best, TopK - available, least), graph.PadColumns(keys, TopK - available, graph.Scalar(0L)));

        OnnxValue Mark(OnnxValue values, OnnxValue items, float mark) => graph.ScatterAdd(values, items, graph.Full(graph.Shape(items), mark), axis: 1);
    }

    private (OnnxValue Best, OnnxValue Keys) ChooseOfCandidates(OnnxGraphBuilder graph, string scope, OnnxValue scores, OnnxValue candidates, OnnxValue? seenItems)
    {
        graph.Scope = $"{scope}seen";
        var least = graph.Scalar(float.NegativeInfinity);
        if (ExcludeSeenItems)
            scores = graph.Where(IsAmong(seenItems!.Value), least, scores);
        if (Has(NextItemGraph.BlockedInput))
            scores = graph.Where(IsAmong(Chosen(graph, NextItemGraph.BlockedInput, NextItemGraph.BlockedCount)), least, scores);
        if (Has(NextItemGraph.AllowedInput))
            scores = graph.Where(IsAmong(Chosen(graph, NextItemGraph.AllowedInput, NextItemGraph.AllowedCount)), scores, least);
        if (IsAllowed is { } isAllowed)
            scores = graph.Add(scores, graph.Gather(Mask(graph, isAllowed), candidates));
        scores = FromMinimum(graph, scores);
        graph.Scope = $"{scope}top";
        // k columns more, so that there are k however few the candidates
        var (best, places) = graph.TopK(graph.PadColumns(scores, TopK, least), graph.Int64(TopK));
        var keys = graph.GatherElements(graph.PadColumns(candidates, TopK, graph.Scalar(0L)), places, axis: 1);
        return (best, graph.Where(graph.Greater(best, least), keys, graph.Scalar(0L)));

        // Boolean [b, c]
        OnnxValue IsAmong(OnnxValue items)
        {
            var isSame = graph.EqualTo(graph.Unsqueeze(candidates, 2), graph.Unsqueeze(items, 1)); // [b, c, n]
            return graph.Greater(graph.Squeeze(graph.ReduceMaximum(graph.Cast(isSame, DataType.Float), 2), 2), graph.Scalar(0f));
        }
    }

    private bool Has(string input) => ChosenInputs?.Contains(input) == true;

    // Int64 [b, n + 1]: never empty, since padding is no item
    private static OnnxValue Chosen(OnnxGraphBuilder graph, string input, string count)
        => graph.PadOneColumn(graph.Cast(graph.Input(input, DataType.Uint32, NextItemGraph.Batch, count), DataType.Int64));

    private static OnnxValue Mask(OnnxGraphBuilder graph, bool[] isAllowed)
        => graph.Constant(Array.ConvertAll(isAllowed, allowed => allowed ? 0 : float.NegativeInfinity), isAllowed.Length);

    private OnnxValue FromMinimum(OnnxGraphBuilder graph, OnnxValue scores)
        => MinimumScore is { } minimum ? graph.Where(graph.Greater(graph.Scalar(minimum), scores), graph.Scalar(float.NegativeInfinity), scores) : scores;

    /// <summary>The values that a tail begins with, which graphs of former versions do not tell: there the scores are what the one TopK behind the network reads, or what is scattered upon for it.</summary>
    private static (string Scores, string SeenItems) Begin(ModelProto model)
    {
        if (OnnxGraphBuilder.Metadata(model, ScoresMetadata) is { } scores && OnnxGraphBuilder.Metadata(model, SeenItemsMetadata) is { } seenItems)
            return (scores, seenItems);
        var nodes = model.Graph.Node;
        var top = nodes.Last(node => node.OpType == "TopK" && node.Name.StartsWith("top/", StringComparison.Ordinal));
        var scatter = nodes.FirstOrDefault(node => node.Output.Contains(top.Input[0]) && node.OpType == "ScatterElements");
        string seen = SeenItems(model);
        Note(model, ScoresMetadata, scatter?.Input[0] ?? top.Input[0]);
        Note(model, SeenItemsMetadata, seen);
        Note(model, ExcludesSeenMetadata, scatter is null ? "0" : "1");
        NoteTopK(model);
        return (scatter?.Input[0] ?? top.Input[0], seen);
    }

    // what a model gives of candidates stays as it is, whatever is recommended of them
    private static (string Scores, string SeenItems) BeginOfCandidates(ModelProto model)
    {
        if (OnnxGraphBuilder.Metadata(model, TopKMetadata) is null)
            NoteTopK(model);
        return (InputOf(model, OnnxGraphBuilder.OutputPrefix + NextItemGraph.CandidateScoresOutput), SeenItems(model));
    }

    private static string SeenItems(ModelProto model)
    {
        string items = CastOf(model, NextItemGraph.ItemsInput);
        return model.Graph.Node.First(node => node.OpType == "Pad" && node.Input[0] == items).Output[0];
    }

    private static string CastOf(ModelProto model, string input) => model.Graph.Node.First(node => node.OpType == "Cast" && node.Input[0] == input).Output[0];

    private static void NoteTopK(ModelProto model)
    {
        long topK = model.Graph.Output.First(output => output.Name == NextItemGraph.ScoresOutput).Type.TensorType.Shape.Dim[1].DimValue;
        Note(model, TopKMetadata, topK.ToString(CultureInfo.InvariantCulture));
    }

    // what the node of that name, or the one that gives that value, reads
    private static string InputOf(ModelProto model, string nodeOrValue)
        => model.Graph.Node.First(node => node.Name == nodeOrValue || node.Output.Contains(nodeOrValue)).Input[0];

    private static void Note(ModelProto model, string key, string value) => model.MetadataProps.Add(new StringStringEntryProto { Key = key, Value = value });

    // nodes of the former tail, and constants of theirs
    private static void DropUnused(GraphProto graph)
    {
        var read = graph.Output.Select(output => output.Name).ToHashSet();
        for (int i = graph.Node.Count - 1; i >= 0; i--)
        {
            var node = graph.Node[i];
            if (!node.Output.Any(read.Contains))
            {
                graph.Node.RemoveAt(i);
                continue;
            }

            read.UnionWith(node.Input);
            foreach (var body in node.Attribute.Select(attribute => attribute.G).OfType<GraphProto>())
                read.UnionWith(body.Node.SelectMany(inner => inner.Input));
        }

        foreach (var initializer in graph.Initializer.Where(initializer => !read.Contains(initializer.Name)).ToArray())
            graph.Initializer.Remove(initializer);
    }
}
