using System.Runtime.InteropServices;
using System.Text.Json;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// A network's weights in its graph, where a later training finds them: those that scoring uses are constants by the parameters' names, the others, which no node may be without a use
/// for, stand in the metadata.
/// </summary>
internal static class GraphWeights
{
    private const string Prefix = "weights/", KeysPrefix = Prefix + "keys/", OrderKey = Prefix + "order of features";

    /// <summary>The name of the constant of a parameter.</summary>
    public static string Name(NetworkParameter parameter) => Prefix + parameter.Name;

    /// <summary>Whether a constant has the values of a parameter.</summary>
    public static bool IsOfParameter(TensorProto constant) => constant.Name.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>How many keys a feature has, out of its embeddings; 0 where the input is none with keys.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="input">The input: called as the feature, or as what is known of the question.</param>
    public static ulong KeyCountOf(GraphProto graph, string input)
    {
        var table = OfFeature(input, feature => graph.Initializer.FirstOrDefault(constant => constant.Name == Prefix + FeatureEmbedding.TableName(feature)));
        return table is null ? 0 : (ulong)table.Dims[0] - 1;
    }

    /// <summary>Of a feature with keys, what makes the hash of the values behind those that the model learned; null where the graph does not say.</summary>
    /// <param name="model">The graph.</param>
    /// <param name="input">As for <see cref="KeyCountOf"/>.</param>
    public static Func<string>? KeysHashOf(ModelProto model, string input)
    {
        string? hash = OfFeature(input, feature => OnnxGraphBuilder.Metadata(model, KeysPrefix + feature));
        return hash is null ? null : () => hash;
    }

    /// <summary>Notes what scoring did not use.</summary>
    public static void NoteOthers(OnnxGraphBuilder graph, NetworkWeights weights)
    {
        foreach (var parameter in weights.Network.Parameters.Where(parameter => parameter != weights.Network.Items && !graph.HasConstant(Name(parameter))))
            graph.Metadata(Name(parameter), Convert.ToBase64String(MemoryMarshal.AsBytes(weights.Values[parameter.Name].AsSpan())));
        foreach (var (feature, hash) in weights.Network.KeysOfFeatures)
            graph.Metadata(KeysPrefix + feature, hash);
        if (weights.Network.OrderOfFeatures is { Count: > 0 } order)
            graph.Metadata(OrderKey, JsonSerializer.Serialize(order));
    }

    /// <summary>The graph without what scoring does not use, for those who score alone.</summary>
    public static ModelProto WithoutOthers(byte[] graph)
    {
        var model = ModelProto.Parser.ParseFrom(graph);
        foreach (var property in model.MetadataProps.Where(property => property.Key.StartsWith(Prefix, StringComparison.Ordinal)).ToArray())
            model.MetadataProps.Remove(property);
        return model;
    }

    /// <summary>Reads the weights of a network out of a graph of another with other items.</summary>
    /// <exception cref="ArgumentException">It is the graph of another network, of one whose features had other keys, or of a version that did not name weights.</exception>
    public static Dictionary<string, float[]> Read(byte[] graph, Network network)
    {
        var model = ModelProto.Parser.ParseFrom(graph);
        var constants = model.Graph.Initializer.Where(IsOfParameter).ToDictionary(constant => constant.Name);
        if (constants.Count == 0)
            throw new ArgumentException("The former model has no weights to begin with: it was saved by a version of this library that did not name them, or it is one of similar items. Train it again.");
        foreach (var (feature, hash) in network.KeysOfFeatures)
        {
            if (OnnxGraphBuilder.Metadata(model, KeysPrefix + feature) is { } former && former != hash)
            {
                throw new ArgumentException($"Feature '{feature}' has other values behind its keys than the former model was trained on, so that each would begin with what was learned of another. "
                    + "Map it with the same fitted MapValueToKey as then, or always with the same keyData.");
            }
        }

        if (OnnxGraphBuilder.Metadata(model, OrderKey) is { } formerOrder && formerOrder != JsonSerializer.Serialize(network.OrderOfFeatures))
        {
            throw new ArgumentException($"The former model was trained with the features {formerOrder}, in this order, and this one has {JsonSerializer.Serialize(network.OrderOfFeatures)}: their weights stand "
                + "behind each other. Name the same ones in the same order.");
        }

        var (width, items) = ItemVectors.Read(graph);
        if (width != network.Settings.Width)
            throw Unlike($"its items' vectors have {width} values, those of the model to train {network.Settings.Width}");
        var weights = new Dictionary<string, float[]> { [network.Items.Name] = items };
        foreach (var parameter in network.Parameters.Where(parameter => parameter != network.Items))
        {
            string name = Name(parameter);
            float[] values = constants.TryGetValue(name, out var constant) ? MemoryMarshal.Cast<byte, float>(constant.RawData.Span).ToArray()
                : OnnxGraphBuilder.Metadata(model, name) is { } text ? MemoryMarshal.Cast<byte, float>(Convert.FromBase64String(text)).ToArray()
                : throw Unlike($"it has no '{parameter.Name}'");
            if (values.Length != parameter.Length || (constant is not null && !constant.Dims.Select(size => (int)size).SequenceEqual(parameter.Shape)))
                throw Unlike($"its '{parameter.Name}' has {values.Length} values, that of the model to train {parameter.Length} [{string.Join(", ", parameter.Shape)}]");
            weights.Add(parameter.Name, values);
        }

        return weights;
    }

    // an input is called as its feature, or as what is known of the question
    private static T? OfFeature<T>(string input, Func<string, T?> find)
        where T : class
    {
        string ofQuestion = NetworkInput.QuestionNameOf("");
        return find(input) ?? (input.StartsWith(ofQuestion, StringComparison.Ordinal) ? find(input[ofQuestion.Length..]) : null);
    }

    private static ArgumentException Unlike(string what) => new($"The former model is of another network: {what}. Training can begin with the weights of a model of the same trainer with the "
        + "same width, length, blocks and heads, the same number of sub-interests and experts, and the same features.");
}
