using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>How an input of a graph is called as a column, and the size of its vectors where that is fixed.</summary>
internal sealed record SavedInput(string GraphName, string ColumnName, long? Length);

/// <summary>How an output of a graph is called as a column, and whether it has keys, in whose place the items themselves are saved.</summary>
internal sealed record SavedOutput(string GraphName, string ColumnName, bool HasKeys);

/// <summary>
/// The form of a <see cref="NextItemGraph"/> that ML.NET's own <c>ApplyOnnxModel</c> runs inside a saved model: one row a run,
/// inputs called as their columns, and the items themselves in place of their keys, since no built-in transformer turns a vector of
/// numbers into keys.
/// </summary>
internal static class SavedForm
{
    // before the names of the graph's own inputs and outputs, so that a column may be called as one of them
    private const string InnerPrefix = "saved/";

    private const string TableName = "saved/item_values";

    /// <summary>The saved form of a graph.</summary>
    /// <param name="model">The graph.</param>
    /// <param name="table">[N + 1]: the value of each item at its key, and at 0 a value that is no item's; null for a graph that gives no keys.</param>
    /// <param name="inputs">The graph's inputs.</param>
    /// <param name="outputs">
    /// What is kept of what it gives. Sizes that the graph tells are those of the columns, [k] and [k, K]; what belongs to candidates becomes [1, …], which ML.NET reads
    /// as a variable vector.
    /// </param>
    /// <exception cref="InvalidOperationException">Graph and table take more than the 2 GiB that an ONNX file can hold.</exception>
    public static byte[] Of(ReadOnlySpan<byte> model, TensorProto? table, IReadOnlyList<SavedInput> inputs, IReadOnlyList<SavedOutput> outputs)
    {
        if (model.Length + (long)(table?.CalculateSize() ?? 0) > OnnxGraphBuilder.MaximumConstantBytes)
        {
            throw new InvalidOperationException(
                "Model and item values take more than the 2 GiB that an ONNX file can hold: use shorter values, or fewer items.");
        }

        var saved = ModelProto.Parser.ParseFrom(model);
        var graph = saved.Graph;
        ValueInfoProto[] described = [.. outputs.Select(output => graph.Output.Single(other => other.Name == output.GraphName))];
        NameInputs(graph, inputs);
        graph.Output.Clear();
        for (int i = 0; i < outputs.Count; i++)
        {
            string value = InnerPrefix + outputs[i].GraphName;
            if (outputs[i].HasKeys)
                value = AppendItems(graph, value, table!);
            var type = outputs[i].HasKeys ? (DataType)table!.DataType : DataType.Float;
            AppendOutput(graph, outputs[i].ColumnName, value, type, [.. described[i].Type.TensorType.Shape.Dim.Skip(1)]);
        }

        return saved.ToByteArray();
    }

    /// <summary>A table of text values.</summary>
    public static TensorProto TextTable(IEnumerable<string> values)
    {
        var table = new TensorProto { DataType = (int)DataType.String };
        table.StringData.AddRange(values.Select(value => ByteString.CopyFrom(value, Encoding.UTF8)));
        table.Dims.Add(table.StringData.Count);
        return table;
    }

    /// <summary>A table of numbers.</summary>
    public static TensorProto NumberTable(DataType type, ReadOnlySpan<byte> littleEndian, long count)
        => new() { DataType = (int)type, RawData = ByteString.CopyFrom(littleEndian), Dims = { count } };

    // the items' values in the place of their keys
    private static string AppendItems(GraphProto graph, string keys, TensorProto table)
    {
        table.Name = TableName;
        graph.Initializer.Add(table);
        Append(graph, "Cast", $"{keys}/indices", [keys],
            new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (long)DataType.Int64 });
        Append(graph, "Gather", $"{keys}/items", [TableName, $"{keys}/indices"]);
        return $"{keys}/items";
    }

    // [k] rather than [1, k], of which ML.NET makes a matrix column
    private static void AppendOutput(GraphProto graph, string output, string value, DataType type, TensorShapeProto.Types.Dimension[] sizes)
    {
        bool isFixed = sizes.All(size => size.DimParam.Length == 0);
        long[] shape = isFixed ? [.. sizes.Select(size => size.DimValue)] : [1, -1];
        Append(graph, "Reshape", output, [value, AddShape(graph, shape)]);
        OnnxDimension[] described = isFixed ? Array.ConvertAll(shape, size => (OnnxDimension)size) : ["batch", "values"];
        graph.Output.Add(OnnxGraphBuilder.Describe(output, type, described));
    }

    private static string AddShape(GraphProto graph, long[] shape)
    {
        string name = $"saved/shape_{graph.Initializer.Count}";
        graph.Initializer.Add(new TensorProto
        {
            Name = name,
            DataType = (int)DataType.Int64,
            Dims = { shape.Length },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(shape)),
        });
        return name;
    }

    private static void Append(GraphProto graph, string operatorType, string output, string[] inputs, params AttributeProto[] attributes)
        => graph.Node.Add(Node(operatorType, output, inputs, attributes));

    private static NodeProto Node(string operatorType, string output, string[] inputs, params AttributeProto[] attributes) => new()
    {
        OpType = operatorType,
        Name = $"saved/{operatorType}/{output}",
        Input = { inputs },
        Output = { output },
        Attribute = { attributes },
    };

    /// <summary>
    /// Calls the inputs as their columns, which are vectors: several values an item stand behind each other. The graph's own outputs become inner values, so that a
    /// column may be called as one of them.
    /// </summary>
    private static void NameInputs(GraphProto graph, IReadOnlyList<SavedInput> inputs)
    {
        var names = graph.Output.ToDictionary(described => described.Name, described => InnerPrefix + described.Name);
        var reshapes = new List<NodeProto>();
        foreach (var input in inputs)
        {
            var described = graph.Input.Single(other => other.Name == input.GraphName);
            var sizes = described.Type.TensorType.Shape.Dim;
            names[described.Name] = described.Name = input.ColumnName;
            if (sizes.Count == 3)
            {
                names[input.GraphName] = InnerPrefix + input.GraphName;
                reshapes.Add(Node("Reshape", InnerPrefix + input.GraphName, [input.ColumnName, AddShape(graph, [0, -1, sizes[2].DimValue])]));
                sizes.RemoveAt(2);
                sizes[1] = new TensorShapeProto.Types.Dimension { DimParam = $"{input.GraphName}_values" };
            }

            if (input.Length is { } length)
                sizes[1] = new TensorShapeProto.Types.Dimension { DimValue = length };
        }

        foreach (var node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
                node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
            for (int i = 0; i < node.Output.Count; i++)
                node.Output[i] = names.GetValueOrDefault(node.Output[i], node.Output[i]);
        }

        foreach (var reshape in reshapes)
            graph.Node.Insert(0, reshape);
    }
}
