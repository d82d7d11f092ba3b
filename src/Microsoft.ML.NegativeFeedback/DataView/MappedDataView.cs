using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>A data view with the columns of a <see cref="RowMapping"/> added, computed as rows are read.</summary>
internal sealed class MappedDataView(IDataView source, RowMapping mapping) : IDataView
{
    public DataViewSchema Schema => mapping.OutputSchema;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        return new MappedCursor(mapping, source.GetRowCursor(mapping.DependenciesOf(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        var cursors = source.GetRowCursorSet(mapping.DependenciesOf(active), n, rand);
        return MappedCursor.OrClose<DataViewRowCursor[]>(cursors, () => [.. cursors.Select(cursor => new MappedCursor(mapping, cursor, active))]);
    }
}

/// <summary>The face of a <see cref="RowMapping"/> that a prediction engine asks for.</summary>
internal sealed class RowToRowMapper(RowMapping mapping) : IRowToRowMapper
{
    public DataViewSchema InputSchema => mapping.InputSchema;

    public DataViewSchema OutputSchema => mapping.OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
        => mapping.DependenciesOf(dependingColumns);

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
        => input.Schema == mapping.InputSchema
            ? new MappedRow(mapping, input, activeColumns)
            : throw new ArgumentException("The row has another schema than the one this mapper was made for.", nameof(input));
}
