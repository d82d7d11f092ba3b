using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.Transforms.Onnx;

/// <summary>
/// An input or output of a model, the shape of a row's value and the type of column that it is. An unknown first dimension is a batch
/// of one row, another unknown one is 0. A scalar has the shape of a vector of one.
/// </summary>
internal sealed record OnnxTensor(string Name, int[] RowShape, DataViewType ColumnType)
{
    public static OnnxTensor Create(string name, NodeMetadata metadata)
    {
        if (!metadata.IsTensor)
            throw new NotSupportedException($"'{name}' of the ONNX model is no tensor: this stand-in has neither sequences nor maps.");
        var itemType = DataViewTypes.FromTypeOrNull(metadata.ElementType)
            ?? throw new InvalidOperationException($"Unsupported ONNX scalar type: {metadata.ElementDataType}");
        if (metadata.Dimensions.Length == 0)
            return new OnnxTensor(name, [1], itemType);
        int[] shape = [.. metadata.Dimensions.Select((dimension, axis) => dimension >= 0 ? dimension : axis == 0 ? 1 : 0)];
        var type = shape.Contains(0) ? new VectorDataViewType(itemType) : new VectorDataViewType(itemType, [.. shape]);
        return new OnnxTensor(name, shape, type);
    }
}
