using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Mappers that run one after another.</summary>
internal sealed class ChainMapper(DataViewSchema inputSchema, IReadOnlyList<IRowToRowMapper> mappers) : IRowToRowMapper
{
    public DataViewSchema InputSchema => inputSchema;

    public DataViewSchema OutputSchema => mappers.Count == 0 ? inputSchema : mappers[^1].OutputSchema;

    public IEnumerable<DataViewSchema.Column> GetDependencies(IEnumerable<DataViewSchema.Column> dependingColumns) =>
        mappers.Reverse().Aggregate(dependingColumns, (columns, mapper) => mapper.GetDependencies(columns));

    public DataViewRow GetRow(DataViewRow input, IEnumerable<DataViewSchema.Column> activeColumns)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(activeColumns);
        Check.Parameter(input.Schema == InputSchema, nameof(input), "Schema did not match original schema");

        // what each mapper has to give is what the next one depends on
        var active = new IEnumerable<DataViewSchema.Column>[mappers.Count + 1];
        active[^1] = [.. activeColumns];
        for (var i = mappers.Count - 1; i >= 0; i--)
            active[i] = [.. mappers[i].GetDependencies(active[i + 1])];
        foreach (var column in active[0])
            Check.Parameter(input.IsColumnActive(column), nameof(input), $"Mapper required column '{column.Name}' active but it was not.");

        var row = input;
        for (var i = 0; i < mappers.Count; i++)
            row = mappers[i].GetRow(row, active[i + 1]);
        return row;
    }
}
