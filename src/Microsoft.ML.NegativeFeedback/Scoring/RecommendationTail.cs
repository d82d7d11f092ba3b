using System.Globalization;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>What is recommended of a catalogue's scores.</summary>
/// <param name="TopK">k.</param>
/// <param name="ExcludeSeenItems">Whether the items of the history are left out.</param>
/// <param name="HasBlockedItems">Whether rows have items that are not to be recommended to them.</param>
/// <param name="MinimumScore">What a score must be at least, or null.</param>
/// <param name="IsAllowed">[N + 1]: which items may be recommended; null for all.</param>
internal sealed record RecommendationTail(int TopK, bool ExcludeSeenItems, bool HasBlockedItems = false, float? MinimumScore = null, bool[]? IsAllowed = null)
{
    /// <summary>Metadata of the model: the values that the tail begins with, and what it did when the model was trained.</summary>
    private const string ScoresMetadata = "catalogue_scores", SeenItemsMetadata = "seen_items", ExcludesSeenMetadata = "excludes_seen_items", TopKMetadata = "top_k";

    // before the names of the values of a tail that was put in the place of another: by turns, so that no tail has those of the one that it replaces
    private static readonly string[] Scopes = ["chosen/", "chosen anew/"];

    /// <summary>Adds a graph's tail: its outputs of recommended items and scores.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="scores">The scores [b, N + 1], −∞ for padding.</param>
    /// <param name="seenItems">The items of the history, Int64 [b, t + 1], 0 for none.</param>
    /// <param name="itemCount">N.</param>
    /// <returns>The keys, Int64 [b, k].</returns>
    public OnnxValue Append(OnnxGraphBuilder graph, OnnxValue scores, OnnxValue seenItems, int itemCount)
    {
        graph.Metadata(ScoresMetadata, scores.Name);
        graph.Metadata(SeenItemsMetadata, seenItems.Name);
        graph.Metadata(ExcludesSeenMetadata, ExcludeSeenItems ? 1 : 0);
        graph.Metadata(TopKMetadata, TopK);
        var (best, keys) = Choose(graph, "", scores, seenItems, itemCount);
        graph.Output(NextItemGraph.RecommendedItemsOutput, graph.Cast(keys, DataType.Uint32), DataType.Uint32, NextItemGraph.Batch, (long)TopK);
        graph.Output(NextItemGraph.ScoresOutput, best, DataType.Float, NextItemGraph.Batch, (long)TopK);
        return keys;
    }

    /// <summary>A graph, of this version or a former one, with another tail in the place of its own.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="itemCount">N.</param>
    /// <param name="choose">The tail that the graph was trained with → another.</param>
    /// <exception cref="ArgumentException">The graph ranks given candidates.</exception>
    public static byte[] Replace(byte[] graph, int itemCount, Func<RecommendationTail, RecommendationTail> choose)
    {
        var model = ModelProto.Parser.ParseFrom(graph);
        var nodes = model.Graph.Node;
        var (scores, seenItems) = Begin(model);
        int topK = int.Parse(OnnxGraphBuilder.Metadata(model, TopKMetadata)!, CultureInfo.InvariantCulture);
        var chosen = choose(new RecommendationTail(topK, OnnxGraphBuilder.Metadata(model, ExcludesSeenMetadata) == "1"));
        string oldKeys = InputOf(model, InputOf(model, OnnxGraphBuilder.OutputPrefix + NextItemGraph.RecommendedItemsOutput));
        string oldBest = InputOf(model, OnnxGraphBuilder.OutputPrefix + NextItemGraph.ScoresOutput);
        // the names of one tail that was chosen before may still be there
        string scope = nodes.Any(node => node.Name.StartsWith(Scopes[0], StringComparison.Ordinal)) ? Scopes[1] : Scopes[0];
        var builder = new OnnxGraphBuilder("tail");
        var (best, keys) = chosen.Choose(builder, scope, new OnnxValue(scores), new OnnxValue(seenItems), itemCount);
        var tail = ModelProto.Parser.ParseFrom(builder.ToModel()).Graph;

        int at = nodes.IndexOf(nodes.First(node => node.Output.Contains(oldKeys) || node.Output.Contains(oldBest)));
        for (int i = 0; i < tail.Node.Count; i++)
            nodes.Insert(at + i, tail.Node[i]);
        model.Graph.Initializer.AddRange(tail.Initializer);
        foreach (var input in model.Graph.Input.Where(input => input.Name == NextItemGraph.BlockedInput).ToArray())
            model.Graph.Input.Remove(input);
        model.Graph.Input.AddRange(tail.Input);
        foreach (var node in nodes.Where(node => !tail.Node.Contains(node)))
        {
            for (int i = 0; i < node.Input.Count; i++)
                node.Input[i] = node.Input[i] == oldKeys ? keys.Name : node.Input[i] == oldBest ? best.Name : node.Input[i];
        }

        foreach (var output in model.Graph.Output)
            output.Type.TensorType.Shape.Dim[1].DimValue = chosen.TopK;
        DropUnused(model.Graph);
        return model.ToByteArray();
    }

