using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Datasets;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>A column of a <see cref="SequenceDataView"/>.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type.</param>
/// <param name="Annotations">Its annotations: the KeyValues of a key.</param>
/// <param name="CreateGetter">A getter of what the pointer shows of the store.</param>
internal sealed record SequenceColumn(
    string Name, DataViewType Type, DataViewSchema.Annotations? Annotations, Func<SequenceStore, SequencePointer, Delegate> CreateGetter);

/// <summary>
/// Sequences as a data view. The store is built when rows are first asked for, once, and kept; where that fails, it is built anew for who
/// asks next. Rows can be shuffled, and read by several cursors at once, in blocks of rows by turns.
/// </summary>
internal sealed class SequenceDataView : IDataView
{
    private const int BlockLength = 64;

    private readonly IReadOnlyList<SequenceColumn> _columns;
    private readonly MadeOnce<SequenceStore> _store;

    /// <summary>Sequences that are built when they are first read.</summary>
    public SequenceDataView(IReadOnlyList<SequenceColumn> columns, Func<SequenceStore> build)
        : this(columns, new MadeOnce<SequenceStore>(build))
    {
    }

    /// <summary>Sequences that are there.</summary>
    public SequenceDataView(IReadOnlyList<SequenceColumn> columns, SequenceStore store)
        : this(columns, () => store)
        => _ = Store;

    private SequenceDataView(IReadOnlyList<SequenceColumn> columns, MadeOnce<SequenceStore> store)
    {
        _columns = columns;
        _store = store;
        Schema = CreateSchema(columns);
    }

    /// <summary>The distinct items of a whole log, a row each, as the one column that the log has them in.</summary>
    public static SequenceDataView OfItems(UserLog log, InteractionColumns columns)
    {
        int count = log.Items.Count;
        var store = new SequenceStore(log, count, keepsTimes: false, keepsFurtherColumns: false);
        for (int item = 0; item < count; item++)
        {
            store.Add(new UserInteraction(Time: 0, Row: 0, new LabelledItem(item, 0)));
            store.AddRow(new SequencePart(User: 0, Start: item, Length: 0, Target: item));
        }

        return new SequenceDataView([SequenceColumns.OfTargetItem(columns, columns.Item.Name)], store);
    }

    public DataViewSchema Schema { get; }

    public bool CanShuffle => true;

    public SequenceStore Store => _store.Value;

    public long? GetRowCount() => _store.ValueOrNull?.Rows.Count;

    public static DataViewSchema CreateSchema(IEnumerable<SequenceColumn> columns)
    {
        var builder = new DataViewSchema.Builder();
        foreach (var column in columns)
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        return builder.ToSchema();
    }

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(this, columnsNeeded, Order(rand), first: 0, count: 1);

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null)
    {
        int blockCount = (Store.Rows.Count + BlockLength - 1) / BlockLength;
        int count = Math.Clamp(n, 1, Math.Max(1, blockCount));
        var needed = columnsNeeded.ToArray();
        int[]? order = Order(rand);
        return [.. Enumerable.Range(0, count).Select(DataViewRowCursor (first) => new Cursor(this, needed, order, first, count))];
    }

    private int[]? Order(Random? rand)
    {
        if (rand is null)
            return null;
        int[] order = [.. Enumerable.Range(0, Store.Rows.Count)];
        rand.Shuffle(order);
        return order;
    }

    /// <summary>Of the blocks first, first + count, first + 2·count, … the rows; the batch is the block's number.</summary>
    private sealed class Cursor(
        SequenceDataView view, IEnumerable<DataViewSchema.Column> columnsNeeded, int[]? order, int first, int count)
        : SourceCursor(view.Schema, columnsNeeded)
    {
        private readonly SequenceStore _store = view.Store;
        private readonly SequencePointer _pointer = new();
        private int _next = first * BlockLength;
        private int _row = -1;
        private long _block = first;

        public override long Batch => _block;

        public override ValueGetter<DataViewRowId> GetIdGetter() => (ref DataViewRowId id) => id = new DataViewRowId((ulong)_row, 0);

        protected override bool Advance()
        {
            if (_next >= _store.Rows.Count)
                return false;
            _block = _next / BlockLength;
            _row = order is null ? _next : order[_next];
            _pointer.Row = _store.Rows[_row];
            _next++;
            if (_next % BlockLength == 0)
                _next += (count - 1) * BlockLength;
            return true;
        }

        protected override Delegate CreateGetter(int columnIndex) => view._columns[columnIndex].CreateGetter(_store, _pointer);
    }
}
