using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>How an input of a graph is called as a column, and the size of its vectors where that is fixed.</summary>
internal sealed record SavedInput(string GraphName, string ColumnName, long? Length);

/// <summary>How an output of a graph is called as a column, and whether it has keys, in whose place the items themselves are saved.</summary>
internal sealed record SavedOutput(string GraphName, string ColumnName, bool HasKeys);

/// <summary>What a saved form was made of.</summary>
/// <param name="Graph">The graph.</param>
/// <param name="Inputs">The columns that it reads, Items, Feedback and, where it has them, Candidates among them by these names.</param>
/// <param name="Lengths">The size of vectors beside the items where it is fixed, by column.</param>
/// <param name="Outputs">What was kept of what it gives: the outputs' names, the columns of the saved form and their types.</param>
/// <param name="ItemValues">The items' values as they were saved; null where there are none, or a former version has written them in its way.</param>
internal sealed record UndoneForm(
    byte[] Graph, IReadOnlyList<InputColumn> Inputs, IReadOnlyDictionary<string, int> Lengths, IReadOnlyList<(SavedOutput Output, DataViewType Type)> Outputs, TensorProto? ItemValues);

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

        return GraphHash.Seal(saved);
    }

    /// <summary>The graph that a saved form was made of, by this version or a former one; null for another graph.</summary>
    /// <exception cref="InvalidDataException">It is of this library, but of no form that is known, or damaged.</exception>
    public static UndoneForm? Undo(byte[] savedForm)
    {
        var model = ModelProto.Parser.ParseFrom(savedForm);
        if (OnnxGraphBuilder.Metadata(model, NextItemGraph.LargestTensorMetadata) is null)
            return null;
        bool isSealed = GraphHash.Unseal(model);
        var graph = model.Graph;
        var itemValues = isSealed ? graph.Initializer.FirstOrDefault(initializer => initializer.Name == TableName) : null;
        NodeProto[] added = [.. graph.Node.Where(node => node.Name.StartsWith(InnerPrefix, StringComparison.Ordinal))];
        var shapes = graph.Initializer.Where(initializer => initializer.DataType == (int)DataType.Int64)
            .ToDictionary(initializer => initializer.Name, initializer => MemoryMarshal.Cast<byte, long>(initializer.RawData.Span).ToArray());
        var outputs = graph.Output.Select(described => (Described: described, GraphName: GraphNameOf(described.Name, added))).ToArray();
        var (inputs, lengths, names) = UndoInputs(graph, added, shapes, hasCandidates: outputs.Any(output => output.GraphName == NextItemGraph.CandidateScoresOutput));
        inputs = inputs.ConvertAll(input => input.KeyCount > 0 ? input with { KeysHash = GraphWeights.KeysHashOf(model, input.InputName) } : input);
        foreach (var node in graph.Node.Where(node => node.Name.StartsWith(OnnxGraphBuilder.OutputPrefix, StringComparison.Ordinal)))
            names[node.Output[0]] = node.Output[0][InnerPrefix.Length..];

        foreach (var node in added)
            graph.Node.Remove(node);
        foreach (var initializer in graph.Initializer.Where(initializer => initializer.Name.StartsWith(InnerPrefix, StringComparison.Ordinal)).ToArray())
            graph.Initializer.Remove(initializer);
        Rename(graph, names);
        graph.Output.Clear();
        var columns = outputs.Select(output => UndoOutput(graph, output.Described, output.GraphName)).ToArray();
        return new UndoneForm(model.ToByteArray(), inputs, lengths, columns, itemValues);
    }

    /// <summary>A table of text values.</summary>
    public static TensorProto TextTable(IEnumerable<string> values)
    {
        var table = new TensorProto { DataType = (int)DataType.String };
        table.StringData.AddRange(values.Select(value => ByteString.CopyFrom(value, Encoding.UTF8)));
        table.Dims.Add(table.StringData.Count);
        return table;
    }

    /// <summary>Whether two tables have the same values.</summary>
    public static bool AreSame(TensorProto table, TensorProto other)
        => table.DataType == other.DataType && table.RawData.Equals(other.RawData) && table.StringData.Equals(other.StringData);

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
        OnnxDimension[] described = isFixed ? Array.ConvertAll(shape, size => (OnnxDimension)size) : [NextItemGraph.Batch, "values"];
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
        // all before the first is renamed: a column may be called as another input
        ValueInfoProto[] ofInputs = [.. inputs.Select(input => graph.Input.Single(other => other.Name == input.GraphName))];
        foreach (var (input, described) in inputs.Zip(ofInputs))
        {
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

        Rename(graph, names);
        foreach (var reshape in reshapes)
            graph.Node.Insert(0, reshape);
    }

    private static void Rename(GraphProto graph, Dictionary<string, string> names)
    {
        foreach (var node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
                node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
            for (int i = 0; i < node.Output.Count; i++)
                node.Output[i] = names.GetValueOrDefault(node.Output[i], node.Output[i]);
        }
    }

    // back from the column over the reshape, and the items behind keys, to what the graph gave
    private static string GraphNameOf(string column, NodeProto[] added)
    {
        string value = column;
        while (added.FirstOrDefault(node => node.Output[0] == value) is { } node)
            value = node.OpType == "Gather" ? node.Input[1] : node.Input[0];
        return value.StartsWith(InnerPrefix, StringComparison.Ordinal) ? value[InnerPrefix.Length..]
            : throw new InvalidDataException($"The model's output '{column}' was not written by a version of this library up to this one.");
    }

    /// <summary>Calls inputs as the graph did, where that is known: what it reads beside histories and candidates goes on under the name of its column.</summary>
    private static (List<InputColumn> Inputs, Dictionary<string, int> Lengths, Dictionary<string, string> Names) UndoInputs(
        GraphProto graph, NodeProto[] added, Dictionary<string, long[]> shapes, bool hasCandidates)
    {
        var (inputs, lengths, names) = (new List<InputColumn>(), new Dictionary<string, int>(), new Dictionary<string, string>());
        long itemsLength = graph.Input[0].Type.TensorType.Shape.Dim[1].DimValue;
        int candidatesAt = hasCandidates ? graph.Input.Count(input => ChosenBy(input) is null) - 1 : -1;
        for (int i = 0; i < graph.Input.Count; i++)
        {
            var described = graph.Input[i];
            var (column, length) = (described.Name, described.Type.TensorType.Shape.Dim[1].DimValue);
            var reshape = added.FirstOrDefault(node => node.OpType == "Reshape" && node.Input[0] == column);
            int width = reshape is null ? 1 : (int)shapes[reshape.Input[1]][2];
            bool isCandidates = i == candidatesAt;
            bool isOfItems = i < 2 || isCandidates || reshape is not null || length == 0 || (itemsLength > 0 && length == itemsLength);
            string? chosen = ChosenBy(described);
            string name = chosen ?? (i == 0 ? NextItemGraph.ItemsInput : i == 1 ? NextItemGraph.FeedbackInput : isCandidates ? NextItemGraph.CandidatesInput
                : NextItemGraph.Names.Contains(column) ? $"Input{column}" : column);
            var type = (DataType)described.Type.TensorType.ElemType;
            inputs.Add(new InputColumn(name, column, type == DataType.Uint32 ? typeof(uint) : type == DataType.Int64 ? typeof(long) : typeof(float),
                isOfItems ? width : (int)length, isOfItems, isOfItems ? 0 : GraphWeights.KeyCountOf(graph, name)));
            if (isOfItems && length > 0)
                lengths[column] = (int)length;
            names[reshape?.Output[0] ?? column] = name;
            OnnxDimension[] shape = !isOfItems ? [NextItemGraph.Batch, length] : width > 1 ? [NextItemGraph.Batch, NextItemGraph.Length, width]
                : [NextItemGraph.Batch, isCandidates ? NextItemGraph.CandidateCount : chosen is not null ? described.Type.TensorType.Shape.Dim[1].DimParam : NextItemGraph.Length];
            graph.Input[i] = OnnxGraphBuilder.Describe(name, type, shape);
        }

        return (inputs, lengths, names);
    }

    // behind all other inputs stand those by which a row says what may be recommended to it
    private static string? ChosenBy(ValueInfoProto input) => input.Type.TensorType.Shape.Dim[1].DimParam switch
    {
        NextItemGraph.BlockedCount => NextItemGraph.BlockedInput,
        NextItemGraph.AllowedCount => NextItemGraph.AllowedInput,
        _ => null,
    };

    // adds the graph's output, and tells of the column
    private static (SavedOutput Output, DataViewType Type) UndoOutput(GraphProto graph, ValueInfoProto described, string name)
    {
        bool hasKeys = name == NextItemGraph.RecommendedItemsOutput;
        var type = (DataType)described.Type.TensorType.ElemType;
        long[] sizes = [.. described.Type.TensorType.Shape.Dim.Select(size => size.DimValue)];
        bool isOfCandidates = sizes.Contains(0);
        OnnxDimension[] shape = !isOfCandidates ? [NextItemGraph.Batch, .. sizes.Select(size => (OnnxDimension)size)]
            : name == NextItemGraph.CandidateScoresOutput ? [NextItemGraph.Batch, NextItemGraph.CandidateCount] : [NextItemGraph.Batch, NextItemGraph.CandidateCount, "values"];
        graph.Output.Add(OnnxGraphBuilder.Describe(name, hasKeys ? DataType.Uint32 : type, shape));
        var item = hasKeys ? ItemTable.TypeOf(type) : NumberDataViewType.Single;
        return (new SavedOutput(name, described.Name, hasKeys), isOfCandidates ? new VectorDataViewType(item) : new VectorDataViewType(item, sizes.Select(size => (int)size).ToArray()));
    }
}
