using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// Saves a transformer of this library as built-in ones that do the same, so that <c>Model.Load</c> gives it back in a process without this library. What they are made of may need
/// files; these lie in a folder of their own meanwhile.
/// </summary>
internal static class SavedSteps
{
    private const string FolderPrefix = "Microsoft.ML.NegativeFeedback-";
    private const string LockName = "lock";

    // Between being created and being locked a lock looks left over.
    private static readonly Lock _locking = new();

    /// <summary>Writes the steps.</summary>
    /// <param name="context">Where to.</param>
    /// <param name="inputTypes">The types of the columns that they read.</param>
    /// <param name="build">Makes them, with a folder for what they load.</param>
    public static void Write(ModelSaveContext context, IReadOnlyDictionary<string, DataViewType> inputTypes, Func<MLContext, string, IEstimator<ITransformer>> build)
    {
        var folder = Directory.CreateTempSubdirectory(FolderPrefix);
        try
        {
            using var inUse = OpenLock(folder.FullName);
            // A context of its own: a GPU that training used need not be there when the model is saved.
            var ml = new MLContext { TempFilePath = folder.FullName };
            var schema = new DataViewSchema.Builder();
            foreach (var (name, type) in inputTypes)
                schema.AddColumn(name, type);
            var fitted = build(ml, folder.FullName).Fit(new EmptyDataView(schema.ToSchema()));
            using (fitted as IDisposable)
                fitted.Save(context);
        }
        finally
        {
            // not locked any more, so that another process that saves may take it for left over and delete it meanwhile
            TryDelete(folder.FullName);
        }
    }

    /// <summary>A name that is not taken.</summary>
    public static string Unused(string name, IEnumerable<string> taken)
    {
        while (taken.Contains(name))
            name += "_";
        return name;
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
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // in use, or another user's
                continue;
            }

            TryDelete(folder);
        }
    }

    private static void TryDelete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // another process deletes it
        }
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
