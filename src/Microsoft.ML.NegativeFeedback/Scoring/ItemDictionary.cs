using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>The items behind the keys 1..N, as the key column that a model was trained on carries them.</summary>
internal abstract class ItemDictionary
{
    private protected ItemDictionary(int count, PrimitiveDataViewType valueType)
    {
        Count = count;
        ValueType = valueType;
    }

    /// <summary>N, the number of items.</summary>
    public int Count { get; }

    /// <summary>The type of an item's value.</summary>
    public PrimitiveDataViewType ValueType { get; }

    /// <summary>The type of a key of this dictionary.</summary>
    public KeyDataViewType KeyType => new(typeof(uint), Count);

    /// <summary>The annotation that a column of such keys carries.</summary>
    public abstract DataViewSchema.Annotations Annotations { get; }

    /// <summary>Reads the dictionary of a key column.</summary>
    /// <exception cref="ArgumentException">
    /// The column has no keys or no values behind them, or a text value that no file can hold.
    /// </exception>
    public static ItemDictionary Read(DataViewSchema.Column column)
    {
        int count = HistoryColumns.ItemCountOf(column);
        if (ColumnTypes.KeyValueTypeOf(column) is not { } valueType)
        {
            throw new ArgumentException($"Column '{column.Name}' has keys without the values behind them (annotation "
                + $"'{ColumnTypes.KeyValues}'): it was not made by Transforms.Conversion.MapValueToKey, or the data that this was fitted on has no rows. "
                + "Map the items with MapValueToKey, fitted on data with rows.", nameof(column));
        }

        return (ItemDictionary)Activator.CreateInstance(
            typeof(ItemDictionary<>).MakeGenericType(valueType.RawType),
            BindingFlags.Instance | BindingFlags.Public | BindingFlags.DoNotWrapExceptions,
            null, [column, count, valueType], null)!;
    }

    /// <summary>
    /// Checks that another column's keys mean the same items. A column without key values passes when it has as many keys.
    /// </summary>
    /// <param name="column">A column of keys.</param>
    /// <param name="rows">The rows that have it, where they are not those to score, in words: "the validation rows".</param>
    /// <exception cref="ArgumentException">They do not.</exception>
    public abstract void CheckSame(DataViewSchema.Column column, string? rows = null);

    /// <summary>Makes a column of rows in memory one of such keys, with the items as key values.</summary>
    public abstract void Describe(SchemaDefinition.Column column);

    /// <summary>The item of a key from 1 to N: text as string.</summary>
    public abstract object this[int key] { get; }

    /// <summary>The key of an item.</summary>
    /// <param name="value">A value of the items' type; text may be given as string.</param>
    /// <param name="what">What it belongs to, for messages.</param>
    /// <exception cref="ArgumentException">It is of another type, or no item's.</exception>
    public abstract int Find(object value, string what);

    /// <summary>Which items of the keys 1..N are among some values, [N + 1]; 0 is not.</summary>
    /// <param name="values">Values of the items' type; text may be given as string.</param>
    /// <param name="what">What they are, for messages.</param>
    /// <exception cref="ArgumentException">A value is of another type, or no item's.</exception>
    public bool[] Find(IEnumerable<object> values, string what)
    {
        var found = new bool[Count + 1];
        foreach (object value in values)
            found[Find(value, what)] = true;
        return found;
    }

    /// <summary>The keys that these items have in another dictionary, [N + 1]; 0 for one that is not in it.</summary>
    /// <exception cref="ArgumentException">Its items are of another type.</exception>
    public abstract int[] KeysIn(ItemDictionary other);

    /// <summary>The values in the order of their keys, as a view with one column: the key data of MapValueToKey.</summary>
    public IDataView ToKeyData(MLContext context) => ToKeyData(context, null);

    /// <summary>The same with those of another dictionary behind that this one does not have.</summary>
    /// <exception cref="ArgumentException">Its items are of another type.</exception>
    public abstract IDataView ToKeyData(MLContext context, ItemDictionary? further);

    /// <summary>[N + 1]: the value of each item at its key, and at 0 a value that is no item's.</summary>
    /// <exception cref="ArgumentException">The values have a type that an ONNX tensor cannot hold, or use it up.</exception>
    public abstract TensorProto ToTable();

    /// <summary>The bytes of that table, which is not made.</summary>
    /// <exception cref="ArgumentException">The values have a type that an ONNX tensor cannot hold, or use it up.</exception>
    public abstract long TableBytes();
}

