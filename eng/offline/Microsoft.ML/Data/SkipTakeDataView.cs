using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Some of the first rows of a source, or those after them.</summary>
internal sealed class SkipTakeDataView(IHostEnvironment env, IDataView source, long skip, long take) : IDataView
{
    private readonly IHost _host = env.Register("SkipTakeFilter");

    // a shuffled source would give other rows
    public bool CanShuffle => false;

    public DataViewSchema Schema => source.Schema;

    public long? GetRowCount() => source.GetRowCount() is { } count ? Math.Min(Math.Max(0, count - skip), take) : null;

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random rand = null)
    {
        var active = ColumnSet.Of(columnsNeeded, Schema);
        return new Cursor(source.GetRowCursor(active.Columns), active, skip, take, _host);
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random rand = null) =>
        [GetRowCursor(columnsNeeded)];

    private sealed class Cursor(DataViewRowCursor input, ColumnSet active, long skip, long take, IHost host)
        : LinkedCursor(input, active, host)
    {
        private long _skipped;
        private long _taken;

        public override long Batch => 0;

        protected override bool MoveInput()
        {
            if (_taken++ >= take)
                return false;
            while (_skipped < skip)
            {
                if (!Input.MoveNext())
                    return false;
                _skipped++;
            }
            return Input.MoveNext();
        }
    }
}
