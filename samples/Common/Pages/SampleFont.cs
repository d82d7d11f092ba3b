using ScottPlot;
using SkiaSharp;

namespace Common;

/// <summary>The font of plots. It comes with the program, since a machine without fonts would draw no letter, and every machine draws the same with it.</summary>
internal static class SampleFont
{
    public const string Name = "Sample Sans";

    private static readonly Lazy<SKTypeface> Typeface = new(() =>
    {
        using var data = SKData.CreateCopy(Bytes);
        var typeface = SKTypeface.FromData(data);
        Fonts.FontResolvers.Insert(0, new Resolver(typeface));
        Fonts.Default = Fonts.Sans = Name;
        return typeface;
    });

    public static byte[] Bytes { get; } = Read();

    /// <summary>Makes it ScottPlot's font.</summary>
    public static void Use() => _ = Typeface.Value;

    private static byte[] Read()
    {
        using var stream = typeof(SampleFont).Assembly.GetManifestResourceStream("SampleSans.ttf")!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private sealed class Resolver(SKTypeface typeface) : IFontResolver
    {
        public SKTypeface? CreateTypeface(string fontName, FontWeight weight, FontSlant slant, FontSpacing spacing) => fontName == Name ? typeface : null;

        public SKTypeface? CreateTypeface(string fontName, bool bold, bool italic) => fontName == Name ? typeface : null;
    }
}
