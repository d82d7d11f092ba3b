using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>Gathers the different values of a column, missing ones apart, in the order in which they occur.</summary>
internal abstract class KeyDictionaryBuilder
{
    public abstract int Count { get; }

    public static KeyDictionaryBuilder Create(DataViewType type, int maximumCount)
    {
        var itemType = type.GetItemType() as PrimitiveDataViewType;
        Check.Parameter(itemType is not null, nameof(type), $"Keys can be given to standard types and vectors of them, not to {type}.");
        return TransformHelpers.CreateGeneric<KeyDictionaryBuilder>(
            typeof(KeyDictionaryBuilder<>), [itemType.RawType], itemType, maximumCount);
    }

    /// <summary>Makes what adds the values of a cursor's current row, and tells whether there is room for more.</summary>
    public abstract Func<bool> MakeReader(DataViewRow row, DataViewSchema.Column column);

    public abstract KeyDictionary Build(bool sorted);
}

internal sealed class KeyDictionaryBuilder<T>(PrimitiveDataViewType itemType, int maximumCount) : KeyDictionaryBuilder
{
    private readonly Dictionary<T, uint> _keys = new(KeyDictionary<T>.Comparer);
    private readonly Predicate<T> _isMissing = MissingValue.IsMissing<T>(itemType);

    public override int Count => _keys.Count;

    public override Func<bool> MakeReader(DataViewRow row, DataViewSchema.Column column)
    {
        if (column.Type is VectorDataViewType)
        {
            var vectorGetter = row.GetGetter<VBuffer<T>>(column);
            VBuffer<T> vector = default;
            return () =>
            {
                vectorGetter(ref vector);
                return vector.DenseValues().All(Add);
            };
        }

        var getter = row.GetGetter<T>(column);
        T value = default;
        return () =>
        {
            getter(ref value);
            return Add(value);
        };
    }

    public override KeyDictionary Build(bool sorted)
    {
        T[] terms = [.. _keys.Keys];
        if (sorted)
            Array.Sort(terms, KeyDictionary<T>.Order);
        return new KeyDictionary<T>(itemType, terms);
    }

    private bool Add(T value)
    {
        if (!_isMissing(value) && !_keys.ContainsKey(value))
            _keys.Add(KeyDictionary<T>.Own(value), (uint)_keys.Count + 1);
        return _keys.Count < maximumCount;
    }
}
