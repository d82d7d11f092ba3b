using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>Makes an <see cref="OnnxTransformer"/>.</summary>
public sealed class OnnxScoringEstimator : TrivialEstimator<OnnxTransformer>
{
    internal OnnxScoringEstimator(IHostEnvironment env, OnnxTransformer transformer)
        : base(env, nameof(OnnxTransformer), transformer)
    {
    }

    public override SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        var columns = ByName(inputSchema);
        foreach (var name in Transformer.Inputs)
        {
            if (!inputSchema.TryFindColumn(name, out var column))
                throw Check.MissingColumn(nameof(inputSchema), "input", name);
            var input = Transformer.Model.Inputs.FirstOrDefault(tensor => tensor.Name == name)
                ?? throw new InvalidOperationException($"Column {name} doesn't match input node names of model.");
            // an input of rank 0 is no vector, which the package does not foresee
            var expected = ((VectorDataViewType)input.ColumnType).ItemType;
            if (!column.ItemType.Equals(expected))
                throw Check.ColumnType(nameof(inputSchema), "input", name, expected.ToString(), column.ItemType.ToString());
        }

        for (var i = 0; i < Transformer.Outputs.Length; i++)
        {
            var type = Transformer.OutputTypes[i];
            var kind = type is VectorDataViewType { IsKnownSize: true }
                ? SchemaShape.Column.VectorKind.Vector
                : SchemaShape.Column.VectorKind.VariableVector;
            columns[Transformer.Outputs[i]] = new SchemaShape.Column(Transformer.Outputs[i], kind, type.GetItemType(), false);
        }
        return new SchemaShape(columns.Values);
    }
}
