using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.NegativeFeedback.Tests.Reports;

public sealed partial class ReportPageTests : IDisposable
{
    private static readonly XNamespace Xhtml = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly string _folder = Directory.CreateTempSubdirectory("report").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static ReportPage EveryPart() => new ReportPage("Every part")
        .AddHeading("Numbers")
        .AddParagraph("Some text.")
        .AddTable(["model", "AUC"], [["SINE", "0.7"], ["", ""]], "Results")
        .AddTable(["nothing"], [])
        .AddBarChart("Bars", ["a", "b", "c"], [new BarSeries("x", [0.25, -0.5, double.NaN]), new BarSeries("y", [0.1, 0.2, 0.3])], "share", "P1")
        .AddBarChart("One series", ["a"], [new BarSeries("x", [3])])
        .AddLineChart("Lines", "K", "GAUC",
            [
                new LineSeries("SINE", [new LinePoint(3, 0.72, 0.02), new LinePoint(2, 0.7, 0.01), new LinePoint(5, 0.71)]),
                new LineSeries("SASRec", [new LinePoint(2, 0.6), new LinePoint(3, double.NaN), new LinePoint(5, 0.61), new LinePoint(6, 0.62)]),
            ])
        .AddLineChart("No points", "x", "y", [new LineSeries("empty", [])]);

    [Fact]
    public void A_page_is_valid_xml_that_a_browser_reads_the_same_way()
    {
        string text = EveryPart().ToString();

        Assert.StartsWith("<!DOCTYPE html>\n<html", text);
        Assert.Equal(Xhtml + "html", XDocument.Parse(text).Root!.Name);
        // in HTML, "<td />" opens a cell: only these may be closed like that
        string[] selfClosed = ["meta", "line", "rect", "circle", "polygon", "polyline"];
        Assert.All(SelfClosedElement().Matches(text), match => Assert.Contains(match.Groups[1].Value, selfClosed));
        // in HTML, a style sheet is no place for entities
        Assert.DoesNotContain('&', StyleSheet().Match(text).Groups[1].Value);
    }

    [Fact]
    public void A_page_needs_nothing_from_elsewhere()
    {
        var page = XDocument.Parse(EveryPart().ToString());

        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe");
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href" || attribute.Name.LocalName.StartsWith("on"));
        Assert.DoesNotContain("url(", page.ToString());
    }

    [Fact]
    public void Text_is_escaped_and_what_xml_cannot_hold_is_replaced()
    {
        const string evil = "</title><script>alert(\"1\")</script> & 'co'\u0001 \ud83c\udfac";
        string text = new ReportPage(evil).AddHeading(evil).AddParagraph(evil).AddTable([evil], [[evil]], evil)
            .AddBarChart(evil, [evil], [new BarSeries(evil, [1])], evil)
            .AddLineChart(evil, evil, evil, [new LineSeries(evil, [new LinePoint(1, 1)])]).ToString();

        Assert.DoesNotContain("<script", text);
        string expected = evil.Replace('\u0001', '\uFFFD');
        var page = XDocument.Parse(text);
        Assert.Equal(expected, page.Descendants(Xhtml + "title").Single().Value);
        Assert.Equal(expected, page.Descendants(Xhtml + "p").Single().Value);
        Assert.Equal(expected, page.Descendants(Xhtml + "caption").Single().Value);
        Assert.All(page.Descendants(Xhtml + "table").First().Descendants(Xhtml + "th"), cell => Assert.Equal(expected, cell.Value));
        XDocument.Parse(new ReportPage("half of a pair: \ud83c").ToString());
    }

    [Fact]
    public void Every_chart_has_a_title_a_description_and_its_values()
    {
        var figures = XDocument.Parse(EveryPart().ToString()).Descendants(Xhtml + "figure").ToArray();

        Assert.Equal(4, figures.Length);
        var ids = new HashSet<string>();
        foreach (var figure in figures)
        {
            var drawing = figure.Elements(Svg + "svg").Single();
            var labels = drawing.Attribute("aria-labelledby")!.Value.Split(' ');
            Assert.Equal(labels, drawing.Elements().Where(element => element.Attribute("id") is not null).Select(element => element.Attribute("id")!.Value));
            Assert.All(labels, id => Assert.True(ids.Add(id), id));
            Assert.NotEmpty(figure.Descendants(Xhtml + "table"));
        }

        Assert.Equal(["", "x", "y", "a", "25.0 %", "10.0 %", "b", "-50.0 %", "20.0 %", "c", "–", "30.0 %"], Cells(figures[0]));
        Assert.Equal(["K", "SINE", "SASRec", "2", "0.7 ± 0.01", "0.6", "3", "0.72 ± 0.02", "–", "5", "0.71", "0.61", "6", "", "0.62"], Cells(figures[2]));
    }

    [Fact]
    public void Bars_are_as_long_as_their_values_and_start_at_zero()
    {
        var bars = XDocument.Parse(EveryPart().ToString()).Descendants(Svg + "svg").First(drawing => drawing.Attribute("role") is not null)
            .Elements(Svg + "rect").ToArray();

        Assert.Equal(5, bars.Length); // one value is missing
        double unit = Number(bars[0], "height") / 0.25;
        Assert.Equal([0.25, 0.1, 0.5, 0.2, 0.3], bars.Select(bar => Math.Round(Number(bar, "height") / unit, 3)));
        double zero = Number(bars[0], "y") + Number(bars[0], "height");
        Assert.Equal(zero, Number(bars[1], "y") + Number(bars[1], "height"), 0.02);
        Assert.Equal(zero, Number(bars[2], "y"), 0.02); // the negative one hangs
        Assert.Equal(["a, x: 25.0 %", "a, y: 10.0 %", "b, x: -50.0 %"], bars.Take(3).Select(bar => bar.Value));
    }

