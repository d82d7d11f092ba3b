using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms;

/// <summary>Joins columns of one item type, scalars and vectors, into a vector.</summary>
public sealed class ColumnConcatenatingEstimator : IEstimator<ColumnConcatenatingTransformer>
{
    private readonly IHost _host;
    private readonly string _outputColumnName;
    private readonly string[] _inputColumnNames;

    internal ColumnConcatenatingEstimator(IHostEnvironment env, string outputColumnName, string[] inputColumnNames)
    {
        ArgumentNullException.ThrowIfNull(env);
        ArgumentNullException.ThrowIfNull(inputColumnNames);
        _host = env.Register(nameof(ColumnConcatenatingEstimator));
        Check.NonEmpty(outputColumnName, nameof(outputColumnName));
        Check.Parameter(inputColumnNames.Length > 0, nameof(inputColumnNames), "There must be an input column.");
        _outputColumnName = outputColumnName;
        _inputColumnNames = inputColumnNames;
    }

    public ColumnConcatenatingTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        var transformer = new ColumnConcatenatingTransformer(_host, _outputColumnName, _inputColumnNames);
        transformer.GetOutputSchema(input.Schema);
        return transformer;
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        var columns = inputSchema.ToDictionary(column => column.Name);
        columns[_outputColumnName] = OutputColumn(inputSchema);
        return new SchemaShape(columns.Values);
    }

    private SchemaShape.Column OutputColumn(SchemaShape inputSchema)
    {
        var kind = SchemaShape.Column.VectorKind.Vector;
        var hasSlotNames = false;
        DataViewType itemType = null;
        foreach (var name in _inputColumnNames)
        {
            if (!inputSchema.TryFindColumn(name, out var column))
                throw Check.MissingColumn(nameof(inputSchema), "input", name);
            itemType ??= column.ItemType;
            Check.State(!column.IsKey, $"Column '{name}' is key. Concatenation of keys is unsupported.");
            Check.State(
                column.ItemType.Equals(itemType),
                $"Concatenated columns should have the same type. Column '{name}' has type of {column.ItemType}, "
                    + $"but expected column type is {itemType}.");
            if (column.Kind == SchemaShape.Column.VectorKind.VariableVector)
                kind = SchemaShape.Column.VectorKind.VariableVector;
            hasSlotNames |= column.Kind == SchemaShape.Column.VectorKind.Scalar
                || column.Annotations.TryFindColumn(AnnotationKinds.SlotNames, out _);
        }
        SchemaShape.Column[] annotations = hasSlotNames
            ? [new(AnnotationKinds.SlotNames, SchemaShape.Column.VectorKind.Vector, TextDataViewType.Instance, false)]
            : [];
        return new SchemaShape.Column(_outputColumnName, kind, itemType, false, new SchemaShape(annotations));
    }
}
