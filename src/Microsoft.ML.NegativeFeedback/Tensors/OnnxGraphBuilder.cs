using System.Globalization;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>A tensor of a graph under construction: an input, a constant, or what a node gives.</summary>
internal readonly record struct OnnxValue(string Name);

/// <summary>One dimension of an input or output: a size, or the name of one that is known only when the graph runs.</summary>
internal readonly record struct OnnxDimension(long? Size, string? Name)
{
    public static implicit operator OnnxDimension(long size) => new(size, null);

    public static implicit operator OnnxDimension(string name) => new(null, name);
}

/// <summary>
/// Writes an ONNX graph, node by node, with ONNX's own messages. Nodes come in the order in which they are added, which is the
/// topological one; the names of inner values are unique and hold a slash, so that no input or output is called the same.
/// </summary>
internal sealed partial class OnnxGraphBuilder(string name)
{
    /// <summary>The operator set that the nodes belong to.</summary>
    public const int OperatorSetVersion = 17;

    /// <summary>The version of the format, that of ONNX 1.12, in which operator set 17 appeared.</summary>
    public const int FormatVersion = 8;

    /// <summary>Before the name of an output stands this in that of the node that gives it.</summary>
    public const string OutputPrefix = "output/";

    /// <summary>A protobuf message ends at 2 GiB; the margin is for everything but the constants.</summary>
    public const long MaximumConstantBytes = int.MaxValue - (16L << 20);

    private readonly GraphProto _graph = new() { Name = name };
    private readonly List<StringStringEntryProto> _metadata = [];
    private readonly Dictionary<string, OnnxValue> _smallConstants = [];
    private GraphProto? _body;
    private long _constantBytes;
    private int _valueCount;

    /// <summary>The first part of the names that are given from here on: the part of the network that the nodes belong to.</summary>
    public string Scope { get; set; } = name;

    /// <summary>An input of the graph.</summary>
    public OnnxValue Input(string inputName, DataType type, params ReadOnlySpan<OnnxDimension> shape)
    {
        _graph.Input.Add(Describe(inputName, type, shape));
        return new OnnxValue(inputName);
    }

    /// <summary>
    /// Makes a value an output of the graph. The name must not hold a dot, which ML.NET's schema propagation cannot take.
    /// </summary>
    public void Output(string outputName, OnnxValue value, DataType type, params ReadOnlySpan<OnnxDimension> shape)
    {
        if (outputName.Contains('.') || outputName.Contains('/'))
            throw new ArgumentException($"'{outputName}' is no name for an output: it holds a dot or a slash.", nameof(outputName));
        _graph.Node.Add(new NodeProto
        {
            OpType = "Identity",
            Name = OutputPrefix + outputName,
            Input = { value.Name },
            Output = { outputName },
        });
        _graph.Output.Add(Describe(outputName, type, shape));
    }

    /// <summary>
    /// Says a value's type and shape, which whoever runs the graph need not find out. A node may write over a value that it alone reads only where both have the same shape for certain, and a size that
    /// is known only when the graph runs is lost on the way through some operators.
    /// </summary>
    public void Describe(OnnxValue value, DataType type, params ReadOnlySpan<OnnxDimension> shape) => _graph.ValueInfo.Add(Describe(value.Name, type, shape));

    /// <summary>A constant of Single; <paramref name="shape"/> is empty for a scalar.</summary>
    /// <exception cref="ArgumentException">The number of values is not that of the shape.</exception>
    /// <exception cref="InvalidOperationException">The constants of the graph pass the 2 GiB that an ONNX file can hold.</exception>
    public OnnxValue Constant(ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        // first, since so many values have no span of bytes
        Reserve(values.Length * (long)sizeof(float));
        return AddConstant(MemoryMarshal.AsBytes(values), DataType.Float, values.Length, shape);
    }

    /// <summary>A constant of Int64; <paramref name="shape"/> is empty for a scalar.</summary>
    /// <exception cref="ArgumentException">The number of values is not that of the shape.</exception>
    /// <exception cref="InvalidOperationException">The constants of the graph pass the 2 GiB that an ONNX file can hold.</exception>
    public OnnxValue Constant(ReadOnlySpan<long> values, params ReadOnlySpan<long> shape) => AddConstant(values, shape);

