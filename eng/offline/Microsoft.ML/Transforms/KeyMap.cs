using System.Numerics;
using Microsoft.ML.Data;

namespace Microsoft.ML.Transforms;

/// <summary>What the keys of one column stand for.</summary>
internal abstract class KeyMap
{
    /// <summary>The getter of the values of the column's keys, scalar or vector.</summary>
    public abstract Delegate MakeGetter(DataViewRow row);
}

internal sealed class KeyMap<TKey, TValue> : KeyMap
    where TKey : struct, IBinaryInteger<TKey>
{
    private readonly DataViewSchema.Column _source;
    private readonly TValue[] _values;
    private readonly TValue _missing = MissingValue.Of<TValue>();
    private readonly bool _missingIsDefault = KeyDictionary<TValue>.Comparer.Equals(MissingValue.Of<TValue>(), default);

    public KeyMap(DataViewSchema.Column source)
    {
        _source = source;
        var values = default(VBuffer<TValue>);
        source.GetKeyValues(ref values);
        _values = [.. values.DenseValues()];
    }

    public override Delegate MakeGetter(DataViewRow row) =>
        _source.Type is VectorDataViewType ? MakeVectorGetter(row) : MakeScalarGetter(row);

    private TValue Map(TKey key)
    {
        // 0 wraps around to beyond the last
        var place = ulong.CreateTruncating(key) - 1;
        return place < (ulong)_values.Length ? _values[place] : _missing;
    }

    private ValueGetter<TValue> MakeScalarGetter(DataViewRow row)
    {
        var getter = row.GetGetter<TKey>(_source);
        TKey key = default;
        return (ref TValue value) =>
        {
            getter(ref key);
            value = Map(key);
        };
    }

    private ValueGetter<VBuffer<TValue>> MakeVectorGetter(DataViewRow row)
    {
        var getter = row.GetGetter<VBuffer<TKey>>(_source);
        VBuffer<TKey> keys = default;
        VBuffer<TKey> dense = default;
        return (ref VBuffer<TValue> values) =>
        {
            getter(ref keys);
            if (!keys.IsDense && _missingIsDefault)
            {
                MapSparse(keys, ref values);
                return;
            }
            keys.CopyToDense(ref dense);
            var items = dense.GetValues();
            var editor = VBufferEditor.Create(ref values, items.Length);
            for (var slot = 0; slot < items.Length; slot++)
                editor.Values[slot] = Map(items[slot]);
            values = editor.Commit();
        };
    }

    private void MapSparse(VBuffer<TKey> keys, ref VBuffer<TValue> values)
    {
        var items = keys.GetValues();
        var slots = keys.GetIndices();
        var editor = VBufferEditor.Create(ref values, keys.Length, items.Length);
        var count = 0;
        for (var i = 0; i < items.Length; i++)
        {
            var value = Map(items[i]);
            if (KeyDictionary<TValue>.Comparer.Equals(value, default))
                continue;
            editor.Values[count] = value;
            editor.Indices[count++] = slots[i];
        }
        values = editor.CommitTruncated(count);
    }
}
