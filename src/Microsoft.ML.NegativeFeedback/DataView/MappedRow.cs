using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>What a mapped row and a mapped cursor share: which output columns are active, and their getters.</summary>
internal sealed class MappedColumns
{
    private readonly RowMapping _mapping;
    private readonly DataViewRow _input;
    private readonly bool[] _isActive;
    private readonly Delegate[]? _added;

    public MappedColumns(RowMapping mapping, DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        _mapping = mapping;
        _input = input;
        _isActive = new bool[mapping.OutputSchema.Count];
        foreach (var column in activeColumns)
            _isActive[column.Index] = true;
        if (_isActive.AsSpan(mapping.InputSchema.Count).Contains(true))
            _added = mapping.CreateGetters(input);
    }

    public bool IsActive(DataViewSchema.Column column) => column.Index < _isActive.Length && _isActive[column.Index];

    public ValueGetter<TValue> Getter<TValue>(DataViewSchema.Column column)
    {
        if (!IsActive(column))
            throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor was made; ask for it there.");
        if (column.Index < _mapping.InputSchema.Count)
            return _input.GetGetter<TValue>(_mapping.InputSchema[column.Index]);
        return _added![column.Index - _mapping.InputSchema.Count] as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type}, which is not read as {typeof(TValue)}.");
    }
}

/// <summary>One row with the columns of a <see cref="RowMapping"/> added.</summary>
internal sealed class MappedRow : DataViewRow
{
    private readonly DataViewRow _input;
    private readonly MappedColumns _columns;

    public MappedRow(RowMapping mapping, DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        _input = input;
        Schema = mapping.OutputSchema;
        _columns = new MappedColumns(mapping, input, activeColumns);
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.IsActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _columns.Getter<TValue>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>A cursor with the columns of a <see cref="RowMapping"/> added.</summary>
internal sealed class MappedCursor : DataViewRowCursor
{
    private readonly DataViewRowCursor _input;
    private readonly MappedColumns _columns;

    public MappedCursor(RowMapping mapping, DataViewRowCursor input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        _input = input;
        Schema = mapping.OutputSchema;
        _columns = OrClose([input], () => new MappedColumns(mapping, input, activeColumns));
    }

    /// <summary>Makes cursors, or a part of one, over sources, which are closed where that fails: nobody gets the cursors, so that nobody else can.</summary>
    public static T OrClose<T>(IReadOnlyList<DataViewRowCursor> sources, Func<T> create)
    {
        try
        {
            return create();
        }
        catch
        {
            // to close one twice does no harm
            foreach (var source in sources)
                source.Dispose();
            throw;
        }
    }

    public override DataViewSchema Schema { get; }

    public override long Position => _input.Position;

    public override long Batch => _input.Batch;

    public override bool MoveNext() => _input.MoveNext();

    public override ValueGetter<DataViewRowId> GetIdGetter() => _input.GetIdGetter();

    public override bool IsColumnActive(DataViewSchema.Column column) => _columns.IsActive(column);

    public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column) => _columns.Getter<TValue>(column);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _input.Dispose();
        base.Dispose(disposing);
    }
}
