using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// Reads values of any column type as objects, for work off the hot path: text as string, everything else as its raw type.
/// A missing key is null.
/// </summary>
internal static class BoxedValues
{
    /// <summary>A reader of a scalar column of the row that the cursor stands on.</summary>
    public static Func<object?> Scalar(DataViewRow row, DataViewSchema.Column column)
        => (Func<object?>)Invoke(nameof(ScalarOf), column.Type.RawType, row, column);

    /// <summary>A reader of a vector column; slots that a sparse vector leaves out are read as their default.</summary>
    public static Func<object?[]> Vector(DataViewRow row, DataViewSchema.Column column)
        => (Func<object?[]>)Invoke(nameof(VectorOf), ColumnTypes.ItemOf(column.Type).RawType, row, column);

    /// <summary>The values behind the keys 1..count, in their order, or null where the column carries none.</summary>
    public static object?[]? KeyValues(DataViewSchema.Column column)
        => ColumnTypes.KeyValueTypeOf(column) is { } type
            ? (object?[])Invoke(nameof(KeyValuesOf), type.RawType, column)
            : null;

    /// <summary>Makes sure that a column's keys are those that something was fitted on: the values behind them are the same, where both are known.</summary>
    /// <param name="column">The column, with as many keys.</param>
    /// <param name="fitted">The <see cref="KeyValues"/> that were fitted on.</param>
    /// <param name="whatIsFitted">What was, as in "SampleNegatives counted".</param>
    /// <exception cref="ArgumentException">A key stands for another value.</exception>
    public static void RequireSameKeys(DataViewSchema.Column column, object?[]? fitted, string whatIsFitted)
    {
        if (fitted is null || KeyValues(column) is not { } values)
            return;
        for (int i = 0; i < values.Length; i++)
        {
            if (!Equals(values[i], fitted[i]))
            {
                throw new ArgumentException($"Column '{column.Name}' has '{values[i]}' at key {i + 1}, where {whatIsFitted} '{fitted[i]}'. "
                    + "Apply the same fitted MapValueToKey as before Fit.");
            }
        }
    }

    /// <summary>The value behind a key, so that columns with different dictionaries can be compared; any other value as it is.</summary>
    /// <param name="value">What a reader gave.</param>
    /// <param name="keyValues">The <see cref="KeyValues"/> of its column where that holds keys.</param>
    public static object? Behind(object? value, object?[]? keyValues)
        => value is null || keyValues is null ? value : keyValues[Convert.ToInt64(value) - 1];

    /// <summary>A reader of a scalar column as <see cref="Scalar"/>, which gives the values behind keys where the column carries them.</summary>
    public static Func<object?> ScalarBehind(DataViewRow row, DataViewSchema.Column column)
    {
        var read = Scalar(row, column);
        var keyValues = column.Type is KeyDataViewType ? KeyValues(column) : null;
        return () => Behind(read(), keyValues);
    }

    /// <summary>The value as text, in the invariant culture.</summary>
    public static string TextOf(object value) => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static object Invoke(string method, Type type, params object[] arguments)
        => typeof(BoxedValues).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(type).Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null)!;

    private static Func<object?> ScalarOf<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        bool isKey = column.Type is KeyDataViewType;
        T value = default!;
        return () =>
        {
            getter(ref value);
            return Box(value, isKey);
        };
    }

    private static Func<object?[]> VectorOf<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<VBuffer<T>>(column);
        bool isKey = ColumnTypes.ItemOf(column.Type) is KeyDataViewType;
        VBuffer<T> buffer = default;
        return () =>
        {
            getter(ref buffer);
            return buffer.DenseValues().Select(value => Box(value, isKey)).ToArray();
        };
    }

    private static object?[] KeyValuesOf<T>(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.Annotations.GetValue(ColumnTypes.KeyValues, ref values);
        return values.DenseValues().Select(value => Box(value, isKey: false)).ToArray();
    }

    private static object? Box<T>(T value, bool isKey) => value switch
    {
        ReadOnlyMemory<char> text => text.ToString(),
        byte key when isKey && key == 0 => null,
        ushort key when isKey && key == 0 => null,
        uint key when isKey && key == 0 => null,
        ulong key when isKey && key == 0 => null,
        _ => value,
    };
}
