using System.Globalization;
using System.Numerics;

namespace Microsoft.ML.Data;

/// <summary>
/// The conversions between the number types, truth values and text that the package has: signed to signed, unsigned to unsigned, both to
/// floating point, and any of them from and to text. Signed and unsigned do not mix, nor does floating point become whole.
/// </summary>
internal static class ValueConversion
{
    private static readonly Dictionary<(Type, Type), Delegate> _conversions = [];

    static ValueConversion()
    {
        AddSigned<sbyte>();
        AddSigned<short>();
        AddSigned<int>();
        AddSigned<long>();
        AddUnsigned<byte>();
        AddUnsigned<ushort>();
        AddUnsigned<uint>();
        AddUnsigned<ulong>();
        AddFloating<float>("G7");
        AddFloating<double>("G17");
        AddTruthValue();
        Add((ReadOnlyMemory<char> text) => text);
    }

    /// <summary>The conversion, a <see cref="Func{T, TResult}"/>, or null.</summary>
    public static Delegate FindOrNull(Type source, Type destination) => _conversions.GetValueOrDefault((source, destination));

    public static Func<TSource, TDestination> Find<TSource, TDestination>() =>
        (Func<TSource, TDestination>)_conversions[(typeof(TSource), typeof(TDestination))];

    private static void Add<TSource, TDestination>(Func<TSource, TDestination> conversion) =>
        _conversions.Add((typeof(TSource), typeof(TDestination)), conversion);

    private static void AddSigned<T>()
        where T : struct, IBinaryInteger<T>
    {
        Add((T value) => sbyte.CreateTruncating(value));
        Add((T value) => short.CreateTruncating(value));
        Add((T value) => int.CreateTruncating(value));
        Add((T value) => long.CreateTruncating(value));
        AddInteger<T>();
    }

    private static void AddUnsigned<T>()
        where T : struct, IBinaryInteger<T>
    {
        Add((T value) => OrZero<T, byte>(value));
        Add((T value) => OrZero<T, ushort>(value));
        Add((T value) => OrZero<T, uint>(value));
        Add((T value) => OrZero<T, ulong>(value));
        AddInteger<T>();
    }

    // what does not fit becomes 0, the missing key
    private static TDestination OrZero<TSource, TDestination>(TSource value)
        where TSource : struct, IBinaryInteger<TSource>
        where TDestination : struct, IBinaryInteger<TDestination>
    {
        var result = TDestination.CreateTruncating(value);
        return TSource.CreateTruncating(result) == value ? result : TDestination.Zero;
    }

    private static void AddInteger<T>()
        where T : struct, IBinaryInteger<T>
    {
        Add((T value) => float.CreateTruncating(value));
        Add((T value) => double.CreateTruncating(value));
        Add((T value) => !T.IsZero(value));
        Add((T value) => value.ToString(null, CultureInfo.InvariantCulture).AsMemory());
        Add((ReadOnlyMemory<char> text) =>
            T.TryParse(text.Span.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) ? value : T.Zero);
    }

    private static void AddFloating<T>(string textFormat)
        where T : struct, IFloatingPointIeee754<T>
    {
        Add((T value) => float.CreateTruncating(value));
        Add((T value) => double.CreateTruncating(value));
        Add((T value) => !T.IsZero(value));
        Add((T value) => value.ToString(textFormat, CultureInfo.InvariantCulture).AsMemory());
        Add((ReadOnlyMemory<char> text) =>
            text.Span.Trim().IsEmpty ? T.Zero
            : T.TryParse(text.Span, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value
            : T.NaN);
    }

    private static void AddTruthValue()
    {
        Add((bool value) => (sbyte)(value ? 1 : 0));
        Add((bool value) => (short)(value ? 1 : 0));
        Add((bool value) => value ? 1 : 0);
        Add((bool value) => value ? 1L : 0L);
        Add((bool value) => value ? 1f : 0f);
        Add((bool value) => value ? 1d : 0d);
        Add((bool value) => value);
        Add((bool value) => value.ToString().AsMemory());
        Add((ReadOnlyMemory<char> text) => text.ToString().ToUpperInvariant() is "TRUE" or "T" or "YES" or "Y" or "1" or "+1" or "+");
    }
}
