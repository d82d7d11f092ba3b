using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Converts columns to another number type, to truth values or to text.</summary>
public sealed class TypeConvertingEstimator : TrivialEstimator<TypeConvertingTransformer>
{
    internal TypeConvertingEstimator(IHostEnvironment env, (string Output, string Input)[] columns, DataKind outputKind)
        : base(env, nameof(TypeConvertingEstimator), new TypeConvertingTransformer(env, columns, outputKind))
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = ByName(inputSchema);
        var type = Transformer.ItemType;
        foreach (var (output, input) in Transformer.ColumnPairs)
        {
            if (!inputSchema.TryFindColumn(input, out var column))
                throw Check.MissingColumn(nameof(inputSchema), "input", input);
            Check.Parameter(
                ValueConversion.FindOrNull(column.ItemType.RawType, type.RawType) is not null,
                nameof(inputSchema),
                $"Don't know how to convert {input} into {type}");
            // the package, too, forgets here that keys become keys
            columns[output] = new SchemaShape.Column(output, column.Kind, type, false, column.Annotations);
        }
        return new SchemaShape(columns.Values);
    }
}

/// <inheritdoc cref="TypeConvertingEstimator"/>
[LoadableModel]
public sealed class TypeConvertingTransformer : OneToOneTransformerBase
{
    private readonly DataKind _outputKind;

    internal TypeConvertingTransformer(IHostEnvironment env, (string Output, string Input)[] columns, DataKind outputKind)
        : base(env, nameof(TypeConvertingTransformer), columns)
    {
        _outputKind = outputKind;
        ItemType = DataViewTypes.FromType(RawTypeOf(outputKind));
    }

    internal PrimitiveDataViewType ItemType { get; }

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx) =>
        new TypeConvertingTransformer(env, LoadColumns(ctx), (DataKind)ctx.Reader.ReadByte());

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        SaveColumns(ctx);
        ctx.Writer.Write((byte)_outputKind);
    }

    private protected override AddedColumn MakeColumn(int pair, DataViewSchema.Column input)
    {
        var sourceType = (input.Type.GetItemType() as PrimitiveDataViewType)?.RawType;
        // keys become wider or narrower keys, as far as there are so many
        var keyType = input.Type.GetItemType() as KeyDataViewType;
        var canHold = keyType is null
            || (KeyDataViewType.IsValidDataType(ItemType.RawType) && keyType.Count <= KeyDataViewType.MaximumCount(ItemType.RawType));
        Check.Parameter(
            canHold && sourceType is not null && ValueConversion.FindOrNull(sourceType, ItemType.RawType) is not null,
            "inputSchema",
            $"source column '{input.Name}' with item type '{input.Type}' is not compatible with destination type '{ItemType}'");

        var itemType = keyType is null ? ItemType : new KeyDataViewType(ItemType.RawType, keyType.Count);
        var type = input.Type.WithItemType(itemType);
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(input.Annotations, name => name == AnnotationKinds.SlotNames && type is VectorDataViewType { IsKnownSize: true });
        annotations.Add(input.Annotations, name => name == AnnotationKinds.KeyValues && keyType is not null);
        var converter = TransformHelpers.CreateGeneric<Converter>(typeof(Converter<,>), [sourceType, ItemType.RawType]);
        return new AddedColumn(
            new DataViewSchema.DetachedColumn(ColumnPairs[pair].Output, type, annotations.ToAnnotations()),
            [input.Index],
            row => converter.MakeGetter(row, input));
    }

    private static Type RawTypeOf(DataKind kind) => kind switch
    {
        DataKind.SByte => typeof(sbyte),
        DataKind.Byte => typeof(byte),
        DataKind.Int16 => typeof(short),
        DataKind.UInt16 => typeof(ushort),
        DataKind.Int32 => typeof(int),
        DataKind.UInt32 => typeof(uint),
        DataKind.Int64 => typeof(long),
        DataKind.UInt64 => typeof(ulong),
        DataKind.Single => typeof(float),
        DataKind.Double => typeof(double),
        DataKind.String => typeof(ReadOnlyMemory<char>),
        DataKind.Boolean => typeof(bool),
        _ => throw new NotSupportedException($"This stand-in converts nothing to {kind}."),
    };

    private abstract class Converter
    {
        public abstract Delegate MakeGetter(DataViewRow row, DataViewSchema.Column column);
    }

    private sealed class Converter<TSource, TDestination> : Converter
    {
        private readonly Func<TSource, TDestination> _convert = ValueConversion.Find<TSource, TDestination>();

        public override Delegate MakeGetter(DataViewRow row, DataViewSchema.Column column)
        {
            if (column.Type is VectorDataViewType)
                return MakeVectorGetter(row.GetGetter<VBuffer<TSource>>(column));
            var getter = row.GetGetter<TSource>(column);
            TSource value = default;
            return (ValueGetter<TDestination>)((ref TDestination destination) =>
            {
                getter(ref value);
                destination = _convert(value);
            });
        }

        private ValueGetter<VBuffer<TDestination>> MakeVectorGetter(ValueGetter<VBuffer<TSource>> getter)
        {
            VBuffer<TSource> values = default;
            VBuffer<TSource> dense = default;
            return (ref VBuffer<TDestination> destination) =>
            {
                getter(ref values);
                values.CopyToDense(ref dense);
                var items = dense.GetValues();
                var editor = VBufferEditor.Create(ref destination, items.Length);
                for (var slot = 0; slot < items.Length; slot++)
                    editor.Values[slot] = _convert(items[slot]);
                destination = editor.Commit();
            };
        }
    }
}
