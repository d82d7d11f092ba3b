namespace TorchSharp;

public static partial class torch
{
    public static Tensor tensor(long[] dataArray,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied(dataArray, [dataArray.LongLength], dtype, requires_grad, names);

    public static Tensor tensor(IList<long> rawArray, long rows, long columns,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied(rawArray.ToArray(), [rows, columns], dtype, requires_grad, names);

    public static Tensor tensor(float[] rawArray,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied(rawArray, [rawArray.LongLength], dtype, requires_grad, names);

    public static Tensor tensor(IList<float> rawArray, long rows, long columns,
        ScalarType? dtype = null, Device? device = null, bool requires_grad = false, string[]? names = null) =>
        Copied(rawArray.ToArray(), [rows, columns], dtype, requires_grad, names);

    /// <summary>A tensor with a copy of the first elements of <paramref name="data"/>, as many as the sizes ask for.</summary>
    private static unsafe Tensor Copied<T>(
        T[] data, ReadOnlySpan<long> sizes, ScalarType? dtype, bool requires_grad, string[]? names) where T : unmanaged
    {
        long count = 1;
        foreach (var size in sizes) count *= size;
        if (count > data.LongLength)
            throw new ArgumentException($"mismatched total size creating a tensor from an array: {count} vs. {data.LongLength}");
        var type = ScalarTypeOf(typeof(T));
        IntPtr handle;
        fixed (T* start = data)
        fixed (long* startOfSizes = sizes)
            handle = Native.ts_copy_of(start, startOfSizes, sizes.Length, (int)type);
        var tensor = new Tensor(Native.Check(handle));
        if (dtype is not null && dtype != type) tensor = tensor.to(dtype.Value, disposeAfter: true);
        return Made(tensor, requires_grad, names);
    }
}
