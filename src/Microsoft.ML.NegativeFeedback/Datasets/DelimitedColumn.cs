using System.Buffers.Text;
using System.Globalization;
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

    private static bool ParseInt32(ReadOnlySpan<byte> field, out int value)
        => Utf8Parser.TryParse(field, out value, out int consumed) && consumed == field.Length;

    private static bool ParseSingle(ReadOnlySpan<byte> field, out float value)
        => float.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);

    private static bool ParseSeconds(ReadOnlySpan<byte> field, out long value)
    {
        if (Utf8Parser.TryParse(field, out value, out int consumed) && consumed == field.Length)
            return true;
        bool isNumber = double.TryParse(field, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
            && Math.Abs(seconds) < 1e15;
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
