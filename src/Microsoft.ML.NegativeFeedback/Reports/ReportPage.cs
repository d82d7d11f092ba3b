using System.Globalization;
using System.Text;
using System.Xml.Linq;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Reports;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// A page of text, tables and charts in one HTML file that needs nothing else: no script, no style sheet or font from elsewhere. It follows
/// the reader's light or dark setting; every chart has a description and its values as a table. The same content gives the same file.
/// </summary>
/// <example><code>
/// new ReportPage("Sweep over K")
///     .AddParagraph("Five seeds each.")
///     .AddLineChart("GAUC over K", "K", "GAUC", [new LineSeries("SINE", [new LinePoint(2, 0.71, 0.01), new LinePoint(3, 0.72, 0.01)])])
///     .Save("sweep.html");
/// </code></example>
public sealed class ReportPage
{
    private readonly string _title;
    private readonly List<XElement> _content = [];

    /// <summary>Starts a page.</summary>
    /// <param name="title">The title of the window and the heading over the page.</param>
    /// <exception cref="ArgumentException">The title is empty.</exception>
    public ReportPage(string title)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        _title = title;
    }

    /// <summary>Adds a heading over a part of the page.</summary>
    /// <param name="text">Plain text.</param>
    /// <returns>This page.</returns>
    /// <exception cref="ArgumentException">The text is empty.</exception>
    public ReportPage AddHeading(string text)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(text);
        return Add(Html.Element("h2", text));
    }

    /// <summary>Adds a paragraph.</summary>
    /// <param name="text">Plain text; it is escaped.</param>
    /// <returns>This page.</returns>
    /// <exception cref="ArgumentNullException">The text is null.</exception>
    public ReportPage AddParagraph(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Add(Html.Element("p", text));
    }

    /// <summary>Adds a table; the first column names its rows.</summary>
    /// <param name="header">The names of the columns, at least one.</param>
    /// <param name="rows">A cell a column in each row, as text.</param>
    /// <param name="caption">What the table shows; null for none.</param>
    /// <returns>This page.</returns>
    /// <exception cref="ArgumentException">There is no column, or a row has more or fewer cells than there are columns.</exception>
    public ReportPage AddTable(IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows, string? caption = null)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(rows);
        if (header.Count == 0)
            throw new ArgumentException("A table needs a column.", nameof(header));
        var all = rows.ToList();
        int wrong = all.FindIndex(row => row.Count != header.Count);
        return wrong < 0 ? Add(Html.Table(caption, header, all))
            : throw new ArgumentException($"Row {wrong + 1} has {all[wrong].Count} cells; the table has {header.Count} columns.", nameof(rows));
    }

    /// <summary>Adds a chart of bars from zero, in groups.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="groups">The names of the groups, at least one.</param>
    /// <param name="series">A bar in every group each; colours repeat from the ninth on.</param>
    /// <param name="valueLabel">What is measured, with its unit.</param>
    /// <param name="format">How numbers are written, in the invariant culture: "0.####", "P1" …</param>
    /// <returns>This page.</returns>
    /// <exception cref="ArgumentException">The title is empty, there is no group or series, or a series has more or fewer values than there are groups.</exception>
    public ReportPage AddBarChart(
        string title, IReadOnlyList<string> groups, IReadOnlyList<BarSeries> series, string valueLabel = "", string format = "0.####")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        ArgumentNullException.ThrowIfNull(groups);
        ArgumentNullException.ThrowIfNull(series);
        if (groups.Count == 0 || series.Count == 0)
            throw new ArgumentException($"Chart '{title}' has {groups.Count} groups and {series.Count} series; it needs one of both.");
        if (series.FirstOrDefault(bars => bars.Values.Count != groups.Count) is { } wrong)
            throw new ArgumentException($"Series '{wrong.Name}' of chart '{title}' has {wrong.Values.Count} values for {groups.Count} groups.", nameof(series));
        return Add(new BarChart(title, groups, series, valueLabel, Formatter(format)).Draw(NextId()));
    }

    /// <summary>Adds a chart of lines over a number.</summary>
    /// <param name="title">What the chart shows.</param>
    /// <param name="horizontalLabel">What goes right, with its unit.</param>
    /// <param name="verticalLabel">What goes up, with its unit.</param>
    /// <param name="series">The lines, at least one; they differ by colour and by mark, from the ninth on by dashes.</param>
    /// <param name="format">How values are written, in the invariant culture: "0.####", "P1" …</param>
    /// <returns>This page.</returns>
    /// <exception cref="ArgumentException">The title is empty, there is no line, an x is not finite or a standard deviation is negative or not finite.</exception>
    public ReportPage AddLineChart(
        string title, string horizontalLabel, string verticalLabel, IReadOnlyList<LineSeries> series, string format = "0.####")
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(title);
        ArgumentNullException.ThrowIfNull(series);
        if (series.Count == 0)
            throw new ArgumentException($"Chart '{title}' needs a line.", nameof(series));
        foreach (var line in series)
        {
            foreach (var point in line.Points)
            {
                if (!double.IsFinite(point.X))
                    throw new ArgumentException($"Line '{line.Name}' of chart '{title}' has a point at x = {point.X}; x must be finite.", nameof(series));
                if (point.StandardDeviation is { } spread && !(spread >= 0 && double.IsFinite(spread)))
                {
                    throw new ArgumentException($"Line '{line.Name}' of chart '{title}' has a standard deviation of {spread} at x = {point.X}; "
                        + "it must be at least 0, or null where it is unknown.", nameof(series));
                }
            }
        }

        return Add(new LineChart(title, horizontalLabel, verticalLabel, series, Formatter(format)).Draw(NextId()));
    }

    /// <summary>Writes the page as UTF-8. The file appears whole or not at all.</summary>
    /// <param name="path">The file to write; one that is there is replaced.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        WholeFile.Write(path, "The report", file => file.Write(Encoding.UTF8.GetBytes(ToString())));
    }

    /// <summary>The page as HTML, which is valid XML too.</summary>
    public override string ToString()
    {
        var head = Html.Element("head",
            Html.Element("meta", Html.Attribute("charset", "utf-8")),
            Html.Element("meta", Html.Attribute("name", "viewport"), Html.Attribute("content", "width=device-width, initial-scale=1")),
            Html.Element("title", _title),
            Html.Element("style", ReportStyle.Sheet));
        var main = Html.Element("main", Html.Element("h1", _title));
        main.Add(_content);
        var page = Html.Element("html", Html.Attribute("lang", "en"), head, Html.Element("body", main));
        return $"<!DOCTYPE html>\n{page.ToString().ReplaceLineEndings("\n")}\n";
    }

    private ReportPage Add(XElement element)
    {
        _content.Add(element);
        return this;
    }

    private string NextId() => $"chart-{_content.Count + 1}";

    private static Func<double, string> Formatter(string format) => value =>
    {
        if (!double.IsFinite(value))
            return "–";
        string text = value.ToString(format, CultureInfo.InvariantCulture);
        return text == "-0" ? "0" : text;
    };
}

/// <summary>A series of bars in a <see cref="ReportPage"/>: the same measure of every group.</summary>
/// <param name="Name">What the series is, as the legend has it.</param>
/// <param name="Values">A value a group, in the order of the groups; NaN or infinite where there is none.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double> Values);

/// <summary>A line in a <see cref="ReportPage"/>.</summary>
/// <param name="Name">What the series is, as the legend has it.</param>
/// <param name="Points">Its points; they are drawn in the order of x.</param>
public sealed record LineSeries(string Name, IReadOnlyList<LinePoint> Points);

/// <summary>A point of a <see cref="LineSeries"/>.</summary>
/// <param name="X">Where, on the axis that goes right; finite.</param>
/// <param name="Y">How much, on the axis that goes up; NaN or infinite where there is no value: the line has a gap there.</param>
/// <param name="StandardDeviation">Drawn as a bar from Y − SD to Y + SD; at least 0, or null where it is unknown.</param>
public readonly record struct LinePoint(double X, double Y, double? StandardDeviation = null);
