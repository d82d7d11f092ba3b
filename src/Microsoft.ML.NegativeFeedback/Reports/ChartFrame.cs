using System.Xml.Linq;

namespace Microsoft.ML.NegativeFeedback.Reports;

/// <summary>What every chart has around it: the size of its parts in pixels, axes with marks, title and description, legend, data.</summary>
internal static class ChartFrame
{
    public const double Width = 720;
    public const double Left = 64;
    public const double Right = Width - 16;
    public const double Top = 30;
    public const double Bottom = 300;

    private static readonly string[] Dashes = ["none", "7 4", "2 4"];

    /// <summary>The chart with its caption, its legend where there is more than one series, and its values as a table.</summary>
    public static XElement Figure(string id, string title, string description, double height, IEnumerable<XElement> shapes, XElement? legend, XElement table)
    {
        var drawing = Html.Shape("svg",
            Html.Attribute("viewBox", FormattableString.Invariant($"0 0 {Width} {height}")),
            Html.Attribute("role", "img"), Html.Attribute("aria-labelledby", $"{id}-title {id}-description"),
            Html.Shape("title", Html.Attribute("id", $"{id}-title"), title),
            Html.Shape("desc", Html.Attribute("id", $"{id}-description"), description));
        foreach (var shape in shapes)
            drawing.Add(shape);
        return Html.Element("figure", Html.Element("figcaption", title), legend, drawing,
            Html.Element("details", Html.Element("summary", "Values of this chart"), table));
    }

    public static XElement? Legend(IReadOnlyList<string> names, Func<int, IEnumerable<XElement>> sampleOf)
    {
        if (names.Count < 2)
            return null;
        var list = Html.Element("ul", Html.Attribute("class", "legend"));
        for (int i = 0; i < names.Count; i++)
        {
            var sample = Html.Shape("svg", Html.Attribute("viewBox", "0 0 28 12"), Html.Attribute("aria-hidden", "true"));
            foreach (var shape in sampleOf(i))
                sample.Add(shape);
            list.Add(Html.Element("li", sample, names[i]));
        }

        return list;
    }

    /// <summary>Horizontal lines at the marks of the upward axis, with their values and what they measure.</summary>
    public static IEnumerable<XElement> UpwardAxis(AxisScale scale, Func<double, string> format, string label)
    {
        foreach (double mark in scale.Marks)
        {
            double y = scale.Place(mark);
            yield return Line("grid", Left, y, Right, y);
            yield return Text(format(mark), Left - 8, y + 4, "end", "faint");
        }

        yield return Text(label, 4, 13, "start", "faint");
    }

    public static XElement Line(string style, double fromX, double fromY, double toX, double toY)
        => Html.Shape("line", Html.Attribute("class", style), Html.Attribute("x1", fromX), Html.Attribute("y1", fromY),
            Html.Attribute("x2", toX), Html.Attribute("y2", toY));

    public static XElement Text(string text, double x, double y, string anchor, string style = "")
        => Html.Shape("text", Html.Attribute("x", x), Html.Attribute("y", y), Html.Attribute("text-anchor", anchor), Html.Attribute("class", style), text);

    public static XElement Rectangle(string style, double x, double y, double width, double height)
        => Html.Shape("rect", Html.Attribute("class", style), Html.Attribute("x", x), Html.Attribute("y", y), Html.Attribute("width", width), Html.Attribute("height", height));

    /// <summary>The dashes of a series' line: whole lines as long as colours last.</summary>
    public static XAttribute DashOf(int series)
        => Html.Attribute("stroke-dasharray", Dashes[series / ReportStyle.LightColours.Length % Dashes.Length]);

    /// <summary>The mark of a series: a circle, a square, a triangle or a diamond.</summary>
    public static XElement Mark(int series, double x, double y) => (series % 4) switch
    {
        0 => Html.Shape("circle", Html.Attribute("class", ReportStyle.ColourOf(series)), Html.Attribute("cx", x), Html.Attribute("cy", y), Html.Attribute("r", 4.0)),
        1 => Rectangle(ReportStyle.ColourOf(series), x - 3.5, y - 3.5, 7, 7),
        2 => Polygon(series, [(x, y - 5), (x + 4.5, y + 3.5), (x - 4.5, y + 3.5)]),
        _ => Polygon(series, [(x, y - 5), (x + 5, y), (x, y + 5), (x - 5, y)]),
    };

    public static string Points(IEnumerable<(double X, double Y)> points)
        => string.Join(" ", points.Select(point => FormattableString.Invariant($"{point.X:0.##},{point.Y:0.##}")));

    private static XElement Polygon(int series, (double X, double Y)[] corners)
        => Html.Shape("polygon", Html.Attribute("class", ReportStyle.ColourOf(series)), Html.Attribute("points", Points(corners)));
}
