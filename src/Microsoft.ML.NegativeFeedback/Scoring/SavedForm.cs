using System.Runtime.InteropServices;
using System.Text;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>How an input of a graph is called as a column, and the size of its vectors where that is fixed.</summary>
internal sealed record SavedInput(string GraphName, string ColumnName, long? Length);

/// <summary>
/// The form of a <see cref="NextItemGraph"/> that ML.NET's own <c>ApplyOnnxModel</c> runs inside a saved model: one row a run,
/// inputs called as their columns, and the items themselves in place of their keys, since no built-in transformer turns a vector of
/// numbers into keys.
/// </summary>
internal static class SavedForm
{
    private const string TableName = "saved/item_values";
    private const string KeysName = "saved/RecommendedItems";
    private const string ScoresName = "saved/Scores";
    private const string WeightsName = "saved/SubInterestWeights";

    /// <summary>The saved form of a graph that recommends from the whole catalogue.</summary>
    /// <param name="model">The graph.</param>
    /// <param name="table">[N + 1]: the value of each item at its key, and at 0 a value that is no item's.</param>
    /// <param name="inputs">The graph's inputs.</param>
    /// <param name="itemsOutput">What to call the output with the items' values [k], of the table's type.</param>
    /// <param name="scoresOutput">What to call the output with the scores, Single [k].</param>
    /// <param name="weightsOutput">What to call the output with the weights of the sub-interests, Single [k, K]; null to leave it out.</param>
    /// <exception cref="InvalidOperationException">Graph and table take more than the 2 GiB that an ONNX file can hold.</exception>
    public static byte[] OfRecommendations(
        ReadOnlySpan<byte> model, TensorProto table, IReadOnlyList<SavedInput> inputs, string itemsOutput, string scoresOutput,
        string? weightsOutput)
    {
        if ((long)model.Length + table.CalculateSize() > OnnxGraphBuilder.MaximumConstantBytes)
        {
            throw new InvalidOperationException(
                "Model and item values take more than the 2 GiB that an ONNX file can hold: use shorter values, or fewer items.");
        }

        var saved = ModelProto.Parser.ParseFrom(model);
        var graph = saved.Graph;
        long k = Dimension(graph, NextItemGraph.ScoresOutput, 1);
        long subInterestCount = weightsOutput is null ? 0 : Dimension(graph, NextItemGraph.SubInterestWeightsOutput, 2);
        Rename(graph, inputs, (NextItemGraph.RecommendedItemsOutput, KeysName), (NextItemGraph.ScoresOutput, ScoresName),
            (NextItemGraph.SubInterestWeightsOutput, WeightsName));

        table.Name = TableName;
        graph.Initializer.Add(table);
        Append(graph, "Cast", "saved/indices", [KeysName],
            new AttributeProto { Name = "to", Type = AttributeProto.Types.AttributeType.Int, I = (long)DataType.Int64 });
        Append(graph, "Gather", "saved/items", [TableName, "saved/indices"]);
        graph.Output.Clear();
        // [k] rather than [1, k]: ML.NET makes a matrix column of the latter
        AppendOutput(graph, itemsOutput, "saved/items", (DataType)table.DataType, [k], [k]);
        AppendOutput(graph, scoresOutput, ScoresName, DataType.Float, [k], [k]);
        if (weightsOutput is not null)
            AppendOutput(graph, weightsOutput, WeightsName, DataType.Float, [k, subInterestCount], [k, subInterestCount]);
        return saved.ToByteArray();
    }

    /// <summary>
    /// The saved form of a graph that scores candidates; its outputs are [1, candidates] and [1, candidates · K], which ML.NET reads as
    /// variable vectors.
    /// </summary>
    public static byte[] OfCandidates(
        ReadOnlySpan<byte> model, IReadOnlyList<SavedInput> inputs, string scoresOutput, string? weightsOutput)
    {
        var saved = ModelProto.Parser.ParseFrom(model);
        var graph = saved.Graph;
        Rename(graph, inputs, (NextItemGraph.CandidateScoresOutput, ScoresName), (NextItemGraph.SubInterestWeightsOutput, WeightsName));
        graph.Output.Clear();
        AppendOutput(graph, scoresOutput, ScoresName, DataType.Float, [1, -1], ["batch", "candidates"]);
        if (weightsOutput is not null)
            AppendOutput(graph, weightsOutput, WeightsName, DataType.Float, [1, -1], ["batch", "weights"]);
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

    /// <summary>The size of one dimension of an output.</summary>
    private static long Dimension(GraphProto graph, string output, int axis)
        => graph.Output.Single(other => other.Name == output).Type.TensorType.Shape.Dim[axis].DimValue;

    /// <summary>Makes a value an output, in another shape; −1 stands for the size that is left.</summary>
    private static void AppendOutput(
        GraphProto graph, string output, string value, DataType type, long[] shape, ReadOnlySpan<OnnxDimension> described)
    {
        string shapeName = $"saved/shape_{graph.Output.Count}";
        graph.Initializer.Add(new TensorProto
        {
            Name = shapeName,
            DataType = (int)DataType.Int64,
            Dims = { shape.Length },
            RawData = ByteString.CopyFrom(MemoryMarshal.AsBytes<long>(shape)),
        });
        Append(graph, "Reshape", output, [value, shapeName]);
        graph.Output.Add(OnnxGraphBuilder.Describe(output, type, described));
    }

    private static void Append(GraphProto graph, string operatorType, string output, string[] inputs, params AttributeProto[] attributes)
        => graph.Node.Add(new NodeProto
        {
            OpType = operatorType,
            Name = $"saved/{operatorType}_{graph.Node.Count}",
            Input = { inputs },
            Output = { output },
            Attribute = { attributes },
        });

    /// <summary>
    /// Calls the inputs as their columns. The graph's own outputs become inner values, so that a column may be called as one of them.
    /// </summary>
    private static void Rename(
        GraphProto graph, IReadOnlyList<SavedInput> inputs, params ReadOnlySpan<(string Output, string Inner)> outputs)
    {
        var names = inputs.ToDictionary(input => input.GraphName, input => input.ColumnName);
        foreach (var (output, inner) in outputs)
            names[output] = inner;
        foreach (var input in inputs)
        {
            var description = graph.Input.Single(other => other.Name == input.GraphName);
            if (input.Length is { } length)
                description.Type.TensorType.Shape.Dim[1] = new TensorShapeProto.Types.Dimension { DimValue = length };
        }

        foreach (var description in graph.Input)
            description.Name = names.GetValueOrDefault(description.Name, description.Name);
        foreach (var node in graph.Node)
        {
            for (int i = 0; i < node.Input.Count; i++)
                node.Input[i] = names.GetValueOrDefault(node.Input[i], node.Input[i]);
            for (int i = 0; i < node.Output.Count; i++)
                node.Output[i] = names.GetValueOrDefault(node.Output[i], node.Output[i]);
        }
    }
}
