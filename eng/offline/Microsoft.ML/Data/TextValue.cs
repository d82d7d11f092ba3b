using System.Globalization;
using System.Numerics;

namespace Microsoft.ML.Data;

/// <summary>Takes a value from a field of a text file that is not empty; gives whether it could.</summary>
internal delegate bool TextParser<T>(ReadOnlyMemory<char> text, out T value);

/// <summary>Parsers of fields.</summary>
internal static class TextValue
{
    private static readonly Dictionary<Type, Delegate> _parsers = [];

    static TextValue()
    {
        AddInteger<sbyte>(true);
        AddInteger<short>(true);
        AddInteger<int>(true);
        AddInteger<long>(true);
        AddInteger<byte>(false);
        AddInteger<ushort>(false);
        AddInteger<uint>(false);
        AddInteger<ulong>(false);
        AddReal<float>();
        AddReal<double>();
        Add((ReadOnlyMemory<char> text, out ReadOnlyMemory<char> value) =>
        {
            value = text;
            return true;
        });
        Add<bool>(TryParseBoolean);
        Add((ReadOnlyMemory<char> text, out DateTime value) => DateTime.TryParse(
            text.Span, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out value));
    }

    /// <summary>The parser of values of a type.</summary>
    public static TextParser<T> ParserOf<T>() => (TextParser<T>)_parsers[typeof(T)];

    private static void Add<T>(TextParser<T> parser) => _parsers.Add(typeof(T), parser);

    // a sign may be a minus, not a plus, and there is no white space
    private static void AddInteger<T>(bool isSigned)
        where T : struct, IBinaryInteger<T> => Add((ReadOnlyMemory<char> text, out T value) =>
        {
            var style = isSigned && text.Span[0] == '-' ? NumberStyles.AllowLeadingSign : NumberStyles.None;
            return T.TryParse(text.Span, style, CultureInfo.InvariantCulture, out value);
        });

    // 0 where there is only white space, NaN where there is no number
    private static void AddReal<T>()
        where T : struct, IFloatingPointIeee754<T> => Add((ReadOnlyMemory<char> text, out T value) =>
        {
            value = T.Zero;
            if (text.Span.IsWhiteSpace() || T.TryParse(text.Span, NumberStyles.Float, CultureInfo.InvariantCulture, out value))
                return true;
            value = T.NaN;
            return IsMissing(text.Span);
        });

    private static bool IsMissing(ReadOnlySpan<char> text) =>
        text is "?" || text.Equals("na", StringComparison.OrdinalIgnoreCase) || text.Equals("n/a", StringComparison.OrdinalIgnoreCase)
        || text.Equals("nan", StringComparison.OrdinalIgnoreCase);

    private static bool TryParseBoolean(ReadOnlyMemory<char> text, out bool value)
    {
        var lower = text.ToString().ToLowerInvariant();
        value = lower is "t" or "y" or "1" or "+" or "+1" or "yes" or "true";
        return value || lower is "f" or "n" or "0" or "-" or "no" or "-1" or "false";
    }
}
