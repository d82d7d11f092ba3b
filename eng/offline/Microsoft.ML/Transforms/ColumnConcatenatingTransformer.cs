using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Joins columns of one item type, scalars and vectors, into a vector.</summary>
[LoadableModel]
public sealed class ColumnConcatenatingTransformer : RowToRowTransformerBase
{
    private readonly string _outputColumnName;
    private readonly string[] _inputColumnNames;

    internal ColumnConcatenatingTransformer(IHostEnvironment env, string outputColumnName, string[] inputColumnNames)
        : base(env, nameof(ColumnConcatenatingTransformer))
    {
        _outputColumnName = outputColumnName;
        _inputColumnNames = inputColumnNames;
    }

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx)
    {
        var output = ctx.Reader.ReadString();
        var inputs = new string[ctx.ReadCount()];
        for (var i = 0; i < inputs.Length; i++)
            inputs[i] = ctx.Reader.ReadString();
        return new ColumnConcatenatingTransformer(env, output, inputs);
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.Writer.Write(_outputColumnName);
        ctx.Writer.Write(_inputColumnNames.Length);
        foreach (var name in _inputColumnNames)
            ctx.Writer.Write(name);
    }

    private protected override RowMapping MakeMapping(DataViewSchema inputSchema)
    {
        DataViewSchema.Column[] sources = [.. _inputColumnNames.Select(name => inputSchema.GetColumnOrNull(name)
            ?? throw Check.MissingColumn(nameof(inputSchema), "input", name))];
        var itemType = (PrimitiveDataViewType)sources[0].Type.GetItemType();
        foreach (var source in sources)
        {
            if (!source.Type.GetItemType().Equals(itemType))
                throw Check.ColumnType(nameof(inputSchema), "input", source.Name, itemType.ToString(), source.Type.ToString());
        }

        var joiner = TransformHelpers.CreateGeneric<Joiner>(typeof(Joiner<>), [itemType.RawType], [sources]);
        int[] indices = [.. sources.Select(source => source.Index)];
        return new RowMapping(inputSchema, [new AddedColumn(OutputColumn(sources, itemType), indices, joiner.MakeGetter)]);
    }

    private DataViewSchema.DetachedColumn OutputColumn(DataViewSchema.Column[] sources, PrimitiveDataViewType itemType)
    {
        if (sources is [{ Type: VectorDataViewType } only])
            return new DataViewSchema.DetachedColumn(_outputColumnName, only.Type, only.Annotations);
        var sizes = sources.Select(source => (source.Type as VectorDataViewType)?.Size ?? 1).ToArray();
        var size = sizes.Contains(0) ? 0 : sizes.Sum();
        var annotations = new DataViewSchema.Annotations.Builder();
        if (size > 0 && sources.Any(source => source.Type is not VectorDataViewType || source.HasSlotNames()))
        {
            annotations.Add(
                AnnotationKinds.SlotNames,
                new VectorDataViewType(TextDataViewType.Instance, size),
                (ref VBuffer<ReadOnlyMemory<char>> value) => value = new(size, [.. sources.SelectMany(SlotNames)]));
        }
        return new DataViewSchema.DetachedColumn(_outputColumnName, new VectorDataViewType(itemType, size), annotations.ToAnnotations());
    }

    private static IEnumerable<ReadOnlyMemory<char>> SlotNames(DataViewSchema.Column column)
    {
        if (column.Type is not VectorDataViewType vector)
            return [column.Name.AsMemory()];
        if (!column.HasSlotNames())
            return new ReadOnlyMemory<char>[vector.Size];
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        column.GetSlotNames(ref names);
        return names.DenseValues().Select(name => name.IsEmpty ? name : $"{column.Name}.{name}".AsMemory()).ToArray();
    }

    private abstract class Joiner
    {
        public abstract Delegate MakeGetter(DataViewRow row);
    }

    private sealed class Joiner<T>(DataViewSchema.Column[] sources) : Joiner
    {
        public override Delegate MakeGetter(DataViewRow row)
        {
            Action<List<T>>[] parts = [.. sources.Select(source => MakePart(row, source))];
            var items = new List<T>();
            void Get(ref VBuffer<T> value)
            {
                items.Clear();
                foreach (var part in parts)
                    part(items);
                var editor = VBufferEditor.Create(ref value, items.Count);
                items.CopyTo(editor.Values);
                value = editor.Commit();
            }
            return (ValueGetter<VBuffer<T>>)Get;
        }

        private static Action<List<T>> MakePart(DataViewRow row, DataViewSchema.Column source)
        {
            if (source.Type is not VectorDataViewType vector)
            {
                var scalarGetter = row.GetGetter<T>(source);
                T scalar = default;
                return items =>
                {
                    scalarGetter(ref scalar);
                    items.Add(scalar);
                };
            }

            var vectorGetter = row.GetGetter<VBuffer<T>>(source);
            VBuffer<T> buffer = default;
            return items =>
            {
                vectorGetter(ref buffer);
                Check.State(
                    !vector.IsKnownSize || vector.Size == buffer.Length,
                    $"Column '{source.Name}': expected {vector.Size} slots, but got {buffer.Length}");
                items.AddRange(buffer.DenseValues());
            };
        }
    }
}
