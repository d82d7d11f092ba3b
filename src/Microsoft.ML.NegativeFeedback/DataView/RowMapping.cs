using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>A column that a <see cref="RowMapping"/> adds.</summary>
internal sealed record AddedColumn(string Name, DataViewType Type, DataViewSchema.Annotations? Annotations = null);

/// <summary>
/// A transformation that adds columns to a row out of the columns of the same row: what ML.NET's internal
/// RowToRowTransformerBase is to its own transformers. <see cref="MappedDataView"/> applies it to a data view,
/// <see cref="RowToRowMapper"/> to a single row. An instance is bound to one input schema and immutable.
/// </summary>
internal abstract class RowMapping
{
    protected RowMapping(DataViewSchema inputSchema, params AddedColumn[] added)
    {
        InputSchema = inputSchema;
        Added = added;
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(inputSchema);
        foreach (var column in added)
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        OutputSchema = builder.ToSchema();
    }

    public DataViewSchema InputSchema { get; }

    /// <summary>The input's columns, then the added ones.</summary>
    public DataViewSchema OutputSchema { get; }

    public IReadOnlyList<AddedColumn> Added { get; }

    /// <summary>The input columns that the added ones are made of.</summary>
    public abstract IEnumerable<DataViewSchema.Column> Inputs { get; }

    /// <summary>
    /// One <see cref="ValueGetter{TValue}"/> an added column. They may share state with each other, never with another call's.
    /// </summary>
    /// <param name="input">A row whose columns <see cref="Inputs"/> are active.</param>
    public abstract Delegate[] CreateGetters(DataViewRow input);

    /// <summary>The input columns behind the given output columns: passed-through ones themselves, <see cref="Inputs"/> where any added one is asked for.</summary>
    public IEnumerable<DataViewSchema.Column> DependenciesOf(IEnumerable<DataViewSchema.Column> outputColumns)
    {
        var needed = new SortedSet<int>();
        foreach (var column in outputColumns)
        {
            if (column.Index < InputSchema.Count)
                needed.Add(column.Index);
            else
                needed.UnionWith(Inputs.Select(input => input.Index));
        }

        return needed.Select(index => InputSchema[index]).ToArray();
    }
}
