using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>An input or output of a model: its shape, with unknown dimensions as -1 or 0, and the type of column that it is.</summary>
internal sealed record OnnxTensor(string Name, IReadOnlyList<int> Shape, DataViewType ColumnType)
{
    public static OnnxTensor Create(string name, NodeMetadata metadata, IDictionary<string, int[]> shapes)
    {
        if (!metadata.IsTensor)
            throw new NotSupportedException($"'{name}' of the ONNX model is no tensor: this stand-in has neither sequences nor maps.");
        var itemType = DataViewTypes.FromTypeOrNull(metadata.ElementType)
            ?? throw new InvalidOperationException($"Unsupported ONNX scalar type: {metadata.ElementDataType}");
        if (shapes is null || !shapes.TryGetValue(name, out var given))
            return new OnnxTensor(name, metadata.Dimensions, TypeOf(itemType, BatchOfOne(metadata.Dimensions)));
        if (!AreCompatible(given, metadata.Dimensions))
        {
            throw new ArgumentOutOfRangeException(
                "shapeDictionary",
                given,
                $"The specified shape {string.Join(",", given)} is not compatible with the shape {string.Join(",", metadata.Dimensions)} "
                    + "loaded from the ONNX model file. Only unknown dimension can replace or be replaced by another dimension.");
        }
        return new OnnxTensor(name, given, TypeOf(itemType, given));
    }

    /// <summary>
    /// The shape that a row has: an unknown first dimension is a batch of one row, another unknown one is 0. A scalar is a vector of one.
    /// </summary>
    public int[] RowShape() => Shape.Count == 0 ? [1] : [.. BatchOfOne(Shape).Select(dimension => Math.Max(dimension, 0))];

    private static int[] BatchOfOne(IReadOnlyList<int> shape) =>
        [.. shape.Select((dimension, axis) => axis == 0 && dimension < 0 ? 1 : dimension)];

    private static DataViewType TypeOf(PrimitiveDataViewType itemType, int[] shape) =>
        shape.Length == 0 ? itemType
        : shape.All(dimension => dimension > 0) ? new VectorDataViewType(itemType, shape)
        : new VectorDataViewType(itemType);

    private static bool AreCompatible(IReadOnlyList<int> left, IReadOnlyList<int> right) =>
        left.Count == right.Count && left.Zip(right).All(pair => pair.First == pair.Second || pair.First <= 0 || pair.Second <= 0);
}