/// <summary>The items behind the keys 1..N.</summary>
/// <typeparam name="T">The raw type of a value.</typeparam>
internal sealed class ItemDictionary<T> : ItemDictionary
    where T : notnull
{
    private static readonly IEqualityComparer<T> _comparer
        = typeof(T) == typeof(ReadOnlyMemory<char>) ? (IEqualityComparer<T>)(object)new TextComparer() : EqualityComparer<T>.Default;

    private readonly T[] _values;
    private readonly string _columnName;
    private readonly Lazy<Dictionary<T, int>> _keys;

    public ItemDictionary(DataViewSchema.Column column, int count, PrimitiveDataViewType valueType)
        : base(count, valueType)
    {
        _columnName = column.Name;
        _values = ValuesOf(column);
        _keys = new(() => Enumerable.Range(1, count).ToDictionary(key => _values[key - 1], _comparer));
        if (_values.Length != count)
        {
            throw new ArgumentException($"Column '{column.Name}' has {count} keys and {_values.Length} values behind them: "
                + "make it with Transforms.Conversion.MapValueToKey.", nameof(column));
        }

        if (_values is ReadOnlyMemory<char>[] texts && Array.FindIndex(texts, text => HasLoneSurrogate(text.Span)) is >= 0 and int index)
        {
            throw new ArgumentException($"Column '{column.Name}': item {index + 1} of {count} has half a surrogate pair in its text, "
                + "which no model file can hold. Clean the text before Transforms.Conversion.MapValueToKey.", nameof(column));
        }

        var builder = new DataViewSchema.Annotations.Builder();
        ValueGetter<VBuffer<T>> getter = (ref VBuffer<T> destination) => new VBuffer<T>(_values.Length, _values).CopyTo(ref destination);
        builder.Add(ColumnTypes.KeyValues, new VectorDataViewType(valueType, count), getter);
        Annotations = builder.ToAnnotations();
    }

    public override DataViewSchema.Annotations Annotations { get; }

    public override void CheckSame(DataViewSchema.Column column, string? rows = null)
    {
        string name = rows is null ? $"Column '{column.Name}'" : $"Column '{column.Name}' of {rows}";
        string trained = rows is null ? "was trained on" : "is trained on";
        string remedy = rows is null ? "Apply the same fitted MapValueToKey as in training."
            : $"Map it with the same fitted MapValueToKey as '{_columnName}' of the training data, or both with the same keyData.";
        ulong count = ((KeyDataViewType)ColumnTypes.ItemOf(column.Type)).Count;
        if (count != (ulong)Count)
        {
            throw new ArgumentException($"{name} has {count} keys, but the model {trained} {Count} items of "
                + $"column '{_columnName}'. {remedy}");
        }

        var valueType = ColumnTypes.KeyValueTypeOf(column);
        if (valueType is null)
            return;
        if (!valueType.Equals(ValueType))
        {
            throw new ArgumentException($"{name} has keys of {valueType}, but the model {trained} items of "
                + $"{ValueType} in column '{_columnName}'. {remedy}");
        }

        var values = ValuesOf(column);
        for (int i = 0; i < values.Length; i++)
        {
            if (!_comparer.Equals(values[i], _values[i]))
            {
                throw new ArgumentException($"{name} has '{values[i]}' at key {i + 1}, where the model {trained} "
                    + $"'{_values[i]}' of column '{_columnName}'. {remedy}");
            }
        }
    }

    public override void Describe(SchemaDefinition.Column column)
    {
        column.ColumnType = KeyType;
        column.AddAnnotation(ColumnTypes.KeyValues, new VBuffer<T>(_values.Length, _values), new VectorDataViewType(ValueType, Count));
    }

    public override object this[int key] => _values[key - 1] is ReadOnlyMemory<char> text ? text.ToString() : _values[key - 1];

    public override int Find(object value, string what)
    {
        if ((value is string text ? text.AsMemory() : value) is not T item)
            throw new ArgumentException($"{what} holds '{value}', a {value?.GetType().Name}; the items of column '{_columnName}' are of {ValueType}.", what);
        return _keys.Value.TryGetValue(item, out int key) ? key
            : throw new ArgumentException($"{what} holds '{value}', which is no item of column '{_columnName}' that the model knows.", what);
    }

    public override int[] KeysIn(ItemDictionary other)
    {
        var keys = Same(other)._keys.Value;
        return [0, .. _values.Select(value => keys.GetValueOrDefault(value))];
    }

    public override IDataView ToKeyData(MLContext context, ItemDictionary? further)
    {
        IEnumerable<T> values = further is null ? _values : [.. _values, .. Same(further)._values.Where(value => !_keys.Value.ContainsKey(value))];
        return context.Data.LoadFromEnumerable(values.Select(value => new KeyRow { Value = value }));
    }

    public override TensorProto ToTable() => ItemTable.Of(_values, _columnName, _comparer);

    public override long TableBytes() => ItemTable.Bytes(_values, _columnName, _comparer);

    private ItemDictionary<T> Same(ItemDictionary other) => other as ItemDictionary<T>
        ?? throw new ArgumentException($"Column '{_columnName}' has items of {ValueType}, and the other model's are of {other.ValueType}: give both the same type.", nameof(other));

    private static T[] ValuesOf(DataViewSchema.Column column)
    {
        VBuffer<T> buffer = default;
        column.Annotations.GetValue(ColumnTypes.KeyValues, ref buffer);
        var values = new T[buffer.Length];
        buffer.CopyTo(values);
        return values;
    }

    private static bool HasLoneSurrogate(ReadOnlySpan<char> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return true;
            i++;
        }

        return false;
    }

    private sealed class KeyRow
    {
        public T Value = default!;
    }
}
