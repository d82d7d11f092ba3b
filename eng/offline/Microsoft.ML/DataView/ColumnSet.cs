using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Some columns of a schema.</summary>
internal sealed class ColumnSet
{
    private readonly DataViewSchema _schema;
    private readonly bool[] _members;

    private ColumnSet(DataViewSchema schema, IEnumerable<int> members)
    {
        _schema = schema;
        _members = new bool[schema.Count];
        foreach (var member in members)
            _members[member] = true;
    }

    /// <summary>The columns of the schema in it.</summary>
    public IEnumerable<DataViewSchema.Column> Columns => _schema.Where(Contains);

    public static ColumnSet Of(IEnumerable<DataViewSchema.Column> columns, DataViewSchema schema)
    {
        DataViewSchema.Column[] all = [.. columns];
        foreach (var column in all)
            Check.State(column.Index < schema.Count, $"The requested column '{column.Name}' is not part of the schema");
        return new ColumnSet(schema, all.Select(column => column.Index));
    }

    public bool Contains(DataViewSchema.Column column) => _members[column.Index];

    /// <summary>The set with one more column.</summary>
    public ColumnSet With(params int[] columns) => new(_schema, Columns.Select(column => column.Index).Concat(columns));
}
