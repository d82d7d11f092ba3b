using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Maps keys back to what they stand for, by the <c>KeyValues</c> annotation of their column.</summary>
public sealed class KeyToValueMappingEstimator : TrivialEstimator<KeyToValueMappingTransformer>
{
    internal KeyToValueMappingEstimator(IHostEnvironment env, (string Output, string Input)[] columns)
        : base(env, nameof(KeyToValueMappingEstimator), new KeyToValueMappingTransformer(env, columns))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = ByName(inputSchema);
        foreach (var (output, input) in Transformer.ColumnPairs)
        {
            if (!inputSchema.TryFindColumn(input, out var column))
                throw Check.MissingColumn(nameof(inputSchema), "input", input);
            if (!column.IsKey)
                throw Check.ColumnType(nameof(inputSchema), "input", input, "KeyType", column.GetTypeString());
            Check.Parameter(
                column.Annotations.TryFindColumn(AnnotationKinds.KeyValues, out var values),
                nameof(inputSchema),
                $"Input column '{input}' doesn't contain key values metadata");
            var hasSlotNames = column.Annotations.TryFindColumn(AnnotationKinds.SlotNames, out var slotNames);
            columns[output] = new SchemaShape.Column(
                output, column.Kind, values.ItemType, values.IsKey, hasSlotNames ? new SchemaShape([slotNames]) : null);
        }
        return new SchemaShape(columns.Values);
    }
}

/// <inheritdoc cref="KeyToValueMappingEstimator"/>
[LoadableModel]
public sealed class KeyToValueMappingTransformer : OneToOneTransformerBase
{
    internal KeyToValueMappingTransformer(IHostEnvironment env, (string Output, string Input)[] columns)
        : base(env, nameof(KeyToValueMappingTransformer), columns)
    {
    }

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx) =>
        new KeyToValueMappingTransformer(env, LoadColumns(ctx));

    private protected override void SaveModel(ModelSaveContext ctx) => SaveColumns(ctx);

    private protected override AddedColumn MakeColumn(int pair, DataViewSchema.Column input)
    {
        var values = input.Annotations.Schema.GetColumnOrNull(AnnotationKinds.KeyValues)?.Type as VectorDataViewType;
        Check.State(values is not null, "Metadata KeyValues does not exist");
        var keyType = input.Type.GetItemType() as KeyDataViewType;
        Check.State(
            keyType is not null && keyType.Count == (ulong)values.Size, "KeyValues metadata size does not match column type key count");

        var map = TransformHelpers.CreateGeneric<KeyMap>(typeof(KeyMap<,>), [keyType.RawType, values.ItemType.RawType], input);
        var type = input.Type.WithItemType(values.ItemType);
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(input.Annotations, name => name == AnnotationKinds.SlotNames);
        var output = new DataViewSchema.DetachedColumn(ColumnPairs[pair].Output, type, annotations.ToAnnotations());
        return new AddedColumn(output, [input.Index], map.MakeGetter);
    }
}
