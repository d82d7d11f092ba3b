using System.Text.RegularExpressions;
using System.Xml.Linq;
using Common;

namespace Microsoft.ML.NegativeFeedback.Tests.Samples;

public sealed partial class HtmlPageTests : IDisposable
{
    private static readonly XNamespace Xhtml = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static HtmlPage EveryPart() => new HtmlPage("Every part")
        .AddHeading("Numbers")
        .AddParagraph("Some text.")
        .AddTable(new ResultTable("Results", ["model", "AUC"], [["SINE", "0.7"], ["", ""]]))
        .AddTable(new ResultTable("Nothing", ["nothing"], []))
        .AddPlot(ResultPlot.Bars("Bars", ["a", "b", "c"], [new PlotBars("x", [0.25, -0.5, double.NaN]), new PlotBars("y", [0.1, 0.2, 0.3])], "share", "P1"))
        .AddPlot(ResultPlot.Bars("Bars that lie", ["one with a very long name that would not fit below its bars", "another one with a name that is longer still"], [new PlotBars("z", [3, 4])], "count"))
        .AddPlot(ResultPlot.Lines("Lines", "K", "GAUC",
        [
            new PlotLine("SINE", [new PlotPoint(3, 0.72, 0.02), new PlotPoint(2, 0.7, 0.01), new PlotPoint(5, 0.71)]),
            new PlotLine("SASRec", [new PlotPoint(2, 0.6), new PlotPoint(3, double.NaN), new PlotPoint(5, 0.61), new PlotPoint(6, 0.62)]),
        ]))
        .AddPlot(ResultPlot.Lines("No points", "x", "y", [new PlotLine("empty", [])]));

    [Fact]
    public void A_page_is_well_formed_and_needs_nothing_from_elsewhere()
    {
        string text = EveryPart().ToString();
        Assert.StartsWith("<!DOCTYPE html>\n<html", text);
        var page = XDocument.Parse(text);
        Assert.DoesNotContain(page.Descendants(), element => element.Name.LocalName is "script" or "link" or "img" or "iframe" or "image" or "use");
        Assert.DoesNotContain(page.Descendants().Attributes(), attribute => attribute.Name.LocalName is "src" or "href" || attribute.Name.LocalName.StartsWith("on"));
        Assert.All(Url().Matches(text), match => Assert.Matches("^(#plot-|data:font/ttf;base64,)", match.Groups[1].Value));
        // in HTML, "<td />" opens a cell
        Assert.DoesNotContain(page.Descendants(), element => element.Name.Namespace == Xhtml && element.Name.LocalName is not "meta" && element.IsEmpty && element.ToString().EndsWith("/>"));
    }

    [Fact]
    public void Every_plot_has_a_title_a_description_letters_and_its_values()
    {
        var figures = XDocument.Parse(EveryPart().ToString()).Descendants(Xhtml + "figure").ToArray();
        Assert.Equal(4, figures.Length);
        var ids = new HashSet<string>();
        foreach (var figure in figures)
        {
            var drawing = figure.Element(Svg + "svg")!;
            Assert.Equal("img", drawing.Attribute("role")!.Value);
            Assert.Equal(drawing.Attribute("aria-labelledby")!.Value.Split(' '), drawing.Elements().Take(2).Select(element => element.Attribute("id")!.Value));
            Assert.All(drawing.DescendantsAndSelf().Attributes("id"), id => Assert.True(ids.Add(id.Value), id.Value));
            Assert.All(drawing.Descendants(Svg + "text"), text => Assert.Equal("Sample Sans", text.Attribute("font-family")!.Value));
        }

        Assert.Equal(["", "x", "y", "a", "25.0 %", "10.0 %", "b", "-50.0 %", "20.0 %", "c", "–", "30.0 %"], Cells(figures[0]));
        Assert.Equal(["K", "SINE", "SASRec", "2", "0.7000 ± 0.0100", "0.6000", "3", "0.7200 ± 0.0200", "–", "5", "0.7100", "0.6100", "6", "", "0.6200"], Cells(figures[2]));
        Assert.All(["SINE", "SASRec", "K", "GAUC", "2", "6"], text => Assert.Contains(text, Letters(figures[2])));
        Assert.All(["a", "b", "c", "x", "y", "share", "25.0 %"], text => Assert.Contains(text, Letters(figures[0])));
        Assert.Contains("another one with a name that is longer still", Letters(figures[1]));
        // one line needs no legend
        Assert.DoesNotContain("z", Letters(figures[1]));
    }

    [Fact]
    public void Text_is_escaped_and_what_xml_cannot_hold_is_replaced()
    {
        const string Evil = "</title><script>alert(\"1\")</script> & 'co'\u0001 \ud83c\udfac";
        string text = new HtmlPage(Evil).AddHeading(Evil).AddParagraph(Evil).AddTable(new ResultTable(Evil, [Evil], [[Evil]]))
            .AddPlot(ResultPlot.Bars("Bars", ["<b>"], [new PlotBars("<i>", [1])], "<u>")).ToString();
        Assert.DoesNotContain("<script", text);
        string expected = Evil.Replace('\u0001', '\uFFFD');
        var page = XDocument.Parse(text);
        Assert.All(["title", "h1", "h2", "p", "caption"], name => Assert.Equal(expected, page.Descendants(Xhtml + name).First().Value));
        Assert.Contains("<b>", Letters(page.Descendants(Xhtml + "figure").Single()));
    }

    [Fact]
    public void The_same_content_gives_the_same_file_which_appears_whole()
    {
        string path = Path.Combine(_folder, "new", "page.html");
        EveryPart().Save(path);
        Assert.Equal(EveryPart().ToString(), File.ReadAllText(path));
        Assert.Equal((byte)'<', File.ReadAllBytes(path)[0]); // no byte order mark
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
        File.WriteAllText(Path.Combine(_folder, "file"), "");
        Assert.Contains("cannot be written", Assert.Throws<IOException>(() => EveryPart().Save(Path.Combine(_folder, "file", "page.html"))).Message);
    }

    private static string[] Cells(XElement figure)
        => [.. figure.Descendants().Where(element => element.Name.LocalName is "td" or "th").Select(element => element.Value)];

    private static string[] Letters(XElement figure) => [.. figure.Descendants(Svg + "text").Select(text => text.Value)];

    [GeneratedRegex(@"url\(([^)]{0,40})")]
    private static partial Regex Url();
}
