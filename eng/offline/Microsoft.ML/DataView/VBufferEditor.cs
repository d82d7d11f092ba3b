using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Makes editors: the way to write a <see cref="VBuffer{T}"/> over the arrays of an old one.</summary>
public static class VBufferEditor
{
    /// <summary>An editor of another shape; its arrays hold whatever they held.</summary>
    public static VBufferEditor<T> Create<T>(
        scoped ref VBuffer<T> destination,
        int newLogicalLength,
        int? valuesCount = null,
        int? maxValuesCapacity = null,
        bool keepOldOnResize = false,
        bool requireIndicesOnDense = false) =>
        destination.Edit(newLogicalLength, valuesCount, maxValuesCapacity, keepOldOnResize, requireIndicesOnDense);
}

/// <summary>The writable arrays of a vector in the making.</summary>
public readonly ref struct VBufferEditor<T>
{
    public readonly Span<T> Values;
    public readonly Span<int> Indices;

    private readonly int _length;
    private readonly T[] _values;
    private readonly int[] _indices;

    internal VBufferEditor(int length, int count, T[] values, int[] indices, bool requireIndicesOnDense)
    {
        _length = length;
        _values = values;
        _indices = indices;
        Values = values.AsSpan(0, count);
        Indices = count < length || requireIndicesOnDense ? indices.AsSpan(0, count) : default;
    }

    public VBuffer<T> Commit() => new(_length, Values.Length, _values, _indices);

    /// <summary>Commits with fewer explicit values than planned; the length stays, so the result may be sparse.</summary>
    public VBuffer<T> CommitTruncated(int physicalValuesCount)
    {
        Check.Parameter(physicalValuesCount <= Values.Length, nameof(physicalValuesCount),
            "Cannot be greater than the number of values that the editor was created with.");
        return new VBuffer<T>(_length, physicalValuesCount, _values, _indices);
    }
}
