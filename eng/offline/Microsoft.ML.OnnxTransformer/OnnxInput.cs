using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>A column that feeds an input of a model.</summary>
internal abstract class OnnxInput(DataViewSchema.Column column)
{
    public DataViewSchema.Column Column { get; } = column;

    public static OnnxInput Create(OnnxTensor tensor, DataViewSchema schema)
    {
        var shape = tensor.RowShape;
        if (shape.Count(dimension => dimension == 0) > 1)
            throw new ArgumentOutOfRangeException(tensor.Name, "Only 1 unknown dimension is allowed");
        var column = schema.GetColumnOrNull(tensor.Name) ?? throw Check.MissingColumn("inputSchema", "input", tensor.Name);
        CheckType(tensor, column);
        CheckLength(tensor, column, shape);
        return TransformHelpers.CreateGeneric<OnnxInput>(typeof(OnnxInput<>), [column.Type.GetItemType().RawType], column, shape);
    }

    /// <summary>Makes what reads the tensor of a row's current value.</summary>
    public abstract Func<NamedOnnxValue> MakeReader(DataViewRow row);

    // the types must be the same, but keys feed inputs of their number type
    private static void CheckType(OnnxTensor tensor, DataViewSchema.Column column)
    {
        var expected = tensor.ColumnType.GetItemType();
        var actual = column.Type.GetItemType();
        if (!actual.Equals(expected) && !(actual is KeyDataViewType && actual.RawType == expected.RawType))
            throw Check.ColumnType("inputSchema", "input", tensor.Name, expected.ToString(), column.Type.ToString());
    }

    private static void CheckLength(OnnxTensor tensor, DataViewSchema.Column column, int[] shape)
    {
        var length = (column.Type as VectorDataViewType)?.Size ?? 1;
        var count = shape.Aggregate(1, (product, dimension) => product * dimension);
        Check.State(
            count == 0 || length % count == 0,
            $"Input shape mismatch: Input '{tensor.Name}' has shape {string.Join(",", shape)}, but input data is of length {length}.");
    }
}

internal sealed class OnnxInput<T>(DataViewSchema.Column column, int[] shape) : OnnxInput(column)
{
    public override Func<NamedOnnxValue> MakeReader(DataViewRow row)
    {
        if (Column.Type is VectorDataViewType vector)
            return MakeVectorReader(row.GetGetter<VBuffer<T>>(Column), vector.IsKnownSize);
        var getter = row.GetGetter<T>(Column);
        T value = default;
        return () =>
        {
            getter(ref value);
            return Tensor([value], [1, 1]);
        };
    }

    private Func<NamedOnnxValue> MakeVectorReader(ValueGetter<VBuffer<T>> getter, bool hasKnownSize)
    {
        VBuffer<T> buffer = default;
        int[] dimensions = [.. shape];
        var unknownAxis = Array.IndexOf(shape, 0);
        var knownCount = shape.Where(dimension => dimension > 0).Aggregate(1, (product, dimension) => product * dimension);
        return () =>
        {
            getter(ref buffer);
            T[] values = [.. buffer.DenseValues()];
            // As in the package, only a vector of varying size fills an unknown dimension, and needs one.
            if (!hasKnownSize)
                dimensions[unknownAxis] = values.Length / knownCount;
            return Tensor(values, dimensions);
        };
    }

    private NamedOnnxValue Tensor(T[] values, int[] dimensions)
    {
        if (values is not ReadOnlyMemory<char>[] texts)
            return NamedOnnxValue.CreateFromTensor(Column.Name, new DenseTensor<T>(values, dimensions));
        var strings = Array.ConvertAll(texts, text => text.ToString());
        return NamedOnnxValue.CreateFromTensor(Column.Name, new DenseTensor<string>(strings, dimensions));
    }
}
