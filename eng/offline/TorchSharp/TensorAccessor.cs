namespace TorchSharp.Utils;

/// <summary>The elements of a tensor in row-major order, read and written where they lie, whatever the strides.</summary>
public sealed unsafe class TensorAccessor<T> where T : unmanaged
{
    private readonly torch.Tensor tensor;   // keeps the memory alive
    private readonly long[] shape;
    private readonly long[] strides;
    private readonly bool contiguous;
    private readonly T* data;

    internal TensorAccessor(torch.Tensor tensor)
    {
        this.tensor = tensor;
        shape = tensor.shape;
        strides = tensor.Strides();
        contiguous = tensor.IsContiguous;
        data = (T*)tensor.DataPointer;
    }

    public T this[params long[] indices]
    {
        get => data[Offset(indices)];
        set => data[Offset(indices)] = value;
    }

    public T[] ToArray()
    {
        var array = new T[tensor.numel()];
        if (array.Length == 0 && shape.Length > 1) throw new ArgumentOutOfRangeException(nameof(tensor));   // as in the package
        if (contiguous) new ReadOnlySpan<T>(data, array.Length).CopyTo(array);
        else for (var i = 0; i < array.Length; i++) array[i] = data[Offset(i)];
        return array;
    }

    private long Offset(long[] indices)
    {
        if (indices.Length == 1)
        {
            if (indices[0] < 0 || indices[0] >= tensor.numel()) throw new IndexOutOfRangeException();
            return Offset(indices[0]);
        }

        long offset = 0;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            if (indices[i] < 0 || indices[i] >= shape[i])
                throw new IndexOutOfRangeException($"{indices[i]} >= {shape[i]} in dimension {i}.");
            offset += indices[i] * strides[i];
        }

        return offset;
    }

    private long Offset(long index)
    {
        if (contiguous) return index;
        long offset = 0;
        for (var i = shape.Length - 1; i >= 0; i--)
        {
            offset += index % shape[i] * strides[i];
            index /= shape[i];
        }

        return offset;
    }
}
