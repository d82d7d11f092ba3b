namespace TorchSharp;

public static partial class torch
{
    public static Tensor zeros(long size,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("zeros", new[] { size }, dtype ?? ScalarType.Float32), requires_grad, names);

    public static Tensor zeros(long rows, long columns,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("zeros", new[] { rows, columns }, dtype ?? ScalarType.Float32), requires_grad, names);

    public static Tensor zeros_like(Tensor input,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("zeros_like", input, dtype), requires_grad, names);

    public static Tensor ones(long size,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("ones", new[] { size }, dtype ?? ScalarType.Float32), requires_grad, names);

    public static Tensor ones(long rows, long columns,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("ones", new[] { rows, columns }, dtype ?? ScalarType.Float32), requires_grad, names);

    public static Tensor full(long rows, long columns, Scalar value,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("full", new[] { rows, columns }, value, dtype ?? value.TensorType), requires_grad, names);

    public static Tensor empty(long[] size,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("empty.memory_format", size, dtype ?? ScalarType.Float32), requires_grad, names);

    public static Tensor empty(long rows, long columns,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        empty([rows, columns], dtype, device, requires_grad, names);

    public static Tensor empty_like(Tensor input,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("empty_like", input, dtype), requires_grad, names);

    private static Tensor Made(Tensor tensor, bool requiresGrad, string[]? names)
    {
        if (names is { Length: > 0 }) throw new NotSupportedException("The offline TorchSharp has no named dimensions.");
        return requiresGrad ? tensor.requires_grad_() : tensor;
    }
}
