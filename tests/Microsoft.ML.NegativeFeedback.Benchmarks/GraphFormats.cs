using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>Forms of an exported graph that keep its inputs and outputs: each is a function of the model, and the latency table measures it by its name.</summary>
internal static class GraphFormats
{
    private const string MicrosoftDomain = "com.microsoft";

    public static readonly IReadOnlyDictionary<string, Func<ModelProto, ModelProto>> All = new Dictionary<string, Func<ModelProto, ModelProto>>
    {
        ["fp32"] = model => model,
        ["fp16"] = model =>
        {
            var half = model.Clone();
            HalfWeights.PutInto(half);
            return half;
        },
        ["int8"] = WithInt8Items,
    };

    /// <summary>
    /// The table of items in eight bits, each item with a scale of its own: looked up and scaled where a history is read; multiplied as integers with the state, which is brought to eight bits
    /// row by row, where the catalogue is scored. The operator MatMulIntegerToFloat is ONNX Runtime's own.
    /// </summary>
    private static ModelProto WithInt8Items(ModelProto model)
    {
        var graph = model.Graph;
        string table = OnnxGraphBuilder.Metadata(model, ItemVectors.TableMetadata)!;
        var weights = graph.Initializer.Single(initializer => initializer.Name == table);
        int width = int.Parse(OnnxGraphBuilder.Metadata(model, ItemVectors.WidthMetadata)!, System.Globalization.CultureInfo.InvariantCulture);
        if (weights.Dims[1] != width + 1)
            throw new NotSupportedException("int8 is written for networks whose score is one product of a state with the items' vectors.");
        Quantize(graph, weights, width);
        graph.Initializer.Remove(weights);
        for (int i = graph.Node.Count - 1; i >= 0; i--)
        {
            var node = graph.Node[i];
            if (!node.Input.Contains(table))
                continue;
            graph.Node.RemoveAt(i);
            var nodes = node.OpType switch
            {
                "Gather" => Lookup(node),
                "Gemm" => Product(node),
                _ => throw new NotSupportedException($"{node.OpType} reads the table of items."),
            };
            foreach (var replacement in nodes.Reverse())
                graph.Node.Insert(i, replacement);
        }

        model.OpsetImport.Add(new OperatorSetIdProto { Domain = MicrosoftDomain, Version = 1 });
        return model;
    }

    private static void Quantize(GraphProto graph, TensorProto weights, int width)
    {
        int rows = (int)weights.Dims[0];
        var values = Singles(weights);
        var (byRow, byColumn, scales, popularity) = (new sbyte[rows * width], new sbyte[rows * width], new float[rows], new float[rows]);
        for (int row = 0; row < rows; row++)
        {
            var vector = values.Slice(row * (width + 1), width);
            float largest = 0;
            foreach (float value in vector)
                largest = Math.Max(largest, Math.Abs(value));
            (scales[row], popularity[row]) = (largest == 0 ? 1 : largest / sbyte.MaxValue, values[(row * (width + 1)) + width]);
            for (int i = 0; i < width; i++)
                byRow[(row * width) + i] = byColumn[((long)i * rows) + row] = (sbyte)MathF.Round(vector[i] / scales[row]);
        }

        Add("byRow", DataType.Int8, MemoryMarshal.AsBytes<sbyte>(byRow), rows, width);
        Add("byColumn", DataType.Int8, MemoryMarshal.AsBytes<sbyte>(byColumn), width, rows);
        Add("scales", DataType.Float, MemoryMarshal.AsBytes<float>(scales), rows);
        Add("popularity", DataType.Float, MemoryMarshal.AsBytes<float>(popularity), rows);
        Add("center", DataType.Uint8, [128]);
        Add("centerAsSingle", DataType.Float, MemoryMarshal.AsBytes<float>([128]));
        Add("steps", DataType.Float, MemoryMarshal.AsBytes<float>([127]));
        Add("least", DataType.Float, MemoryMarshal.AsBytes<float>([1e-30f]));
        Add("one", DataType.Float, MemoryMarshal.AsBytes<float>([1]));
        Add("half", DataType.Float, MemoryMarshal.AsBytes<float>([0.5f]));
        Add("start", DataType.Int64, MemoryMarshal.AsBytes<long>([0]), 1);
        Add("width", DataType.Int64, MemoryMarshal.AsBytes<long>([width]), 1);
        Add("end", DataType.Int64, MemoryMarshal.AsBytes<long>([long.MaxValue]), 1);
        Add("lastAxis", DataType.Int64, MemoryMarshal.AsBytes<long>([-1]), 1);
        Add("oneColumn", DataType.Int64, MemoryMarshal.AsBytes<long>([0, 0, 0, 0, 0, 1]), 6);

        void Add(string name, DataType type, ReadOnlySpan<byte> bytes, params ReadOnlySpan<long> shape)
        {
            var constant = new TensorProto { Name = "int8/" + name, DataType = (int)type, RawData = ByteString.CopyFrom(bytes) };
            foreach (long size in shape)
                constant.Dims.Add(size);
            graph.Initializer.Add(constant);
        }
    }

