using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// A graph with its weights in Float16 and a Cast behind each: half of the file. ONNX Runtime casts them once, when it opens the session, and computes in Single as before, on every device; so
/// that what differs is the rounding of the weights alone. How often items were met, by which a history with nothing to read is answered, stays exact.
/// </summary>
internal static class HalfWeights
{
    /// <summary>Gives a graph weights of eleven bits.</summary>
    public static void PutInto(ModelProto model)
    {
        foreach (var weights in model.Graph.Initializer.Where(GraphWeights.IsOfParameter).ToArray())
            Insert(model.Graph, weights.Name, Store(model.Graph, weights, (int)weights.Dims[^1]));
        if (OnnxGraphBuilder.Metadata(model, ItemVectors.TableMetadata) is { } name
            && model.Graph.Initializer.FirstOrDefault(initializer => initializer.Name == name && initializer.DataType == (int)DataType.Float) is { } table)
        {
            SplitItems(model.Graph, table, int.Parse(OnnxGraphBuilder.Metadata(model, ItemVectors.WidthMetadata)!, CultureInfo.InvariantCulture));
        }

    }

    // [N + 1, d + 1]: the items' vectors, and behind them their popularity
    private static void SplitItems(GraphProto graph, TensorProto table, int width)
    {
        int columns = (int)table.Dims[1], rows = (int)table.Dims[0];
        var popularity = new float[rows * (columns - width)];
        var values = MemoryMarshal.Cast<byte, float>(table.RawData.Span);
        for (int row = 0; row < rows; row++)
            values[((row * columns) + width)..((row + 1) * columns)].CopyTo(popularity.AsSpan(row * (columns - width)));
        string counts = table.Name + "/popularity";
        graph.Initializer.Add(new TensorProto
        {
            Name = counts,
            DataType = (int)DataType.Float,
            Dims = { rows, columns - width },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<float>(popularity)),
        });
        string name = table.Name, vectors = name + "/vectors";
        graph.Node.Insert(0, new NodeProto
        {
            OpType = "Concat",
            Name = name,
            Input = { vectors, counts },
            Output = { name },
            Attribute = { new AttributeProto { Name = "axis", Type = AttributeProto.Types.AttributeType.Int, I = 1 } },
        });
        Insert(graph, vectors, Store(graph, table, width));
    }

    // the first columns of a constant in its place, as Float16
    private static string Store(GraphProto graph, TensorProto weights, int columns)
    {
        var values = MemoryMarshal.Cast<byte, float>(weights.RawData.Span);
        int stride = (int)weights.Dims[^1];
        var halves = new Half[values.Length / stride * columns];
        for (int i = 0; i < halves.Length; i++)
        {
            float value = values[(i / columns * stride) + (i % columns)];
            // a weight beyond what Float16 holds is the largest that it does
            halves[i] = float.IsFinite(value) ? Half.Clamp((Half)value, Half.MinValue, Half.MaxValue) : (Half)value;
        }

        graph.Initializer.Remove(weights);
        var stored = new TensorProto { Name = weights.Name + "/half", DataType = (int)DataType.Float16, RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<Half>(halves)) };
        stored.Dims.AddRange(weights.Dims.SkipLast(1).Append(columns));
        graph.Initializer.Add(stored);
        return stored.Name;
    }

    private static void Insert(GraphProto graph, string name, string stored) => graph.Node.Insert(0, new NodeProto
    {
        OpType = "Cast",
        Name = name,
        Input = { stored },
        Output = { name },
        Attribute = { new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (long)DataType.Float } },
    });
}
