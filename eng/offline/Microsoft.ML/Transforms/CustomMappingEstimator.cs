using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Makes a <see cref="CustomMappingTransformer{TSrc, TDst}"/>.</summary>
public sealed class CustomMappingEstimator<TSrc, TDst> : TrivialEstimator<CustomMappingTransformer<TSrc, TDst>>
    where TSrc : class, new()
    where TDst : class, new()
{
    internal CustomMappingEstimator(IHostEnvironment env, CustomMappingTransformer<TSrc, TDst> transformer)
        : base(env, nameof(CustomMappingEstimator<TSrc, TDst>), transformer)
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = ByName(inputSchema);
        foreach (var wanted in ObjectColumns<TSrc>.Create(Transformer.InputSchemaDefinition, SchemaDefinition.Direction.Both).Columns)
        {
            if (!columns.TryGetValue(wanted.Name, out var column))
                throw Check.MissingColumn(nameof(inputSchema), "input", wanted.Name);
            if (!Accepts(wanted.Type, column))
                throw Check.ColumnType(nameof(inputSchema), "input", wanted.Name, wanted.Type.ToString(), column.GetTypeString());
        }
        foreach (var added in SchemaShape.Create(Transformer.AddedColumns.Schema))
            columns[added.Name] = added;
        return new SchemaShape(columns.Values);
    }

    // a vector of varying size takes one of known size too
    private static bool Accepts(DataViewType wanted, SchemaShape.Column column)
    {
        SchemaShape.GetColumnTypeShape(wanted, out var kind, out var itemType, out var isKey);
        return itemType.Equals(column.ItemType)
            && isKey == column.IsKey
            && (kind == column.Kind
                || (kind, column.Kind) is (SchemaShape.Column.VectorKind.VariableVector, SchemaShape.Column.VectorKind.Vector));
    }
}
