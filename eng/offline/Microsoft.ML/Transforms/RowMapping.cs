using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>A column that a transformer adds: what it is, which input columns it reads, and how to make its getter over a row.</summary>
internal sealed record AddedColumn(DataViewSchema.DetachedColumn Column, int[] Sources, Func<DataViewRow, Delegate> MakeGetter);

/// <summary>A transformer bound to an input schema.</summary>
internal class RowMapping : IRowToRowMapper
{
    private readonly IReadOnlyList<AddedColumn> _added;

    public RowMapping(DataViewSchema inputSchema, IReadOnlyList<AddedColumn> added)
        : this(ColumnBindings.Append(inputSchema, [.. added.Select(a => a.Column)]), added)
    {
    }

    public RowMapping(ColumnBindings bindings, IReadOnlyList<AddedColumn> added)
    {
        Bindings = bindings;
        _added = added;
    }

    public ColumnBindings Bindings { get; }

    public DataViewSchema InputSchema => Bindings.InputSchema;

    public DataViewSchema OutputSchema => Bindings.OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns)
    {
        var needed = new bool[InputSchema.Count];
        foreach (var column in dependingColumns)
        {
            var origin = Bindings[column.Index];
            foreach (var source in origin >= 0 ? [origin] : _added[~origin].Sources)
                needed[source] = true;
        }
        return [.. InputSchema.Where(column => needed[column.Index])];
    }

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(activeColumns);
        Check.State(input.Schema == InputSchema, "Schema of input row must be the same as the schema the mapper is bound to");
        return new MappedRow(input, new MappedColumns(input, this, activeColumns));
    }

    /// <summary>Whether any of the output columns has to be computed.</summary>
    public bool Computes(IEnumerable<DataViewSchema.Column> columns) => columns.Any(column => Bindings[column.Index] < 0);

    /// <summary>Which added columns are among the output columns.</summary>
    public bool[] ActiveAdded(IEnumerable<DataViewSchema.Column> columns)
    {
        var active = new bool[_added.Count];
        foreach (var column in columns)
        {
            if (Bindings[column.Index] < 0)
                active[~Bindings[column.Index]] = true;
        }
        return active;
    }

    /// <summary>One getter over the row for each active added column, null for the others. State that they keep is theirs alone.</summary>
    public virtual Delegate[] CreateGetters(DataViewRow input, bool[] active) =>
        [.. _added.Select((column, i) => active[i] ? column.MakeGetter(input) : null)];
}
