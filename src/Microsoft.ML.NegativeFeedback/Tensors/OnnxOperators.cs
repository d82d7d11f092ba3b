using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.AttributeProto.Types;
using static Microsoft.ML.NegativeFeedback.Tensors.Proto.TensorProto.Types;

namespace Microsoft.ML.NegativeFeedback.Tensors;

/// <summary>The operators that the graphs use, by ONNX's names and with the shapes that its documentation gives.</summary>
internal sealed partial class OnnxGraphBuilder
{
    public OnnxValue Add(OnnxValue left, OnnxValue right) => Node("Add", [left, right]);

    public OnnxValue Subtract(OnnxValue left, OnnxValue right) => Node("Sub", [left, right]);

    public OnnxValue Multiply(OnnxValue left, OnnxValue right) => Node("Mul", [left, right]);

    public OnnxValue MatMul(OnnxValue left, OnnxValue right) => Node("MatMul", [left, right]);

    /// <summary>left · rightᵀ + bias, of matrices.</summary>
    public OnnxValue MultiplyTransposed(OnnxValue left, OnnxValue right, OnnxValue bias)
        => Node("Gemm", [left, right, bias], Integer("transB", 1));

    /// <summary>left · rightᵀ, of matrices.</summary>
    public OnnxValue MultiplyTransposed(OnnxValue left, OnnxValue right) => Node("Gemm", [left, right], Integer("transB", 1));

    public OnnxValue Relu(OnnxValue value) => Node("Relu", [value]);

    public OnnxValue Minimum(OnnxValue left, OnnxValue right) => Node("Min", [left, right]);

    public OnnxValue Maximum(OnnxValue left, OnnxValue right) => Node("Max", [left, right]);

    public OnnxValue Greater(OnnxValue left, OnnxValue right) => Node("Greater", [left, right]);

    public OnnxValue EqualTo(OnnxValue left, OnnxValue right) => Node("Equal", [left, right]);

    public OnnxValue And(OnnxValue left, OnnxValue right) => Node("And", [left, right]);

    public OnnxValue Or(OnnxValue left, OnnxValue right) => Node("Or", [left, right]);

    public OnnxValue Not(OnnxValue value) => Node("Not", [value]);

    public OnnxValue Where(OnnxValue condition, OnnxValue whenTrue, OnnxValue whenFalse) => Node("Where", [condition, whenTrue, whenFalse]);

    public OnnxValue Cast(OnnxValue value, DataType type) => Node("Cast", [value], Integer("to", (long)type));

    public OnnxValue Shape(OnnxValue value) => Node("Shape", [value]);

    /// <summary>
    /// Gives the value another shape; a size of 0 is kept from the value, unless <paramref name="allowZero"/>, where it is a size
    /// of 0.
    /// </summary>
    public OnnxValue Reshape(OnnxValue value, OnnxValue shape, bool allowZero = false)
        => allowZero ? Node("Reshape", [value, shape], Integer("allowzero", 1)) : Node("Reshape", [value, shape]);

    /// <summary>The values, of which the run fails with the node's name in its error where they have another shape than others.</summary>
    public OnnxValue RequireShapeOf(string nodeName, OnnxValue value, OnnxValue other) => NamedNode(nodeName, "Reshape", [value, Shape(other)], Integer("allowzero", 1));

    public OnnxValue Transpose(OnnxValue value, params long[] axes) => Node("Transpose", [value], Integers("perm", axes));

    public OnnxValue Unsqueeze(OnnxValue value, params long[] axes) => Node("Unsqueeze", [value, Int64(axes)]);

    public OnnxValue Squeeze(OnnxValue value, params long[] axes) => Node("Squeeze", [value, Int64(axes)]);

    public OnnxValue Concat(long axis, params ReadOnlySpan<OnnxValue> values) => Node("Concat", values, Integer("axis", axis));

    /// <summary>The slice [start, end) of one axis.</summary>
    public OnnxValue Slice(OnnxValue value, long axis, long start, long end)
        => Node("Slice", [value, Int64(start), Int64(end), Int64(axis)]);

