using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>A field's value out of its bytes; false where they are none.</summary>
internal delegate bool FieldParser<T>(ReadOnlySpan<byte> field, out T value);

/// <summary>A column of a delimited file: the field it is read from, its name and type in the data view.</summary>
/// <param name="Name">The column's name in the data view.</param>
/// <param name="Field">The field's name in the file's header, or in error messages where the file has none.</param>
/// <param name="Type">The column's type.</param>
/// <param name="Expected">What the field has to hold, in words.</param>
internal abstract record DelimitedColumn(string Name, string Field, DataViewType Type, string Expected)
{
    public abstract ParsedField CreateField();

    public static DelimitedColumn Int32(string name, string field)
        => new DelimitedColumn<int>(name, field, NumberDataViewType.Int32, "a whole number below 2^31", ParseInt32);

    public static DelimitedColumn Single(string name, string field)
        => new DelimitedColumn<float>(name, field, NumberDataViewType.Single, "a number", ParseSingle);

    /// <summary>Unix seconds; written as a whole number or, as RecBole does, as a floating-point one.</summary>
    public static DelimitedColumn UnixSeconds(string name, string field)
        => new DelimitedColumn<long>(name, field, NumberDataViewType.Int64, "seconds since 1970", ParseSeconds);

    /// <summary>Unix milliseconds.</summary>
    public static DelimitedColumn UnixMilliseconds(string name, string field)
        => new DelimitedColumn<long>(name, field, NumberDataViewType.Int64, "milliseconds since 1970", ParseInt64);

    /// <summary>A day of the calendar, 2021-05-11, as the Unix seconds at which it begins in UTC.</summary>
    public static DelimitedColumn UnixSecondsOfDay(string name, string field)
        => new DelimitedColumn<long>(name, field, NumberDataViewType.Int64, "a day as 2021-05-11", ParseDay);

    /// <summary>A whole number of whatever the file counts: days, for instance.</summary>
    public static DelimitedColumn Int64(string name, string field)
        => new DelimitedColumn<long>(name, field, NumberDataViewType.Int64, "a whole number", ParseInt64);

    /// <summary>A time span in milliseconds, as seconds.</summary>
    public static DelimitedColumn SecondsOfMilliseconds(string name, string field)
        => new DelimitedColumn<float>(name, field, NumberDataViewType.Single, "a number of milliseconds", ParseMilliseconds);

    /// <summary>A share in per cent, as 0 to 1; of an empty field, NaN.</summary>
    public static DelimitedColumn ShareOfPerCent(string name, string field)
        => new DelimitedColumn<float>(name, field, NumberDataViewType.Single, "a number of per cent, or nothing", ParsePerCent);

    /// <summary>1 where something happened and 0 where it did not, as Single, so that a rule can read it.</summary>
    public static DelimitedColumn Flag(string name, string field)
        => new DelimitedColumn<float>(name, field, NumberDataViewType.Single, "0 or 1", ParseFlag);

    /// <summary>The opposite of <see cref="Flag"/>.</summary>
    public static DelimitedColumn NegatedFlag(string name, string field)
        => new DelimitedColumn<float>(name, field, NumberDataViewType.Single, "0 or 1", ParseNegatedFlag);

    private static bool ParseInt32(ReadOnlySpan<byte> field, out int value)
        => Utf8Parser.TryParse(field, out value, out int consumed) && consumed == field.Length;

    private static bool ParseInt64(ReadOnlySpan<byte> field, out long value)
        => Utf8Parser.TryParse(field, out value, out int consumed) && consumed == field.Length;

    private static bool ParseDay(ReadOnlySpan<byte> field, out long value)
    {
        Span<char> text = stackalloc char[10];
        value = 0;
        if (field.Length != text.Length || Encoding.ASCII.GetChars(field, text) != text.Length
            || !DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
        {
            return false;
        }

        value = (day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber) * 86400L;
        return true;
    }

    private static bool ParseMilliseconds(ReadOnlySpan<byte> field, out float value)
    {
        bool isNumber = ParseDouble(field, out double milliseconds);
        value = (float)(milliseconds / 1000);
        return isNumber && float.IsFinite(value);
    }

    private static bool ParsePerCent(ReadOnlySpan<byte> field, out float value)
    {
        if (field.IsEmpty)
        {
            value = float.NaN;
            return true;
        }

        bool isNumber = ParseDouble(field, out double perCent);
        value = (float)(perCent / 100);
        return isNumber && float.IsFinite(value);
    }

    private static bool ParseFlag(ReadOnlySpan<byte> field, out float value) => ParseSingle(field, out value) && value is (0 or 1);

    private static bool ParseNegatedFlag(ReadOnlySpan<byte> field, out float value)
    {
        bool isFlag = ParseFlag(field, out float flag);
        value = 1 - flag;
        return isFlag;
    }

    private static bool ParseSingle(ReadOnlySpan<byte> field, out float value)
        => float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value) && !EndsInNul(field);

    private static bool ParseDouble(ReadOnlySpan<byte> field, out double value)
        => double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && !EndsInNul(field);

    // .NET takes NULs behind a number for its end; in a file they are the mark of a damaged one
    private static bool EndsInNul(ReadOnlySpan<byte> field) => field is [.., 0];

    private static bool ParseSeconds(ReadOnlySpan<byte> field, out long value)
    {
        if (Utf8Parser.TryParse(field, out value, out int consumed) && consumed == field.Length)
            return true;
        bool isNumber = ParseDouble(field, out double seconds) && Math.Abs(seconds) < 1e15;
        value = isNumber ? (long)Math.Floor(seconds) : 0;
        return isNumber;
    }
}

/// <inheritdoc/>
internal sealed record DelimitedColumn<T>(string Name, string Field, DataViewType Type, string Expected, FieldParser<T> Parse)
    : DelimitedColumn(Name, Field, Type, Expected)
{
    public override ParsedField CreateField() => new ParsedField<T>(Parse);
}

/// <summary>The value of a column in the row that a cursor stands on.</summary>
internal abstract class ParsedField
{
    public abstract bool TryParse(ReadOnlySpan<byte> field);

    public abstract Delegate CreateGetter();
}

/// <inheritdoc/>
internal sealed class ParsedField<T>(FieldParser<T> parse) : ParsedField
{
    private T _value = default!;

    public override bool TryParse(ReadOnlySpan<byte> field) => parse(field, out _value);

    public override Delegate CreateGetter() => (ValueGetter<T>)((ref T value) => value = _value);
}
