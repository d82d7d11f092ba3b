using System.Reflection;
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

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx) => new KeyToValueMappingTransformer(env, LoadColumns(ctx));

    private protected override void SaveModel(ModelSaveContext ctx) => SaveColumns(ctx);

    private protected override AddedColumn MakeColumn(int pair, DataViewSchema.Column input)
    {
        var values = input.Annotations.Schema.GetColumnOrNull(AnnotationKinds.KeyValues)?.Type as VectorDataViewType;
        Check.State(values is not null, "Metadata KeyValues does not exist");
        var keyType = input.Type.GetItemType() as KeyDataViewType;
        Check.State(
            keyType is not null && keyType.Count == (ulong)values.Size, "KeyValues metadata size does not match column type key count");

        var map = (KeyMap)Activator.CreateInstance(
            typeof(KeyMap<,>).MakeGenericType(keyType.RawType, values.ItemType.RawType), BindingFlags.DoNotWrapExceptions, null, [input], null);
        DataViewType type = input.Type is VectorDataViewType vector ? new VectorDataViewType(values.ItemType, vector.Dimensions) : values.ItemType;
        var annotations = new DataViewSchema.Annotations.Builder();
        annotations.Add(input.Annotations, name => name == AnnotationKinds.SlotNames);
        var output = new DataViewSchema.DetachedColumn(ColumnPairs[pair].Output, type, annotations.ToAnnotations());
        return new AddedColumn(output, [input.Index], map.MakeGetter);
    }

    private abstract class KeyMap
    {
        public abstract Delegate MakeGetter(DataViewRow row);
    }

    private sealed class KeyMap<TKey, TValue> : KeyMap
    {
        private readonly DataViewSchema.Column _source;
        private readonly TValue[] _values;
        private readonly TValue _missing = MissingValue.Of<TValue>();
        private readonly Func<TKey, ulong> _toNumber = ValueConversion.Find<TKey, ulong>();

        public KeyMap(DataViewSchema.Column source)
        {
            _source = source;
            var values = default(VBuffer<TValue>);
            source.Annotations.GetValue(AnnotationKinds.KeyValues, ref values);
            _values = [.. values.DenseValues()];
        }

        public override Delegate MakeGetter(DataViewRow row) =>
            _source.Type is VectorDataViewType ? MakeVectorGetter(row) : MakeScalarGetter(row);

        private TValue Map(TKey key)
        {
            // 0 wraps around to beyond the last
            var place = _toNumber(key) - 1;
            return place < (ulong)_values.Length ? _values[place] : _missing;
        }

        private ValueGetter<TValue> MakeScalarGetter(DataViewRow row)
        {
            var getter = row.GetGetter<TKey>(_source);
            TKey key = default;
            return (ref TValue value) =>
            {
                getter(ref key);
                value = Map(key);
            };
        }

        private ValueGetter<VBuffer<TValue>> MakeVectorGetter(DataViewRow row)
        {
            var getter = row.GetGetter<VBuffer<TKey>>(_source);
            VBuffer<TKey> keys = default;
            VBuffer<TKey> dense = default;
            return (ref VBuffer<TValue> values) =>
            {
                getter(ref keys);
                keys.CopyToDense(ref dense);
                var items = dense.GetValues();
                var editor = VBufferEditor.Create(ref values, items.Length);
                for (var slot = 0; slot < items.Length; slot++)
                    editor.Values[slot] = Map(items[slot]);
                values = editor.Commit();
            };
        }
    }
}
