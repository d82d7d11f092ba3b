using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Scores rows with an ONNX model, one row a run.</summary>
[LoadableModel]
public sealed class OnnxTransformer : RowToRowTransformerBase, IDisposable
{
    private const string ModelEntry = "OnnxModel";

    internal OnnxTransformer(IHostEnvironment env, string[] outputs, string[] inputs, OnnxModel model)
        : base(env, nameof(OnnxTransformer))
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(outputs);
        foreach (var name in inputs.Concat(outputs))
            ArgumentException.ThrowIfNullOrWhiteSpace(name);
        Model = model;
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
        var inputs = ctx.ReadNames();
        var outputs = ctx.ReadNames();
        var context = env as IHostEnvironmentInternal;
        var source = OnnxModelSource.OfBytes(ctx.LoadBytes(ModelEntry));
        return new OnnxTransformer(
            env, outputs, inputs, new OnnxModel(env, source, context?.GpuDeviceId, context?.FallbackToCpu ?? false));
    }

    private protected override void SaveModel(ModelSaveContext ctx)
    {
        ctx.SaveBytes(ModelEntry, Model.Source.ReadAll());
        ctx.WriteNames(Inputs);
        ctx.WriteNames(Outputs);
    }

    private protected override RowMapping MakeMapping(DataViewSchema inputSchema) =>
        new OnnxMapping(this, inputSchema, [.. Inputs.Select(name => OnnxInput.Create(Model.GetInput(name), inputSchema))]);
}
