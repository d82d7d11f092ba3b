namespace Microsoft.ML.Data;

/// <summary>Where each column of an output schema comes from: a column of the input schema, or one that was added.</summary>
internal sealed class ColumnBindings
{
    // output column → input column, or the complement of the index among the added columns
    private readonly int[] _origins;

    private ColumnBindings(DataViewSchema inputSchema, int[] origins, IReadOnlyList<DataViewSchema.DetachedColumn> added)
    {
        InputSchema = inputSchema;
        _origins = origins;
        var builder = new DataViewSchema.Builder();
        builder.AddColumns(origins.Select(origin => origin >= 0 ? new DataViewSchema.DetachedColumn(inputSchema[origin]) : added[~origin]));
        OutputSchema = builder.ToSchema();
    }

    public DataViewSchema InputSchema { get; }

    public DataViewSchema OutputSchema { get; }

    /// <summary>The input column that an output column passes on, or the complement of an added column's index.</summary>
    public int this[int outputColumn] => _origins[outputColumn];

    /// <summary>All input columns and the added ones: after the last column of their name, which they hide, else at the end.</summary>
    public static ColumnBindings Append(DataViewSchema inputSchema, IReadOnlyList<DataViewSchema.DetachedColumn> added)
    {
        var origins = new List<int>(Enumerable.Range(0, inputSchema.Count));
        for (var i = 0; i < added.Count; i++)
        {
            var last = origins.FindLastIndex(origin => NameOf(origin) == added[i].Name);
            origins.Insert(last < 0 ? origins.Count : last + 1, ~i);
        }
        return new ColumnBindings(inputSchema, [.. origins], added);

        string NameOf(int origin) => origin >= 0 ? inputSchema[origin].Name : added[~origin].Name;
    }

    /// <summary>Some of the input columns, in the order of their indices in the array.</summary>
    public static ColumnBindings Select(DataViewSchema inputSchema, int[] inputColumns) => new(inputSchema, inputColumns, []);
}
