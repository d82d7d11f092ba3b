using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>
/// The distinct values of a scalar column, numbered from 0 in the order of their first appearance, so that a log holds four bytes
/// a value whatever its type.
/// </summary>
internal abstract class ValueTable
{
    public abstract int Count { get; }

    public static ValueTable Create(DataViewType type)
        => (ValueTable)Activator.CreateInstance(typeof(ValueTable<>).MakeGenericType(type.RawType), type)!;

    /// <summary>Reads the row's value, enters it if it is new, and returns its number.</summary>
    public abstract Func<int> CreateReader(DataViewRow row, DataViewSchema.Column column);

    /// <summary>Whether the value is a missing key, an empty text or NaN.</summary>
    public abstract bool IsMissing(int index);

    /// <summary>The value as text, in the invariant culture.</summary>
    public abstract string TextOf(int index);

    /// <summary>A getter of the value with the number that <paramref name="index"/> gives.</summary>
    public abstract Delegate CreateScalarGetter(Func<int> index);

    /// <summary>A getter of the values with the numbers that <paramref name="indices"/> gives.</summary>
    public abstract Delegate CreateVectorGetter(Func<ReadOnlySpan<int>> indices);
}

/// <inheritdoc/>
internal sealed class ValueTable<T> : ValueTable
    where T : notnull
{
    /// <summary>
    /// Whole numbers below this, which identifiers mostly are, are looked up in an array: it takes four bytes each, no hash.
    /// </summary>
    private const uint SlotLimit = 1 << 22;

    private readonly Dictionary<T, int> _numbers;
    private readonly List<T> _values = [];
    private readonly bool _isKey;
    private int[] _numberAfterSlot = []; // 0: not seen

    public ValueTable(DataViewType type)
    {
        _isKey = type is KeyDataViewType;
        _numbers = typeof(T) == typeof(ReadOnlyMemory<char>)
            ? new Dictionary<T, int>((IEqualityComparer<T>)(object)new TextComparer())
            : [];
    }

    public override int Count => _values.Count;

    public override Func<int> CreateReader(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        T value = default!;
        return () =>
        {
            getter(ref value);
            uint slot = SlotOf(value);
            if (slot < _numberAfterSlot.Length && _numberAfterSlot[slot] > 0)
                return _numberAfterSlot[slot] - 1;
            return slot < SlotLimit ? EnterSlot(slot, value)
                : _numbers.TryGetValue(value, out int number) ? number
                : Enter(value);
        };
    }

    public override bool IsMissing(int index) => _values[index] switch
    {
        ReadOnlyMemory<char> text => text.IsEmpty,
        float number => float.IsNaN(number),
        double number => double.IsNaN(number),
        var value => _isKey && EqualityComparer<T>.Default.Equals(value, default),
    };

    public override string TextOf(int index) => Convert.ToString(_values[index], CultureInfo.InvariantCulture) ?? "";

    public override Delegate CreateScalarGetter(Func<int> index)
        => (ValueGetter<T>)((ref T value) => value = _values[index()]);

    public override Delegate CreateVectorGetter(Func<ReadOnlySpan<int>> indices)
        => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> vector) =>
        {
            var part = indices();
            var values = CollectionsMarshal.AsSpan(_values);
            var editor = VBufferEditor.Create(ref vector, part.Length);
            for (int i = 0; i < part.Length; i++)
                editor.Values[i] = values[part[i]];
            vector = editor.Commit();
        });

    private static uint SlotOf(T value) => value switch
    {
        int number => (uint)number,
        uint number => number,
        long number and >= 0 and < SlotLimit => (uint)number,
        _ => uint.MaxValue,
    };

    private int EnterSlot(uint slot, T value)
    {
        if (slot >= _numberAfterSlot.Length)
            Array.Resize(ref _numberAfterSlot, (int)BitOperations.RoundUpToPowerOf2(slot + 1));
        _values.Add(value);
        _numberAfterSlot[slot] = _values.Count;
        return _values.Count - 1;
    }

    private int Enter(T value)
    {
        // the source may reuse the memory behind a text
        if (value is ReadOnlyMemory<char> text)
            value = (T)(object)text.ToString().AsMemory();
        int number = _values.Count;
        _values.Add(value);
        _numbers.Add(value, number);
        return number;
    }
}