    private (OnnxValue Best, OnnxValue Keys) Choose(OnnxGraphBuilder graph, string scope, OnnxValue scores, OnnxValue seenItems, int itemCount)
    {
        graph.Scope = $"{scope}seen";
        if (ExcludeSeenItems)
            scores = Without(scores, seenItems);
        if (HasBlockedItems)
            scores = Without(scores, graph.PadOneColumn(graph.Cast(graph.Input(NextItemGraph.BlockedInput, DataType.Uint32, NextItemGraph.Batch, NextItemGraph.BlockedCount), DataType.Int64)));
        var least = graph.Scalar(float.NegativeInfinity);
        if (IsAllowed is { } isAllowed)
            scores = graph.Add(scores, graph.Constant(Array.ConvertAll(isAllowed, allowed => allowed ? 0 : float.NegativeInfinity), isAllowed.Length));
        if (MinimumScore is { } minimum)
            scores = graph.Where(graph.Greater(graph.Scalar(minimum), scores), least, scores);
        graph.Scope = $"{scope}top";
        long available = Math.Min(TopK, itemCount + 1L);
        var (best, indices) = graph.TopK(scores, graph.Int64(available));
        var keys = graph.Where(graph.Greater(best, least), indices, graph.Scalar(0L));
        return TopK == available ? (best, keys)
            : (graph.PadColumns(best, TopK - available, least), graph.PadColumns(keys, TopK - available, graph.Scalar(0L)));

        OnnxValue Without(OnnxValue values, OnnxValue items) => graph.ScatterAdd(values, items, graph.Full(graph.Shape(items), float.NegativeInfinity), axis: 1);
    }

    /// <summary>The values that a tail begins with, which graphs of former versions do not tell: there the scores are what the one TopK behind the network reads, or what is scattered upon for it.</summary>
    private static (string Scores, string SeenItems) Begin(ModelProto model)
    {
        if (OnnxGraphBuilder.Metadata(model, ScoresMetadata) is { } scores && OnnxGraphBuilder.Metadata(model, SeenItemsMetadata) is { } seenItems)
            return (scores, seenItems);
        var nodes = model.Graph.Node;
        if (model.Graph.Input.Any(input => input.Name == NextItemGraph.CandidatesInput)
            || nodes.LastOrDefault(node => node.OpType == "TopK" && node.Name.StartsWith("top/", StringComparison.Ordinal)) is not { } top)
        {
            throw new ArgumentException("The model ranks given candidates, of which each row has its own: what is recommended of a catalogue cannot be chosen.");
        }

        var scatter = nodes.FirstOrDefault(node => node.Output.Contains(top.Input[0]) && node.OpType == "ScatterElements");
        var cast = nodes.First(node => node.OpType == "Cast" && node.Input[0] == NextItemGraph.ItemsInput);
        string seen = nodes.First(node => node.OpType == "Pad" && node.Input[0] == cast.Output[0]).Output[0];
        Note(model, ScoresMetadata, scatter?.Input[0] ?? top.Input[0]);
        Note(model, SeenItemsMetadata, seen);
        Note(model, ExcludesSeenMetadata, scatter is null ? "0" : "1");
        long topK = model.Graph.Output.First(output => output.Name == NextItemGraph.ScoresOutput).Type.TensorType.Shape.Dim[1].DimValue;
        Note(model, TopKMetadata, topK.ToString(CultureInfo.InvariantCulture));
        return (scatter?.Input[0] ?? top.Input[0], seen);
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
