using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// Saves a model as built-in transformers that do the same, so that <c>Model.Load</c> gives it back in a process without this
/// library: the graph in its <see cref="SavedForm"/>, then MapValueToKey from the items' values to their keys, then the columns' names.
/// </summary>
internal static class SavedModel
{
    /// <summary>Writes the model.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="graph">The graph.</param>
    /// <param name="columns">The columns it reads and adds.</param>
    /// <param name="items">The items behind the keys; null of a model that gives none.</param>
    /// <param name="inputTypes">The types of the columns it reads.</param>
    /// <exception cref="ArgumentException">The items' values cannot be saved.</exception>
    /// <exception cref="InvalidOperationException">Graph and items take more than the 2 GiB that an ONNX file can hold.</exception>
    public static void Save(
        ModelSaveContext context, byte[] graph, NextItemColumns columns, ItemDictionary? items,
        IReadOnlyDictionary<string, DataViewType> inputTypes)
        => SavedSteps.Write(context, inputTypes, (ml, folder) => Build(ml, Path.Combine(folder, "graph.onnx"), graph, columns, items, inputTypes));

    private static IEstimator<ITransformer> Build(
        MLContext ml, string path, byte[] graph, NextItemColumns columns, ItemDictionary? items,
        IReadOnlyDictionary<string, DataViewType> inputTypes)
    {
        SavedInput[] inputs = [.. columns.GraphInputs.Select(input => new SavedInput(input.InputName, input.ColumnName,
            input.InputName is not (NextItemGraph.BlockedInput or NextItemGraph.AllowedInput) && inputTypes[input.ColumnName] is VectorDataViewType { IsKnownSize: true } vector ? vector.Size : null))];
        string[] inputNames = [.. inputs.Select(input => input.ColumnName)];
        SavedOutput[] outputs = [.. columns.Outputs.Select(output => new SavedOutput(output.OutputName, SavedSteps.Unused($"__{output.OutputName}", inputNames), output.HasKeys))];
        string[] outputNames = [.. outputs.Select(output => output.ColumnName)];
        File.WriteAllBytes(path, SavedForm.Of(graph, outputs.Any(output => output.HasKeys) ? items!.ToTable() : null, inputs, outputs));

        var chain = new EstimatorChain<ITransformer>().Append<ITransformer>(ml.Transforms.ApplyOnnxModel(outputNames, inputNames, path));
        foreach (var (column, output) in columns.Outputs.Zip(outputs))
        {
            chain = output.HasKeys
                ? chain.Append<ITransformer>(ml.Transforms.Conversion.MapValueToKey(
                    column.ColumnName, output.ColumnName, maximumNumberOfKeys: int.MaxValue, keyData: items!.ToKeyData(ml)))
                : chain.Append<ITransformer>(ml.Transforms.CopyColumns(column.ColumnName, output.ColumnName));
        }

        return chain.Append<ITransformer>(ml.Transforms.DropColumns(outputNames));
    }
}
