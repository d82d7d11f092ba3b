using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(start, stop, 1, dtype, device, requires_grad);

    public static Tensor arange(Scalar start, Scalar stop, Scalar step,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false)
    {
        var integral = is_integral(start.Type) && is_integral(stop.Type) && is_integral(step.Type);
        var type = dtype ?? (integral ? ScalarType.Int64 : defaultType);
        return Made(Aten.Call("arange.start_step", start, stop, step, type), device, requires_grad, null);
    }

    public static Tensor linspace(double start, double end, long steps,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Made(Aten.Call("linspace", start, end, steps, dtype ?? defaultType), device, requires_grad, null);

    public static Tensor eye(long rows, long columns = -1,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("eye.m", rows, columns == -1 ? rows : columns, dtype ?? defaultType), device, requires_grad, names);

    public static Tensor zeros_like(Tensor input,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("zeros_like", input, dtype), device, requires_grad, names);

    public static Tensor ones_like(Tensor input,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("ones_like", input, dtype), device, requires_grad, names);

    public static Tensor empty_like(Tensor input,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("empty_like", input, dtype), device, requires_grad, names);

    public static Tensor full_like(Tensor input, Scalar value,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Made(Aten.Call("full_like", input, value, dtype), device, requires_grad, names);

    /// <summary>A tensor over the managed array itself: either's changes show in the other.</summary>
    public static Tensor from_array(Array rawArray, Device? device = null) => from_array(rawArray, null, device);

    public static unsafe Tensor from_array(
        Array rawArray, ScalarType? dtype, Device? device = null, bool requires_grad = false, string[]? names = null)
    {
        var type = ScalarTypeOf(rawArray.GetType().GetElementType()!);
        var sizes = Sizes(rawArray);
        var pinned = GCHandle.Alloc(rawArray, GCHandleType.Pinned);
        IntPtr handle;
        fixed (long* start = sizes)
            handle = Native.ts_alias_of(pinned.AddrOfPinnedObject(), start, sizes.Length, (int)type, &Release, GCHandle.ToIntPtr(pinned));
        return Made(Typed(Native.Check(handle), type, dtype), device, requires_grad, names);
    }

    public static Tensor as_tensor(Array data, ScalarType? dtype = null, Device? device = null) => from_array(data, dtype, device);

    public static Tensor as_tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null) =>
        from_array(rawArray, dtype, device);

    public static Tensor as_tensor(long[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);

    public static Tensor as_tensor(int[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);

    public static Tensor as_tensor(double[] rawArray, ScalarType? dtype = null, Device? device = null) =>
        from_array(rawArray, dtype, device);

    public static Tensor as_tensor(bool[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);

    public static Tensor as_tensor(byte[] rawArray, ScalarType? dtype = null, Device? device = null) => from_array(rawArray, dtype, device);

    [UnmanagedCallersOnly]
    private static void Release(IntPtr pinned) => GCHandle.FromIntPtr(pinned).Free();

    /// <summary>A tensor with a copy of the first elements of <paramref name="data"/>, as many as the sizes ask for.</summary>
    private static unsafe Tensor Copied(
        Array data, ReadOnlySpan<long> sizes, ScalarType? dtype, Device? device, bool requires_grad, string[]? names)
    {
        long count = 1;
        foreach (var size in sizes) count *= size;
        if (count > data.LongLength)
            throw new ArgumentException($"mismatched total size creating a tensor from an array: {count} vs. {data.LongLength}");
        var type = ScalarTypeOf(data.GetType().GetElementType()!);
        IntPtr handle;
        fixed (byte* start = &MemoryMarshal.GetArrayDataReference(data))
        fixed (long* startOfSizes = sizes)
            handle = Native.ts_copy_of(start, startOfSizes, sizes.Length, (int)type);
        return Made(Typed(Native.Check(handle), type, dtype), device, requires_grad, names);
    }

    private static long[] Sizes(Array array) => [.. Enumerable.Range(0, array.Rank).Select(array.GetLongLength)];

    private static Tensor Typed(IntPtr handle, ScalarType type, ScalarType? wanted)
    {
        var tensor = new Tensor(handle);
        return wanted is null || wanted == type ? tensor : tensor.to_type(wanted.Value, disposeAfter: true);
    }

    private static ScalarType TypeOf(Scalar value) => is_integral(value.Type) ? ScalarType.Int64 : defaultType;

    private static Tensor Made(Tensor tensor, Device? device, bool requiresGrad, string[]? names)
    {
        InitializeDevice(device);
        if (names is { Length: > 0 }) throw new NotSupportedException("The offline TorchSharp has no named dimensions.");
        if (requiresGrad) tensor.requires_grad = true;
        return tensor;
    }
}