    /// <summary>A constant of Single by a name of its own, under which whoever has the file finds it.</summary>
    /// <exception cref="ArgumentException">The number of values is not that of the shape.</exception>
    public OnnxValue NamedConstant(string constantName, ReadOnlySpan<float> values, params ReadOnlySpan<long> shape)
    {
        Constant(values, shape);
        _graph.Initializer[^1].Name = constantName;
        return new OnnxValue(constantName);
    }

    /// <summary>Whether there is a constant of that name.</summary>
    public bool HasConstant(string constantName) => _graph.Initializer.Any(constant => constant.Name == constantName);

    /// <summary>A scalar of Single.</summary>
    public OnnxValue Scalar(float value) => Small($"float {BitConverter.SingleToInt32Bits(value)}", () => Constant([value]));

    /// <summary>A scalar of Double.</summary>
    public OnnxValue Double(double value)
        => Small($"double {BitConverter.DoubleToInt64Bits(value)}", () => AddConstant(MemoryMarshal.AsBytes([value]), DataType.Double, 1, []));

    /// <summary>A scalar of Int64.</summary>
    public OnnxValue Scalar(long value) => Small($"scalar {value}", () => AddConstant([value], []));

    /// <summary>A vector of Int64, as shapes and axes are given.</summary>
    public OnnxValue Int64(params long[] values)
        => Small($"vector {string.Join(' ', values)}", () => AddConstant(values, [values.Length]));

    /// <summary>A node with one output.</summary>
    public OnnxValue Node(string operatorType, ReadOnlySpan<OnnxValue> inputs, params ReadOnlySpan<AttributeProto> attributes)
        => AddNode(operatorType, inputs, attributes, outputCount: 1)[0];

    /// <summary>A node with one output by a name of its own, which the errors of whoever runs the graph tell.</summary>
    public OnnxValue NamedNode(string nodeName, string operatorType, ReadOnlySpan<OnnxValue> inputs, params ReadOnlySpan<AttributeProto> attributes)
    {
        var value = Node(operatorType, inputs, attributes);
        (_body ?? _graph).Node[^1].Name = nodeName;
        return value;
    }