    /// <summary>Adds one default value (0) at the end of the last of two axes.</summary>
    public OnnxValue PadOneColumn(OnnxValue value) => Node("Pad", [value, Int64(0, 0, 0, 1)]);

    /// <summary>Adds columns of one value at the end of the last of two axes.</summary>
    public OnnxValue PadColumns(OnnxValue value, long count, OnnxValue padding) => Node("Pad", [value, Int64(0, 0, 0, count), padding]);

    public OnnxValue CumulativeSum(OnnxValue value, long axis) => Node("CumSum", [value, Scalar(axis)]);

    /// <summary>The maximum along an axis, which stays with size 1.</summary>
    public OnnxValue ReduceMaximum(OnnxValue value, params long[] axes)
        => Node("ReduceMax", [value], Integers("axes", axes), Integer("keepdims", 1));

    /// <summary>The sum along an axis, which stays with size 1.</summary>
    public OnnxValue ReduceSum(OnnxValue value, long axis) => Node("ReduceSum", [value, Int64(axis)], Integer("keepdims", 1));

    /// <summary>The index of the maximum along an axis, which goes; the lowest among equals.</summary>
    public OnnxValue ArgMaximum(OnnxValue value, long axis)
        => Node("ArgMax", [value], Integer("axis", axis), Integer("keepdims", 0), Integer("select_last_index", 0));

    public OnnxValue Softmax(OnnxValue value, long axis = -1) => Node("Softmax", [value], Integer("axis", axis));

    public OnnxValue Gather(OnnxValue data, OnnxValue indices, long axis = 0) => Node("Gather", [data, indices], Integer("axis", axis));

    public OnnxValue GatherElements(OnnxValue data, OnnxValue indices, long axis)
        => Node("GatherElements", [data, indices], Integer("axis", axis));

    /// <summary>Adds updates to data at indices; an index may come more than once.</summary>
    public OnnxValue ScatterAdd(OnnxValue data, OnnxValue indices, OnnxValue updates, long axis)
        => Node("ScatterElements", [data, indices, updates], Integer("axis", axis), Text("reduction", "add"));

    /// <summary>A tensor of the given shape full of one value.</summary>
    public OnnxValue Full(OnnxValue shape, float value)
        => Node("ConstantOfShape", [shape], new AttributeProto
        {
            Name = "value",
            Type = AttributeType.Tensor,
            T = new TensorProto { DataType = (int)DataType.Float, Dims = { 1 }, FloatData = { value } },
        });

    /// <summary>The k largest (or smallest) along the last axis, those first, the lower index first among equals.</summary>
    public (OnnxValue Values, OnnxValue Indices) TopK(OnnxValue value, OnnxValue k, bool isLargest = true)
    {
        var outputs = AddNode("TopK", [value, k], [Integer("axis", -1), Integer("largest", isLargest ? 1 : 0), Integer("sorted", 1)], outputCount: 2);
        return (outputs[0], outputs[1]);
    }

    /// <summary>One row of each of a batch: [b, w, …] with Int64 [b, 1] → [b, …].</summary>
    public OnnxValue GatherRows(OnnxValue data, OnnxValue indices) => Node("GatherND", [data, indices], Integer("batch_dims", 1));

    public OnnxValue LayerNormalization(OnnxValue value, OnnxValue scale, OnnxValue bias, float epsilon)
        => Node("LayerNormalization", [value, scale, bias], Integer("axis", -1), Real("epsilon", epsilon));

    private static AttributeProto Integer(string name, long value) => new() { Name = name, Type = AttributeType.Int, I = value };

    private static AttributeProto Integers(string name, long[] values)
        => new() { Name = name, Type = AttributeType.Ints, Ints = { values } };

    private static AttributeProto Subgraph(string name, GraphProto graph) => new() { Name = name, Type = AttributeType.Graph, G = graph };

    private static AttributeProto Real(string name, float value) => new() { Name = name, Type = AttributeType.Float, F = value };

    private static AttributeProto Text(string name, string value)
        => new() { Name = name, Type = AttributeType.String, S = ByteString.CopyFromUtf8(value) };
}
