using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// Saves a model as built-in transformers that do the same, so that <c>Model.Load</c> gives it back in a process without this
/// library: the graph in its <see cref="SavedForm"/>, then MapValueToKey from the items' values to their keys, then the columns' names.
/// </summary>
internal static class SavedModel
{
    private const string FolderPrefix = "next-item-";
    private const string LockName = "lock";

    // Between being created and being locked a lock looks left over.
    private static readonly Lock _locking = new();

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
    {
        var folder = Directory.CreateTempSubdirectory(FolderPrefix);
        try
        {
            using var inUse = OpenLock(folder.FullName);
            // A context of its own: a GPU that training used need not be there when the model is saved.
            var ml = new MLContext { TempFilePath = folder.FullName };
            var estimator = Build(ml, Path.Combine(folder.FullName, "graph.onnx"), graph, columns, items, inputTypes);
            var schema = new DataViewSchema.Builder();
            foreach (var (name, type) in inputTypes)
                schema.AddColumn(name, type);
            var fitted = estimator.Fit(new EmptyDataView(schema.ToSchema()));
            using (fitted as IDisposable)
                fitted.Save(context);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static FileStream OpenLock(string folder)
    {
        lock (_locking)
        {
            DeleteLeftovers();
            return new FileStream(Path.Combine(folder, LockName), FileMode.CreateNew, FileAccess.Write, FileShare.None);
        }
    }

    /// <summary>Deletes the folders of saves that were killed: those whose lock nobody holds.</summary>
    private static void DeleteLeftovers()
    {
        foreach (string folder in Directory.EnumerateDirectories(Path.GetTempPath(), FolderPrefix + "*"))
        {
            try
            {
                new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // in use, or another user's
            }
        }
    }

    private static IEstimator<ITransformer> Build(
        MLContext ml, string path, byte[] graph, NextItemColumns columns, ItemDictionary? items,
        IReadOnlyDictionary<string, DataViewType> inputTypes)
    {
        SavedInput[] inputs = [.. columns.GraphInputs.Select(input => new SavedInput(input.InputName, input.ColumnName,
            input.InputName != NextItemGraph.BlockedInput && inputTypes[input.ColumnName] is VectorDataViewType { IsKnownSize: true } vector ? vector.Size : null))];
        string[] inputNames = [.. inputs.Select(input => input.ColumnName)];
        SavedOutput[] outputs = [.. columns.Outputs.Select(output => new SavedOutput(output.OutputName, Unused($"__{output.OutputName}", inputNames), output.HasKeys))];
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

    private static string Unused(string name, IEnumerable<string> taken)
    {
        while (taken.Contains(name))
            name += "_";
        return name;
    }
}

/// <summary>A view with columns and no rows, for transformers that are fitted on a schema alone.</summary>
internal sealed class EmptyDataView(DataViewSchema schema) : IDataView
{
    public DataViewSchema Schema => schema;

    public bool CanShuffle => false;

    public long? GetRowCount() => 0;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(schema, columnsNeeded);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
        => [GetRowCursor(columnsNeeded, rand)];

    private sealed class Cursor(DataViewSchema schema, IEnumerable<DataViewSchema.Column> columnsNeeded) : DataViewRowCursor
    {
        private readonly HashSet<int> _active = columnsNeeded.Select(column => column.Index).ToHashSet();

        public override DataViewSchema Schema => schema;

        public override long Position => -1;

        public override long Batch => 0;

        public override bool MoveNext() => false;

        public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId _) => throw NoRow();

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => (ref TValue _) => throw NoRow();

        private static InvalidOperationException NoRow() => new("The view has no rows.");
    }
}
