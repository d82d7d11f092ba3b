using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Scores rows with an ONNX model, one row a run.</summary>
[LoadableModel]
public sealed class OnnxTransformer : RowToRowTransformerBase, IDisposable
{
    private const string ModelEntry = "OnnxModel";

    internal OnnxTransformer(IHostEnvironment env, string[] outputs, string[] inputs, OnnxModelSource source, OnnxModelSettings settings)
        : base(env, nameof(OnnxTransformer))
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        foreach (var name in inputs.Concat(outputs))
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Model = new OnnxModel(env, source, settings);
        // none named: all of the model's
        Inputs = inputs.Length > 0 ? inputs : [.. Model.Inputs.Select(input => input.Name)];
        Outputs = outputs.Length > 0 ? outputs : [.. Model.Outputs.Select(output => output.Name)];
        OutputTypes = [.. Outputs.Select(output => Model.GetOutput(output).ColumnType)];
    }

    internal OnnxModel Model { get; }

    internal string[] Inputs { get; }

    internal string[] Outputs { get; }

    internal DataViewType[] OutputTypes { get; }

    public void Dispose() => Model.Dispose();

    internal static ITransformer Load(IHostEnvironment env, ModelLoadContext ctx)
    {
        var inputs = ReadNames(ctx);
        var outputs = ReadNames(ctx);
        var shapes = new Dictionary<string, int[]>();
        for (var count = ctx.ReadCount(); count > 0; count--)
        {
            var name = ctx.Reader.ReadString();
            shapes.Add(name, new int[ctx.ReadCount()]);
            for (var axis = 0; axis < shapes[name].Length; axis++)
                shapes[name][axis] = ctx.Reader.ReadInt32();
        }
        var context = env as IHostEnvironmentInternal;
        var settings = new OnnxModelSettings
        {
            Shapes = shapes,
            GpuDeviceId = context?.GpuDeviceId,
            FallbackToCpu = context?.FallbackToCpu ?? false,
        };
        return new OnnxTransformer(env, outputs, inputs, OnnxModelSource.OfBytes(ctx.LoadBytes(ModelEntry)), settings);
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SaveBytes(ModelEntry, Model.Source.ReadAll());
        WriteNames(ctx, Inputs);
        WriteNames(ctx, Outputs);
        var shapes = Model.Settings.Shapes ?? new Dictionary<string, int[]>();
        ctx.Writer.Write(shapes.Count);
        foreach (var (name, shape) in shapes)
        {
            ctx.Writer.Write(name);
            ctx.Writer.Write(shape.Length);
            foreach (var dimension in shape)
                ctx.Writer.Write(dimension);
        }
    }

    private protected override RowMapping MakeMapping(DataViewSchema inputSchema) =>
        new OnnxMapping(this, inputSchema, [.. Inputs.Select(name => OnnxInput.Create(Model.GetInput(name), inputSchema))]);

    private static void WriteNames(ModelSaveContext ctx, string[] names)
    {
        ctx.Writer.Write(names.Length);
        foreach (var name in names)
            ctx.Writer.Write(name);
    }

    private static string[] ReadNames(ModelLoadContext ctx)
    {
        var names = new string[ctx.ReadCount()];
        for (var i = 0; i < names.Length; i++)
            names[i] = ctx.Reader.ReadString();
        return names;
    }
}
