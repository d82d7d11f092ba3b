using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The columns of a mapping over one row or cursor.</summary>
internal sealed class MappedColumns
{
    private readonly DataViewRow _input;
    private readonly ColumnBindings _bindings;
    private readonly Delegate[] _getters;

    public MappedColumns(DataViewRow input, RowMapping mapping, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        _input = input;
        _bindings = mapping.Bindings;
        _getters = mapping.CreateGetters(input, mapping.ActiveAdded(activeColumns));
    }

    public DataViewSchema Schema => _bindings.OutputSchema;

    public bool IsActive(DataViewSchema.Column column)
    {
        var origin = _bindings[column.Index];
        return origin >= 0 ? _input.IsColumnActive(_input.Schema[origin]) : _getters[~origin] is not null;
    }

    public ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        var origin = _bindings[column.Index];
        if (origin >= 0)
            return _input.GetGetter<TValue>(_input.Schema[origin]);
        var getter = _getters[~origin];
        Check.State(getter is not null, $"Column '{column.Name}' is not active.");
        return CursorErrors.Cast<TValue>(getter, column);
    }
}

/// <summary>A row with the columns of a mapping.</summary>
internal sealed class MappedRow(DataViewRow input, MappedColumns columns) : DataViewRow
{
    public override DataViewSchema Schema => columns.Schema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => columns.IsActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => columns.GetGetter<TValue>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A cursor with the columns of a mapping, of which only those asked for are active.</summary>
internal sealed class MappedCursor(DataViewRowCursor input, RowMapping mapping, IReadOnlyCollection<DataViewSchema.Column> activeColumns)
    : DataViewRowCursor
{
    private readonly MappedColumns _columns = new(input, mapping, activeColumns);
    private readonly HashSet<int> _active = [.. activeColumns.Select(column => column.Index)];

    public override DataViewSchema Schema => _columns.Schema;

    public override long Position => input.Position;

    public override long Batch => input.Batch;

    public override bool MoveNext() => input.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _active.Contains(column.Index);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
    {
        Check.State(IsColumnActive(column), $"Column '{column.Name}' is not active.");
        return _columns.GetGetter<TValue>(column);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            input.Dispose();
        base.Dispose(disposing);
    }
}
