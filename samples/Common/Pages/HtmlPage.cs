using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Common;

/// <summary>
/// A page of text, tables and plots in one HTML file that needs nothing else: plots are SVG in the page, their font is in it too. It is well-formed XML as well. Every plot has a
/// description and its values as a table.
/// </summary>
/// <param name="title">The title of the window and the heading over the page.</param>
public sealed class HtmlPage(string title)
{
    private const string Style = """

        @font-face { font-family: "FONT"; src: url(data:font/ttf;base64,DATA) format("truetype"); }
        body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 54rem; background: #ffffff; color: #1b1d22; font: 16px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.7rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.5rem; }
        figure { margin: 1.5rem 0; } figcaption { font-weight: 600; }
        svg { display: block; width: 100%; height: auto; }
        .scroll { overflow-x: auto; }
        table { border-collapse: collapse; margin: 0.5rem 0 1rem; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
        caption { text-align: left; font-weight: 600; padding-bottom: 0.3rem; }
        th, td { padding: 0.25rem 0.75rem; text-align: right; border-bottom: 1px solid #d9dce3; }
        th:first-child { text-align: left; } tbody th { font-weight: 400; }
        summary { cursor: pointer; color: #5b6270; font-size: 0.9rem; }

        """;

    private static readonly XNamespace Xhtml = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private readonly List<XElement> _content = [];

    public HtmlPage AddHeading(string text) => Add(Element("h2", text));

    public HtmlPage AddParagraph(string text) => Add(Element("p", text));

    public HtmlPage AddTable(ResultTable table) => Add(TableOf(table, table.Title));

    /// <summary>Adds a plot.</summary>
    public HtmlPage AddPlot(ResultPlot plot)
    {
        string id = $"plot-{_content.Count + 1}";
        var drawing = XElement.Parse(plot.ToSvg());
        drawing.Attributes().Where(attribute => attribute.IsNamespaceDeclaration && attribute.Value != Svg).Remove();
        Clean(drawing, id);
        drawing.SetAttributeValue("viewBox", $"0 0 {drawing.Attribute("width")!.Value} {drawing.Attribute("height")!.Value}");
        drawing.Attributes().Where(attribute => attribute.Name.LocalName is "width" or "height").Remove();
        drawing.SetAttributeValue("role", "img");
        drawing.SetAttributeValue("aria-labelledby", $"{id}-title {id}-description");
        drawing.AddFirst(
            new XElement(Svg + "title", new XAttribute("id", $"{id}-title"), Clean(plot.Title)),
            new XElement(Svg + "desc", new XAttribute("id", $"{id}-description"), Clean(plot.Description + " The values follow as a table.")));
        return Add(Element("figure", Element("figcaption", plot.Title), drawing, Element("details", Element("summary", "Values of this plot"), TableOf(plot.Values, caption: null))));
    }

    /// <summary>Writes the page. The file appears whole or not at all; its folder is made where it is missing.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save(string path) => TextFile.WriteWhole(path, ToString());

    public override string ToString()
    {
        string style = Style.Replace("FONT", SampleFont.Name).Replace("DATA", Convert.ToBase64String(SampleFont.Bytes));
        var head = Element("head",
            Element("meta", new XAttribute("charset", "utf-8")),
            Element("meta", new XAttribute("name", "viewport"), new XAttribute("content", "width=device-width, initial-scale=1")),
            Element("title", title),
            Element("style", style));
        var page = Element("html", new XAttribute("lang", "en"), head, Element("body", Element("main", Element("h1", title), _content)));
        return $"<!DOCTYPE html>\n{page.ToString().ReplaceLineEndings("\n")}\n";
    }

    private HtmlPage Add(XElement element)
    {
        _content.Add(element);
        return this;
    }

    // names of parts are the page's, and counted anew in every plot; lists of places end with a comma, texts with white space
    private static void Clean(XElement drawing, string id)
    {
        var names = drawing.Descendants().Attributes("id").Index().ToDictionary(part => part.Item.Value, part => $"{id}-part-{part.Index + 1}");
        foreach (var element in drawing.Descendants())
        {
            if (element.Name.LocalName == "text")
                element.Value = element.Value.Trim();
            foreach (var attribute in element.Attributes())
            {
                attribute.Value = attribute.Name.LocalName switch
                {
                    "id" => names[attribute.Value],
                    "x" or "y" => attribute.Value.TrimEnd(',', ' '),
                    _ when attribute.Value.StartsWith("url(#", StringComparison.Ordinal) => $"url(#{names[attribute.Value[5..^1]]})",
                    _ => attribute.Value,
                };
            }
        }
    }

    private static XElement TableOf(ResultTable table, string? caption)
    {
        // in HTML an empty element that is closed at once is still open
        var body = Element("tbody", "", table.Rows.Select(row => Element("tr", row.Select((cell, column) => column == 0 ? Element("th", new XAttribute("scope", "row"), cell) : Element("td", cell)))));
        return Element("div", new XAttribute("class", "scroll"), Element("table",
            caption is null ? null : Element("caption", caption), Element("thead", Element("tr", table.Header.Select(name => Element("th", new XAttribute("scope", "col"), name)))), body));
    }

    private static XElement Element(string name, params object?[] content) => new(Xhtml + name, content.Select(part => part is string text ? Clean(text) : part));

    /// <summary>The text without what no XML document may hold, control characters and broken surrogates: those become U+FFFD.</summary>
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            clean.Append(rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "\uFFFD" : rune.ToString());
        return clean.ToString();
    }
}
