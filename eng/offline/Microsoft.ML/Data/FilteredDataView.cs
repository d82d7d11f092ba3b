using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The rows of a source that pass a test.</summary>
/// <param name="env">The environment.</param>
/// <param name="name">The name to register.</param>
/// <param name="source">The rows to test.</param>
/// <param name="testColumns">The columns that the test reads.</param>
/// <param name="makeTest">What makes the test of one cursor, so that it may keep its state.</param>
/// <param name="inOrder">Whether the test must see all rows, in the order of the source.</param>
internal sealed class FilteredDataView(
    IHostEnvironment env,
    string name,
    IDataView source,
    int[] testColumns,
    Func<DataViewRow, Func<bool>> makeTest,
    bool inOrder = false) : IDataView
{
    private readonly IHost _host = env.Register(name);

    public bool CanShuffle => !inOrder && source.CanShuffle;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = ColumnSet.Of(columnsNeeded, Schema);
        var random = CanShuffle ? rand : null;
        return !inOrder && ParallelCursor.CanHold(active.Columns)
            ? ParallelCursor.Merge(GetRowCursorSet(active.Columns, ParallelCursor.ThreadCount, random))
            : new Cursor(source.GetRowCursor(active.With(testColumns).Columns, random), active, makeTest, _host);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null)
    {
        var active = ColumnSet.Of(columnsNeeded, Schema);
        var inputs = inOrder
            ? [source.GetRowCursor(active.With(testColumns).Columns)]
            : source.GetRowCursorSet(active.With(testColumns).Columns, n, rand);
        return [.. inputs.Select(input => new Cursor(input, active, makeTest, _host))];
    }

    private sealed class Cursor(DataViewRowCursor input, ColumnSet active, Func<DataViewRow, Func<bool>> makeTest, IHost host)
        : LinkedCursor(input, active, host)
    {
        private readonly Func<bool> _passes = makeTest(input);

        protected override bool MoveInput()
        {
            while (Input.MoveNext())
            {
                if (_passes())
                    return true;
            }
            return false;
        }
    }
}