    /// <summary>
    /// A recurrence along axis 1 of values of Single; the cell's nodes form a graph of their own, which sees the values of this one.
    /// </summary>
    /// <param name="initial">The state before the first step.</param>
    /// <param name="steps">What the steps read, with an axis 1 that the cell does not see.</param>
    /// <param name="cell">The state and a step's values → the next state.</param>
    /// <returns>The states after every step, along an axis 1.</returns>
    /// <exception cref="InvalidOperationException">A cell holds a recurrence of its own.</exception>
    public OnnxValue Scan(OnnxValue initial, OnnxValue[] steps, Func<OnnxValue, OnnxValue[], OnnxValue> cell)
    {
        if (_body is not null)
            throw new InvalidOperationException("A cell cannot hold a recurrence of its own.");
        var body = _body = new GraphProto { Name = NewValue("cell").Name };
        try
        {
            var state = NewValue("state");
            var values = Array.ConvertAll(steps, _ => NewValue("step"));
            OnnxValue[] inputs = [state, .. values];
            body.Input.AddRange(inputs.Select(OfAnyShape));
            var next = cell(state, values);
            // what is carried on and what is gathered need names of their own
            OnnxValue[] outputs = [Node("Identity", [next]), Node("Identity", [next])];
            body.Output.AddRange(outputs.Select(OfAnyShape));
        }
        finally
        {
            _body = null;
        }

        return AddNode("Scan", [initial, .. steps],
            [Subgraph("body", body), Integer("num_scan_inputs", steps.Length), Integers("scan_input_axes", [.. steps.Select(_ => 1L)]), Integers("scan_output_axes", [1])],
            outputCount: 2)[1];

        static ValueInfoProto OfAnyShape(OnnxValue value)
            => new() { Name = value.Name, Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)DataType.Float } } };
    }

    /// <summary>Notes a number for whoever opens the model.</summary>
    public void Metadata(string key, long value) => Metadata(key, value.ToString(CultureInfo.InvariantCulture));

    /// <summary>Notes something for whoever opens the model.</summary>
    public void Metadata(string key, string value) => _metadata.Add(new StringStringEntryProto { Key = key, Value = value });

    /// <summary>What was noted in a model; null for nothing.</summary>
    public static string? Metadata(ModelProto model, string key) => model.MetadataProps.FirstOrDefault(property => property.Key == key)?.Value;

    /// <summary>The finished model.</summary>
    public byte[] ToModel()
    {
        var model = Model(_graph);
        model.MetadataProps.AddRange(_metadata);
        return model.ToByteArray();
    }

    /// <summary>The graph as a model, with the versions that its nodes are written for.</summary>
    internal static ModelProto Model(GraphProto graph) => new()
    {
        IrVersion = FormatVersion,
        ProducerName = typeof(OnnxGraphBuilder).Assembly.GetName().Name,
        OpsetImport = { new OperatorSetIdProto { Domain = "", Version = OperatorSetVersion } },
        Graph = graph,
    };

    /// <summary>The description of an input, an output or a value within.</summary>
    internal static ValueInfoProto Describe(string valueName, DataType type, ReadOnlySpan<OnnxDimension> shape)
    {
        var dimensions = new TensorShapeProto();
        foreach (var dimension in shape)
        {
            dimensions.Dim.Add(dimension.Size is { } size
                ? new TensorShapeProto.Types.Dimension { DimValue = size }
                : new TensorShapeProto.Types.Dimension { DimParam = dimension.Name });
        }

        return new ValueInfoProto
        {
            Name = valueName,
            Type = new TypeProto { TensorType = new TypeProto.Types.Tensor { ElemType = (int)type, Shape = dimensions } },
        };
    }

    private OnnxValue[] AddNode(
        string operatorType, ReadOnlySpan<OnnxValue> inputs, ReadOnlySpan<AttributeProto> attributes, int outputCount)
    {
        var node = new NodeProto { OpType = operatorType };
        foreach (var input in inputs)
            node.Input.Add(input.Name);
        var outputs = new OnnxValue[outputCount];
        for (int i = 0; i < outputCount; i++)
        {
            outputs[i] = NewValue(operatorType);
            node.Output.Add(outputs[i].Name);
        }

        node.Name = outputs[0].Name;
        foreach (var attribute in attributes)
            node.Attribute.Add(attribute);
        (_body ?? _graph).Node.Add(node);
        return outputs;
    }

    private OnnxValue AddConstant(ReadOnlySpan<long> values, ReadOnlySpan<long> shape)
    {
        Reserve(values.Length * (long)sizeof(long));
        return AddConstant(MemoryMarshal.AsBytes(values), DataType.Int64, values.Length, shape);
    }

    private void Reserve(long bytes)
    {
        _constantBytes += bytes;
        if (_constantBytes > MaximumConstantBytes)
        {
            throw new InvalidOperationException("The trained weights take more than the 2 GiB that an ONNX file can hold: "
                + "train with a smaller embedding width, or with fewer items.");
        }
    }

    private OnnxValue AddConstant(ReadOnlySpan<byte> littleEndian, DataType type, long count, ReadOnlySpan<long> shape)
    {
        long expected = 1;
        foreach (long size in shape)
            expected *= size;
        if (expected != count)
        {
            throw new ArgumentException(
                $"A constant of shape [{string.Join(", ", shape.ToArray())}] takes {expected} values, not {count}.");
        }

        var value = NewValue("constant");
        var tensor = new TensorProto { Name = value.Name, DataType = (int)type, RawData = ByteString.CopyFrom(littleEndian) };
        foreach (long size in shape)
            tensor.Dims.Add(size);
        _graph.Initializer.Add(tensor);
        return value;
    }

    private OnnxValue Small(string key, Func<OnnxValue> add)
    {
        if (!_smallConstants.TryGetValue(key, out var value))
            _smallConstants[key] = value = add();
        return value;
    }

    private OnnxValue NewValue(string kind) => new($"{Scope}/{kind}_{_valueCount++}");
}
