using System.Globalization;

namespace Microsoft.ML.Data;

/// <summary>The text of values where a number has to come back from it unchanged.</summary>
internal static class ValueText
{
    public static string Of<T>(T value) => value switch
    {
        float.NaN or double.NaN => "?",
        float single => single.ToString("R", CultureInfo.InvariantCulture),
        double real => real.ToString("G17", CultureInfo.InvariantCulture),
        bool truth => truth ? "1" : "0",
        TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("o", CultureInfo.InvariantCulture),
        DateTimeOffset time => time.ToString("o", CultureInfo.InvariantCulture),
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}