    [Fact]
    public void Lines_follow_x_break_at_gaps_and_show_their_spread()
    {
        var drawing = XDocument.Parse(EveryPart().ToString()).Descendants(Svg + "svg").Where(svg => svg.Attribute("role") is not null).ElementAt(2);

        var lines = drawing.Elements(Svg + "polyline").Select(line => line.Attribute("points")!.Value.Split(' ')
            .Select(point => point.Split(',').Select(number => double.Parse(number, CultureInfo.InvariantCulture)).ToArray()).ToArray()).ToArray();
        // SINE's three points in the order of x; of SASRec the two after the gap, the one before it being a mark alone
        Assert.Equal([3, 2], lines.Select(line => line.Length));
        Assert.Equal(lines[0].Select(point => point[0]).Order(), lines[0].Select(point => point[0]));
        Assert.Equal(3, drawing.Elements(Svg + "rect").Count()); // SASRec's marks
        var spreads = drawing.Elements(Svg + "line").Where(line => line.Attribute("class")!.Value.StartsWith("spread")).ToArray();
        Assert.Equal(2 * 3, spreads.Length);
        // upright bars: from y + SD to y − SD around the point, the second twice as long
        double[] lengths = [Number(spreads[0], "y1") - Number(spreads[0], "y2"), Number(spreads[3], "y1") - Number(spreads[3], "y2")];
        Assert.Equal(2, lengths[1] / lengths[0], 0.01);
        Assert.Equal(lines[0][0][1], (Number(spreads[0], "y1") + Number(spreads[0], "y2")) / 2, 0.02);
        Assert.Equal(lines[0][0][0], Number(spreads[0], "x1"), 0.02);
    }

    [Fact]
    public void Long_names_stay_inside_the_drawing()
    {
        string[] names = [.. Enumerable.Range(0, 12).Select(i => $"a model with a long name, number {i}")];
        var drawing = XDocument.Parse(new ReportPage("page").AddBarChart("bars", names, [new BarSeries("x", new double[12])]).ToString())
            .Descendants(Svg + "svg").Single();

        var labels = drawing.Elements(Svg + "text").Where(text => text.Attribute("transform") is not null).ToArray();
        Assert.Equal(12, labels.Length);
        Assert.All(labels, label => Assert.True(Number(label, "x") > label.Value.Length * 6.5 * 0.81, label.Value));
        Assert.Contains(names[11], Cells(drawing.Parent!));
    }

    [Fact]
    public void Numbers_are_written_the_same_in_every_culture()
    {
        string before = EveryPart().ToString();
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = ",";
        culture.NumberFormat.PercentDecimalSeparator = ",";
        var current = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = culture;
            Assert.Equal(before, EveryPart().ToString());
        }
        finally
        {
            CultureInfo.CurrentCulture = current;
        }
    }

    [Fact]
    public void A_file_appears_whole_and_replaces_the_one_before()
    {
        string path = Path.Combine(_folder, "page.html");
        File.WriteAllText(path, new string('x', 1_000_000));

        EveryPart().Save(path);

        Assert.Equal(EveryPart().ToString(), File.ReadAllText(path));
        Assert.Equal((byte)'<', File.ReadAllBytes(path)[0]); // no byte order mark
        Assert.Equal([path], Directory.GetFiles(_folder));
        var error = Assert.Throws<IOException>(() => EveryPart().Save(Path.Combine(_folder, "missing", "page.html")));
        Assert.Contains("Choose a folder that exists", error.Message);
    }

    [Fact]
    public void What_cannot_be_drawn_is_named()
    {
        var page = new ReportPage("page");

        Assert.Throws<ArgumentException>(() => new ReportPage(" "));
        Assert.Contains("Row 2 has 1 cells", Assert.Throws<ArgumentException>(() => page.AddTable(["a", "b"], [["1", "2"], ["3"]])).Message);
        Assert.Throws<ArgumentException>(() => page.AddTable([], []));
        Assert.Contains("0 groups", Assert.Throws<ArgumentException>(() => page.AddBarChart("t", [], [new BarSeries("x", [])])).Message);
        Assert.Contains("'x' of chart 't' has 1 values for 2 groups",
            Assert.Throws<ArgumentException>(() => page.AddBarChart("t", ["a", "b"], [new BarSeries("x", [1])])).Message);
        Assert.Throws<ArgumentException>(() => page.AddLineChart("t", "x", "y", []));
        Assert.Contains("x must be finite", Line(new LinePoint(double.NaN, 1)).Message);
        Assert.Contains("standard deviation of -1", Line(new LinePoint(1, 1, -1)).Message);
        Assert.Contains("standard deviation of NaN", Line(new LinePoint(1, 1, double.NaN)).Message);

        ArgumentException Line(LinePoint point)
            => Assert.Throws<ArgumentException>(() => page.AddLineChart("t", "x", "y", [new LineSeries("line", [point])]));
    }

    private static double Number(XElement element, string attribute) => double.Parse(element.Attribute(attribute)!.Value, CultureInfo.InvariantCulture);

    private static string[] Cells(XElement figure)
        => [.. figure.Descendants().Where(element => element.Name.LocalName is "td" or "th").Select(element => element.Value)];

    [GeneratedRegex(@"<(\w+)[^<>]*/>")]
    private static partial Regex SelfClosedElement();

    [GeneratedRegex(@"<style>(.*?)</style>", RegexOptions.Singleline)]
    private static partial Regex StyleSheet();
}
