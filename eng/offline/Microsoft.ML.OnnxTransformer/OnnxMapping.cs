using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>An <see cref="OnnxTransformer"/> bound to an input schema.</summary>
internal sealed class OnnxMapping : RowMapping
{
    // a model that ML.NET itself exported names its outputs so
    private const string ExportedSuffix = ".output";

    private readonly OnnxTransformer _transformer;
    private readonly OnnxInput[] _inputs;

    public OnnxMapping(OnnxTransformer transformer, DataViewSchema inputSchema, OnnxInput[] inputs)
        : base(inputSchema, AddedColumns(transformer, [.. inputs.Select(input => input.Column.Index)]))
    {
        _transformer = transformer;
        _inputs = inputs;
    }

    public override Delegate[] CreateGetters(DataViewRow input, bool[] active)
    {
        // one run gives all active outputs of a row
        var outputs = new OnnxOutput[active.Length];
        for (var i = 0; i < active.Length; i++)
            outputs[i] = active[i] ? OnnxOutput.Create(_transformer.Outputs[i], _transformer.OutputTypes[i]) : null;
        OnnxOutput[] activeOutputs = [.. outputs.Where(output => output is not null)];
        string[] names = [.. activeOutputs.Select(output => output.Name)];
        Func<NamedOnnxValue>[] readers = activeOutputs.Length == 0 ? [] : [.. _inputs.Select(column => column.MakeReader(input))];
        var lastPosition = -1L;
        void Refresh()
        {
            if (input.Position == lastPosition)
                return;
            using (var results = _transformer.Model.Run([.. readers.Select(read => read())], names))
            {
                foreach (var output in activeOutputs)
                    output.Take(results.First(result => result.Name == output.Name));
            }
            lastPosition = input.Position;
        }
        return [.. outputs.Select(output => output?.MakeGetter(Refresh))];
    }

    private static AddedColumn[] AddedColumns(OnnxTransformer transformer, int[] sources) => [.. transformer.Outputs.Select((name, i) =>
    {
        var columnName = name.EndsWith(ExportedSuffix, StringComparison.Ordinal) ? name.Replace(ExportedSuffix, "") : name;
        return new AddedColumn(new DataViewSchema.DetachedColumn(columnName, transformer.OutputTypes[i]), sources, MakeGetter: null);
    })];
}

/// <summary>The value of one output for the row of the last run.</summary>
internal abstract class OnnxOutput(string name)
{
    public string Name { get; } = name;

    public static OnnxOutput Create(string name, DataViewType type)
    {
        if (type is not VectorDataViewType vector)
            throw new NotSupportedException($"Output '{name}' of the ONNX model has rank 0: outputs must be vectors.");
        return vector.ItemType is TextDataViewType
            ? new OnnxTextOutput(name)
            : TransformHelpers.CreateGeneric<OnnxOutput>(typeof(OnnxOutput<>), [vector.ItemType.RawType], name);
    }

    /// <summary>Copies the value, which does not outlive its run.</summary>
    public abstract void Take(NamedOnnxValue value);

    public abstract Delegate MakeGetter(Action refresh);
}

internal class OnnxOutput<T>(string name) : OnnxOutput(name)
{
    private T[] _values;

    public override void Take(NamedOnnxValue value) => _values = Read(value);

    public override Delegate MakeGetter(Action refresh)
    {
        void Get(ref VBuffer<T> destination)
        {
            refresh();
            var editor = VBufferEditor.Create(ref destination, _values.Length);
            _values.CopyTo(editor.Values);
            destination = editor.Commit();
        }
        return (ValueGetter<VBuffer<T>>)Get;
    }

    protected virtual T[] Read(NamedOnnxValue value) => [.. value.AsTensor<T>()];
}

internal sealed class OnnxTextOutput(string name) : OnnxOutput<ReadOnlyMemory<char>>(name)
{
    protected override ReadOnlyMemory<char>[] Read(NamedOnnxValue value) => [.. value.AsTensor<string>().Select(text => text.AsMemory())];
}
