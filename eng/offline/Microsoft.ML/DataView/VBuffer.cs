using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// A vector, dense (one value a slot) or sparse (values and their ascending slots, the others being default). It owns nothing: whoever
/// fills a buffer again may write into the arrays that it had.
/// </summary>
public readonly struct VBuffer<T>
{
    public readonly int Length;

    private readonly int _count;
    private readonly T[] _values;
    private readonly int[] _indices;

    /// <summary>A dense vector over the first <paramref name="length"/> of <paramref name="values"/>.</summary>
    public VBuffer(int length, T[] values, int[] indices = null)
        : this(length, length, values, indices)
    {
    }

    /// <summary>A vector of which <paramref name="count"/> slots have explicit values.</summary>
    public VBuffer(int length, int count, T[] values, int[] indices)
    {
        Check.Parameter(length >= 0, nameof(length), "A vector's length must not be negative.");
        Check.Parameter(0 <= count && count <= length, nameof(count), "The number of explicit values must lie between 0 and the length.");
        Check.Parameter((values?.Length ?? 0) >= count, nameof(values), "Fewer values than counted.");
        Check.Parameter(count == length || (indices?.Length ?? 0) >= count, nameof(indices), "Fewer indices than values.");
        Length = length;
        _count = count;
        _values = values;
        _indices = indices;
    }

    public bool IsDense => _count == Length;

    /// <summary>The values in slot order; only the explicit ones when sparse.</summary>
    public ReadOnlySpan<T> GetValues() => _values.AsSpan(0, _count);

    /// <summary>The slots of the explicit values; empty when dense.</summary>
    public ReadOnlySpan<int> GetIndices() => IsDense ? default : _indices.AsSpan(0, _count);

    public void CopyToDense(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, Length);
        CopyTo(editor.Values);
        destination = editor.Commit();
    }

    public void CopyTo(ref VBuffer<T> destination)
    {
        var editor = VBufferEditor.Create(ref destination, Length, _count);
        GetValues().CopyTo(editor.Values);
        GetIndices().CopyTo(editor.Indices);
        destination = editor.Commit();
    }

    public void CopyTo(Span<T> destination)
    {
        Check.Parameter(Length <= destination.Length, nameof(destination), "Not large enough to hold these values.");
        if (IsDense)
        {
            GetValues().CopyTo(destination);
            return;
        }
        destination[..Length].Clear();
        for (var i = 0; i < _count; i++)
            destination[_indices[i]] = _values[i];
    }

    public IEnumerable<T> DenseValues()
    {
        for (int slot = 0, i = 0; slot < Length; slot++)
        {
            var isExplicit = i < _count && (IsDense || _indices[i] == slot);
            yield return isExplicit ? _values[i++] : default;
        }
    }

    internal VBufferEditor<T> Edit(int length, int? valuesCount, int? maxValuesCapacity, bool keepOldOnResize, bool requireIndicesOnDense)
    {
        Check.Parameter(length >= 0, "newLogicalLength", "Must be non-negative.");
        Check.Parameter(valuesCount is null or >= 0, nameof(valuesCount), "If specified, must be non-negative.");
        Check.Parameter(valuesCount is null || valuesCount <= length, nameof(valuesCount),
            "If specified, must be no greater than newLogicalLength");
        var count = valuesCount ?? length;
        var maximum = maxValuesCapacity ?? Array.MaxLength;
        var values = EnsureSize(_values, count, maximum, keepOldOnResize);
        var indices = count < length || requireIndicesOnDense ? EnsureSize(_indices, count, maximum, keepOldOnResize) : _indices;
        return new VBufferEditor<T>(length, count, values, indices, requireIndicesOnDense);
    }

    private static TItem[] EnsureSize<TItem>(TItem[] array, int count, int maximum, bool keepOld)
    {
        if ((array?.Length ?? 0) >= count)
            return array;
        Check.Parameter(count <= maximum, "maxValuesCapacity", "Less than the number of values.");
        var larger = new TItem[(int)Math.Min(Math.Max(count, 2L * (array?.Length ?? 0)), maximum)];
        if (keepOld && array is not null)
            array.CopyTo(larger, 0);
        return larger;
    }
}
