using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Copies columns under other names, annotations included.</summary>
public sealed class ColumnCopyingEstimator : TrivialEstimator<ColumnCopyingTransformer>
{
    internal ColumnCopyingEstimator(IHostEnvironment env, string outputColumnName, string inputColumnName)
        : base(env, nameof(ColumnCopyingEstimator), new ColumnCopyingTransformer(env, [(outputColumnName, inputColumnName)]))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = ByName(inputSchema);
        foreach (var (output, input) in Transformer.ColumnPairs)
        {
            if (!inputSchema.TryFindColumn(input, out var column))
                throw Check.MissingColumn(nameof(inputSchema), "input", input);
            columns[output] = new SchemaShape.Column(output, column.Kind, column.ItemType, column.IsKey, column.Annotations);
        }
        return new SchemaShape(columns.Values);
    }
}

/// <inheritdoc cref="ColumnCopyingEstimator"/>
[LoadableModel]
public sealed class ColumnCopyingTransformer : OneToOneTransformerBase
{
    internal ColumnCopyingTransformer(IHostEnvironment env, (string Output, string Input)[] columns)
        : base(env, nameof(ColumnCopyingTransformer), columns)
    {
    }

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx) => new ColumnCopyingTransformer(env, LoadColumns(ctx));

    private protected override void SaveModel(ModelSaveContext ctx) => SaveColumns(ctx);

    private protected override AddedColumn MakeColumn(int pair, DataViewSchema.Column input)
    {
        var output = new DataViewSchema.DetachedColumn(ColumnPairs[pair].Output, input.Type, input.Annotations);
        return new AddedColumn(output, [input.Index], row => row.GetGetterAsDelegate(input));
    }
}
