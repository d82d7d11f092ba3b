using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// A view with the columns of a model added, scored in batches as rows are read. Order, shuffling and the division into cursors are
/// the source's.
/// </summary>
internal sealed class ScoredDataView(IDataView source, NextItemMapping mapping, OnnxScorer scorer) : IDataView
{
    public DataViewSchema Schema => mapping.OutputSchema;

    public bool CanShuffle => source.CanShuffle;

    public long? GetRowCount() => source.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        return Wrap(source.GetRowCursor(mapping.DependenciesOf(active), rand), active);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        var active = columnsNeeded.ToArray();
        return source.GetRowCursorSet(mapping.DependenciesOf(active), n, rand).Select(cursor => Wrap(cursor, active)).ToArray();
    }

    private DataViewRowCursor Wrap(DataViewRowCursor cursor, DataViewSchema.Column[] active)
        => active.Any(column => column.Index >= mapping.InputSchema.Count)
            ? new ScoredCursor(mapping, scorer, cursor, active)
            : new MappedCursor(mapping, cursor, active);
}
