using System.Reflection;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Data;

/// <summary>The values that have a key, which is their place among them, counted from 1.</summary>
internal abstract class KeyDictionary(PrimitiveDataViewType itemType, int count)
{
    public PrimitiveDataViewType ItemType { get; } = itemType;

    public int Count { get; } = count;

    /// <summary>There is no key type without keys: an empty dictionary gives one that no value has.</summary>
    public KeyDataViewType KeyType { get; } = new(typeof(uint), Math.Max(count, 1));

    public static KeyDictionary Load(ModelLoadContext ctx)
    {
        var itemType = ValueFormat.ReadType(ctx.Reader) as PrimitiveDataViewType
            ?? throw new FormatException("Corrupt model file: terms of a vector type.");
        return (KeyDictionary)typeof(KeyDictionary<>).MakeGenericType(itemType.RawType)
            .GetMethod(nameof(Load), BindingFlags.Static | BindingFlags.NonPublic)
            .Invoke(null, BindingFlags.DoNotWrapExceptions, null, [itemType, ctx.Reader], null);
    }

    public abstract void Save(BinaryWriter writer);

    /// <summary>The getter of the keys of a column's values, scalar or vector.</summary>
    public abstract Delegate MakeGetter(DataViewRow row, DataViewSchema.Column column);

    /// <summary>Adds what the keys of a column stand for.</summary>
    public abstract void AddKeyValues(DataViewSchema.Annotations.Builder annotations, DataViewSchema.Column source);
}

internal sealed class KeyDictionary<T> : KeyDictionary
{
    private readonly T[] _terms;
    private readonly Dictionary<T, uint> _keys;

    public KeyDictionary(PrimitiveDataViewType itemType, T[] terms)
        : base(itemType, terms.Length)
    {
        _terms = terms;
        _keys = new Dictionary<T, uint>(terms.Length, Comparer);
        foreach (var term in terms)
            _keys.Add(term, (uint)_keys.Count + 1);
    }

    public static IEqualityComparer<T> Comparer { get; } =
        typeof(T) == typeof(ReadOnlyMemory<char>) ? (IEqualityComparer<T>)(object)new TextComparer() : EqualityComparer<T>.Default;

    public static IComparer<T> Order { get; } =
        typeof(T) == typeof(ReadOnlyMemory<char>) ? (IComparer<T>)(object)new TextComparer() : Comparer<T>.Default;

    /// <summary>A copy of a value that does not hold on to the line that it was read from.</summary>
    public static T Own(T value) => value is ReadOnlyMemory<char> text ? (T)(object)text.ToString().AsMemory() : value;

    public override void Save(BinaryWriter writer)
    {
        ValueFormat.WriteType(writer, ItemType);
        writer.Write(_terms.Length);
        foreach (var term in _terms)
            ValueFormat.WriteValue(writer, term);
    }

    public override Delegate MakeGetter(DataViewRow row, DataViewSchema.Column column) =>
        column.Type is VectorDataViewType vector ? MakeVectorGetter(row, column, vector.Size) : MakeScalarGetter(row, column);

    public override void AddKeyValues(DataViewSchema.Annotations.Builder annotations, DataViewSchema.Column source)
    {
        if (Count == 0)
            return;
        var keyValues = KeyValues.OfKeys(source, ItemType, _terms) ?? new KeyValues<T>(ItemType, Count, () => _terms);
        keyValues.AddTo(annotations);
    }

    private static KeyDictionary<T> Load(PrimitiveDataViewType itemType, BinaryReader reader)
    {
        var terms = new T[reader.ReadCount()];
        for (var i = 0; i < terms.Length; i++)
            terms[i] = ValueFormat.ReadValue<T>(reader);
        if (terms.Distinct(Comparer).Count() != terms.Length)
            throw new FormatException("Corrupt model file: duplicate terms.");
        return new KeyDictionary<T>(itemType, terms);
    }

    private ValueGetter<uint> MakeScalarGetter(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        T value = default;
        return (ref uint key) =>
        {
            getter(ref value);
            key = _keys.GetValueOrDefault(value);
        };
    }

    private ValueGetter<VBuffer<uint>> MakeVectorGetter(DataViewRow row, DataViewSchema.Column column, int size)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        VBuffer<T> values = default;
        VBuffer<T> dense = default;
        uint[] keys = [];
        return (ref VBuffer<uint> destination) =>
        {
            getter(ref values);
            Check.State(
                size == 0 || size == values.Length,
                $"Column '{column.Name}': TermTransform expects {size} slots, but got {values.Length}");
            if (keys.Length < values.Length)
                keys = new uint[values.Length];
            values.CopyToDense(ref dense);
            var items = dense.GetValues();
            for (var slot = 0; slot < items.Length; slot++)
                keys[slot] = _keys.GetValueOrDefault(items[slot]);
            KeyVector.Pack(keys.AsSpan(0, items.Length), ref destination);
        };
    }

    private sealed class TextComparer : IEqualityComparer<ReadOnlyMemory<char>>, IComparer<ReadOnlyMemory<char>>
    {
        public bool Equals(ReadOnlyMemory<char> x, ReadOnlyMemory<char> y) => x.Span.SequenceEqual(y.Span);

        public int GetHashCode(ReadOnlyMemory<char> text) => string.GetHashCode(text.Span);

        public int Compare(ReadOnlyMemory<char> x, ReadOnlyMemory<char> y) => x.Span.CompareTo(y.Span, StringComparison.Ordinal);
    }
}