    // [b, w] items → [b, w, d + 1], with 0 in the place of popularity, which is cut off behind
    private static NodeProto[] Lookup(NodeProto gather)
    {
        string to = gather.Output[0], items = gather.Input[1];
        return
        [
            Node("Gather", "", ["int8/byRow", items], to + "/rows"),
            Cast(to + "/rows", DataType.Float, to + "/values"),
            Node("Gather", "", ["int8/scales", items], to + "/scale"),
            Node("Unsqueeze", "", [to + "/scale", "int8/lastAxis"], to + "/scales"),
            Node("Mul", "", [to + "/values", to + "/scales"], to + "/vectors"),
            Node("Pad", "", [to + "/vectors", "int8/oneColumn"], to),
        ];
    }

    // [b, d + 1], the state and whether the history is empty → [b, N + 1]
    private static NodeProto[] Product(NodeProto gemm)
    {
        string to = gemm.Output[0], state = gemm.Input[0];
        return
        [
            Node("Slice", "", [state, "int8/start", "int8/width", "int8/lastAxis"], to + "/state"),
            Node("Slice", "", [state, "int8/width", "int8/end", "int8/lastAxis"], to + "/empty"),
            Node("Greater", "", [to + "/empty", "int8/half"], to + "/isEmpty"),
            Node("Abs", "", [to + "/state"], to + "/sizes"),
            Node("ReduceMax", "", [to + "/sizes"], to + "/largest", new AttributeProto { Name = "axes", Type = AttributeProto.Types.AttributeType.Ints, Ints = { 1 } }),
            Node("Max", "", [to + "/largest", "int8/least"], to + "/size"),
            Node("Div", "", [to + "/size", "int8/steps"], to + "/step"),
            Node("Div", "", [to + "/state", to + "/step"], to + "/scaled"),
            Node("Round", "", [to + "/scaled"], to + "/rounded"),
            Node("Add", "", [to + "/rounded", "int8/centerAsSingle"], to + "/centered"),
            Cast(to + "/centered", DataType.Uint8, to + "/bytes"),
            Node("MatMulIntegerToFloat", MicrosoftDomain, [to + "/bytes", "int8/byColumn", "int8/one", "int8/scales", "int8/center"], to + "/products"),
            Node("Mul", "", [to + "/products", to + "/step"], to + "/scores"),
            Node("Where", "", [to + "/isEmpty", "int8/popularity", to + "/scores"], to),
        ];
    }

    private static NodeProto Cast(string from, DataType type, string to)
        => Node("Cast", "", [from], to, new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (long)type });

    private static NodeProto Node(string operatorType, string domain, string[] inputs, string output, params AttributeProto[] attributes)
        => new() { OpType = operatorType, Domain = domain, Name = "format/" + output, Input = { inputs }, Output = { output }, Attribute = { attributes } };

    private static ReadOnlySpan<float> Singles(TensorProto weights) => MemoryMarshal.Cast<byte, float>(weights.RawData.Span);
}
