namespace Microsoft.ML.Data;

/// <summary>
/// The rows of a source with the columns of a mapping. As in the package, rows with columns to compute are computed on several threads,
/// and come out in the order of the source.
/// </summary>
internal sealed class MappedDataView(IDataView source, RowMapping mapping) : IDataView
{
    public DataViewSchema Schema => mapping.OutputSchema;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        var random = CanShuffle ? rand : null;
        return mapping.Computes(columns) && ParallelCursor.CanHold(columns)
            ? ParallelCursor.Merge(GetRowCursorSet(columns, ParallelCursor.ThreadCount, random))
            : new MappedCursor(source.GetRowCursor(mapping.GetDependencies(columns), random), mapping, columns);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        DataViewSchema.Column[] columns = [.. columnsNeeded];
        var dependencies = mapping.GetDependencies(columns);
        var inputs = source.GetRowCursorSet(dependencies, n, CanShuffle ? rand : null);
        if (inputs.Length == 1 && n > 1 && mapping.Computes(columns) && ParallelCursor.CanHold(dependencies))
            inputs = SplitCursor.Split(inputs[0], n);
        return [.. inputs.Select(input => new MappedCursor(input, mapping, columns))];
    }
}
