using System.Collections;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>
/// A vector, dense (one value a slot) or sparse (values and their ascending slots, the others being default). It owns nothing: whoever
/// fills a buffer again may write into the arrays that it had.
/// </summary>
public readonly struct VBuffer<T> : IEnumerable
{
    public readonly int Length;

    private readonly int _count;
    private readonly T[] _values;
    private readonly int[] _indices;

    /// <summary>A dense vector over the first <paramref name="length"/> of <paramref name="values"/>.</summary>
    public VBuffer(int length, T[] values, int[] indices = null)
    {
        Check.Parameter(length >= 0, nameof(length), "A vector's length must not be negative.");
        Check.Parameter((values?.Length ?? 0) >= length, nameof(values), "Fewer values than slots.");
        Length = length;
        _count = length;
        _values = values;
        _indices = indices;
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

    /// <summary>Copies the slots from <paramref name="sourceIndex"/> on.</summary>
    public void CopyTo(ref VBuffer<T> destination, int sourceIndex, int length)
    {
        Check.Parameter(0 <= sourceIndex && sourceIndex <= Length, nameof(sourceIndex), "Outside the vector.");
        Check.Parameter(0 <= length && sourceIndex <= Length - length, nameof(length), "Outside the vector.");
        var (first, last) = IsDense ? (sourceIndex, sourceIndex + length) : (FirstFrom(sourceIndex), FirstFrom(sourceIndex + length));
        var editor = VBufferEditor.Create(ref destination, length, last - first);
        _values.AsSpan(first, last - first).CopyTo(editor.Values);
        for (var i = 0; i < editor.Indices.Length; i++)
            editor.Indices[i] = _indices[first + i] - sourceIndex;
        destination = editor.Commit();
    }

    public void CopyTo(Span<T> destination) => CopyTo(destination, 0);

    public void CopyTo(Span<T> destination, int destinationIndex, T defaultValue = default)
    {
        Check.Parameter(0 <= destinationIndex && destinationIndex <= destination.Length - Length, nameof(destination),
            "Not large enough to hold these values.");
        var target = destination.Slice(destinationIndex, Length);
        if (IsDense)
        {
            GetValues().CopyTo(target);
            return;
        }
        target.Fill(defaultValue);
        for (var i = 0; i < _count; i++)
            target[_indices[i]] = _values[i];
    }

    public static void Copy(T[] source, int sourceIndex, ref VBuffer<T> destination, int length)
    {
        var available = source?.Length ?? 0;
        Check.Parameter(0 <= length && length <= available, nameof(length), "Outside the source.");
        Check.Parameter(0 <= sourceIndex && sourceIndex <= available - length, nameof(sourceIndex), "Outside the source.");
        var editor = VBufferEditor.Create(ref destination, length);
        source.AsSpan(sourceIndex, length).CopyTo(editor.Values);
        destination = editor.Commit();
    }

    /// <summary>Slot and value of the explicit values, or of every slot.</summary>
    public IEnumerable<KeyValuePair<int, T>> Items(bool all = false)
    {
        if (all && !IsDense)
        {
            var slot = 0;
            foreach (var value in DenseValues())
                yield return KeyValuePair.Create(slot++, value);
            yield break;
        }
        for (var i = 0; i < _count; i++)
            yield return KeyValuePair.Create(IsDense ? i : _indices[i], _values[i]);
    }

    public IEnumerable<T> DenseValues()
    {
        for (int slot = 0, i = 0; slot < Length; slot++)
        {
            var isExplicit = i < _count && (IsDense || _indices[i] == slot);
            yield return isExplicit ? _values[i++] : default;
        }
    }

    public void GetItemOrDefault(int index, ref T destination) => destination = GetItemOrDefault(index);

    public T GetItemOrDefault(int index)
    {
        Check.Parameter(0 <= index && index < Length, nameof(index), "Outside the vector.");
        if (IsDense)
            return _values[index];
        var i = FirstFrom(index);
        return i < _count && _indices[i] == index ? _values[i] : default;
    }

    public override string ToString() =>
        IsDense ? $"Dense vector of size {Length}" : $"Sparse vector of size {Length}, {_count} explicit values";

    /// <summary>Over the array behind the vector, which may be longer than it: as in the package.</summary>
    public IEnumerator GetEnumerator() => _values.GetEnumerator();

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
        return new VBufferEditor<T>(length, count, values, indices, requireIndicesOnDense, values != _values, indices != _indices);
    }

    internal VBufferEditor<T> Edit() => Edit(Length, _count, null, false, false);

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

    /// <summary>The number of explicit values in slots before <paramref name="slot"/>.</summary>
    private int FirstFrom(int slot)
    {
        var found = _indices.AsSpan(0, _count).BinarySearch(slot);
        return found < 0 ? ~found : found;
    }
}
