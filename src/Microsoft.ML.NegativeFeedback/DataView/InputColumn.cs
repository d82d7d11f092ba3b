using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>A column that is read beside the items of a history and their feedback.</summary>
/// <param name="InputName">What the network, the graph and messages call its values.</param>
/// <param name="ColumnName">The column of the data view.</param>
/// <param name="ValueType">Single, Int64, or UInt32 for keys.</param>
/// <param name="Width">Values an item, or a row.</param>
/// <param name="IsOfItems">Whether it is a vector with <paramref name="Width"/> values beside each item, rather than one with so many for the whole row.</param>
/// <param name="KeyCount">Of keys, how many there must be; 0 for any number.</param>
/// <param name="IsOfQuestion">Whether it tells of what is asked for: training rows have that beside the items, and need no such column.</param>
/// <param name="KeysHash">Of keys, makes a hash of the values behind those that the model learned; null where that is not known.</param>
internal sealed record InputColumn(
    string InputName, string ColumnName, Type ValueType, int Width, bool IsOfItems, ulong KeyCount = 0, bool IsOfQuestion = false, Func<string>? KeysHash = null)
{
    private string Expected
    {
        get
        {
            string values = ValueType == typeof(uint) ? "keys stored as UInt32" : ValueType == typeof(long) ? "Int64" : "Single";
            return IsOfItems ? $"a vector of {values} with {Counted} beside each item"
                : Width == 1 ? $"one value of {values} a row" : $"a vector of {Width} values of {values} a row";
        }
    }

    private string Counted => Width == 1 ? "one value" : $"{Width} values";

    /// <summary>Of a column of keys with values behind them, what makes a hash of these in their order, once; null of another.</summary>
    public static Func<string>? HashOfKeys(DataViewSchema.Column column)
    {
        if (ColumnTypes.KeyValueTypeOf(column) is null)
            return null;
        var hash = new Lazy<string>(() => Convert.ToHexString(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(BoxedValues.KeyValues(column)!.Select(value => BoxedValues.TextOf(value!)))))[..16]);
        return () => hash.Value;
    }

    /// <summary>The column of a schema.</summary>
    /// <exception cref="ArgumentException">It is missing, of another type, or its keys stand for other values.</exception>
    public DataViewSchema.Column Require(DataViewSchema schema)
    {
        var column = Columns.Require(schema, ColumnName, IsRight, Expected);
        if (KeyCount > 0 && ColumnTypes.ItemOf(column.Type) is KeyDataViewType key && key.Count != KeyCount)
        {
            throw new ArgumentException($"Column '{ColumnName}' has {key.Count} keys, but the model was trained on {KeyCount}. Apply the same fitted MapValueToKey as in training.");
        }

        if (KeysHash is not null && HashOfKeys(column) is { } hash && hash() != KeysHash())
        {
            throw new ArgumentException($"Column '{ColumnName}' has other values behind its keys, or in another order, than the model was trained on, which would take each for another. "
                + "Apply the same fitted MapValueToKey as in training, or always give it the same keyData.");
        }

        return column;
    }

    private bool IsRight(DataViewType type)
    {
        var item = ColumnTypes.ItemOf(type);
        bool isValue = item.RawType == ValueType && item is KeyDataViewType == (ValueType == typeof(uint)) && (item is KeyDataViewType || item is NumberDataViewType);
        return isValue && (IsOfItems ? type is VectorDataViewType
            : type is VectorDataViewType vector ? vector.Size == Width : Width == 1);
    }

    /// <summary>Checks how many values a row has.</summary>
    /// <exception cref="InvalidDataException">They do not fit the items.</exception>
    internal void CheckLength(int length, int itemCount, long position)
    {
        if (length == (IsOfItems ? itemCount * Width : Width))
            return;
        throw new InvalidDataException(IsOfItems
            ? $"Row {position + 1} has {length} values in column '{ColumnName}' and {itemCount} items: every item needs {Counted}."
            : $"Row {position + 1} has {length} values in column '{ColumnName}', which takes {Width}.");
    }
}

/// <summary>Reads an <see cref="InputColumn"/> of the row that a cursor stands on, and checks it. One reader belongs to one cursor.</summary>
internal abstract class InputReader(InputColumn input)
{
    public InputColumn Input => input;

    /// <summary>A reader of a column that was found to be right.</summary>
    public static InputReader Of(InputColumn input, DataViewRow row, DataViewSchema.Column column)
        => input.ValueType == typeof(uint) ? new InputReader<uint>(input, row, column)
            : input.ValueType == typeof(long) ? new InputReader<long>(input, row, column) : new InputReader<float>(input, row, column);

    /// <summary>Reads the current row.</summary>
    /// <param name="itemCount">The items of its history.</param>
    /// <exception cref="InvalidDataException">The values do not fit the items, are no numbers, or keys of another dictionary.</exception>
    public abstract void Read(int itemCount);
}

/// <inheritdoc cref="InputReader"/>
internal sealed class InputReader<T> : InputReader
    where T : unmanaged
{
    private readonly DataViewRow _row;
    private readonly VectorReader<T>? _vector;
    private readonly ValueGetter<T>? _scalar;
    private readonly ulong _keyCount;
    private readonly T[] _value = new T[1];

    public InputReader(InputColumn input, DataViewRow row, DataViewSchema.Column column)
        : base(input)
    {
        _row = row;
        _keyCount = (ColumnTypes.ItemOf(column.Type) as KeyDataViewType)?.Count ?? 0;
        if (column.Type is VectorDataViewType)
            _vector = new VectorReader<T>(row, column);
        else
            _scalar = row.GetGetter<T>(column);
    }

    /// <summary>What was read last.</summary>
    public ReadOnlySpan<T> Values => _vector is null ? _value : _vector.Values;

    public override void Read(int itemCount)
    {
        if (_vector is null)
            _scalar!(ref _value[0]);
        else
            _vector.Read();
        Input.CheckLength(Values.Length, itemCount, _row.Position);
        foreach (T value in Values)
        {
            if (value is float number && !float.IsFinite(number))
            {
                throw new InvalidDataException($"Column '{Input.ColumnName}' of row {_row.Position + 1} has the value "
                    + $"{number.ToString(CultureInfo.InvariantCulture)}: a finite number is needed. Replace missing values first (Transforms.ReplaceMissingValues).");
            }

            if (value is uint key && key > _keyCount)
                throw new InvalidDataException($"Column '{Input.ColumnName}' of row {_row.Position + 1} has key {key}, but its dictionary ends at {_keyCount}.");
        }
    }
}
