using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Drops columns, with those that are hidden by their names.</summary>
public sealed class ColumnSelectingEstimator : TrivialEstimator<ColumnSelectingTransformer>
{
    internal ColumnSelectingEstimator(IHostEnvironment env, string[] dropColumns)
        : base(env, nameof(ColumnSelectingEstimator), new ColumnSelectingTransformer(env, dropColumns))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        Transformer.CheckNames(inputSchema.Select(column => column.Name), nameof(inputSchema));
        return new SchemaShape(inputSchema.Where(column => Transformer.Keeps(column.Name)));
    }
}

/// <inheritdoc cref="ColumnSelectingEstimator"/>
[LoadableModel]
public sealed class ColumnSelectingTransformer : ITransformer
{
    private readonly string[] _names;

    internal ColumnSelectingTransformer(IHostEnvironment env, string[] dropColumns)
    {
        ArgumentNullException.ThrowIfNull(env);
        env.Register(nameof(ColumnSelectingTransformer));
        Check.State(dropColumns is { Length: > 0 }, "The columns to drop must be specified.");
        _names = dropColumns;
    }

    bool ITransformer.IsRowToRowMapper => true;

    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => Bind(inputSchema).OutputSchema;

    public IDataView Transform(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return new MappedDataView(input, Bind(input.Schema));
    }

    IRowToRowMapper ITransformer.GetRowToRowMapper(DataViewSchema inputSchema) => Bind(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx)
    {
        ArgumentNullException.ThrowIfNull(ctx);
        ctx.Begin(GetType());
        ctx.WriteNames(_names);
    }

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx) => new ColumnSelectingTransformer(env, ctx.ReadNames());

    internal bool Keeps(string name) => !_names.Contains(name);

    internal void CheckNames(IEnumerable<string> inputNames, string parameterName)
    {
        var missing = _names.Except(inputNames).ToArray();
        if (missing.Length > 0)
            throw Check.MissingColumn(parameterName, "input", string.Join(",", missing));
    }

    private RowMapping Bind(DataViewSchema inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        CheckNames(inputSchema.Select(column => column.Name), nameof(inputSchema));
        var kept = inputSchema.Where(column => Keeps(column.Name));
        return new RowMapping(ColumnBindings.Select(inputSchema, [.. kept.Select(column => column.Index)]), []);
    }
}
