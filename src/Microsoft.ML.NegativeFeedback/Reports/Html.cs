using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Microsoft.ML.NegativeFeedback.Reports;

/// <summary>
/// Elements of a page that is valid as HTML and as XML alike: LINQ to XML escapes what is text, and no element that HTML wants
/// closed by a tag is left empty.
/// </summary>
internal static class Html
{
    private static readonly XNamespace Xhtml = "http://www.w3.org/1999/xhtml";
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    public static XElement Element(string name, params ReadOnlySpan<object?> content) => Fill(new XElement(Xhtml + name), content);

    public static XElement Shape(string name, params ReadOnlySpan<object?> content) => Fill(new XElement(Svg + name), content);

    /// <summary>An attribute; numbers are rounded to what a pixel shows.</summary>
    public static XAttribute Attribute(string name, object value)
        => new(name, value is double number ? number.ToString("0.##", CultureInfo.InvariantCulture) : Text($"{value}"));

    /// <summary>The text without what no XML document may hold, control characters and broken surrogates: those become U+FFFD.</summary>
    public static string Text(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
            clean.Append(rune.IsBmp && !XmlConvert.IsXmlChar((char)rune.Value) ? "\uFFFD" : rune.ToString());
        return clean.ToString();
    }

    /// <summary>A table: header cells over the columns, and the first cell of a row as its header.</summary>
    public static XElement Table(string? caption, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string>> rows)
    {
        var body = Element("tbody", "");
        foreach (var row in rows)
            body.Add(Row(row, column => column == 0 ? "row" : null));
        var table = Element("table");
        if (caption is not null)
            table.Add(Element("caption", caption));
        table.Add(Element("thead", Row(header, _ => "col")), body);
        return Element("div", Attribute("class", "scroll"), table);
    }

    private static XElement Row(IReadOnlyList<string> cells, Func<int, string?> scopeOf)
    {
        var row = Element("tr");
        for (int i = 0; i < cells.Count; i++)
            row.Add(scopeOf(i) is { } scope ? Element("th", Attribute("scope", scope), cells[i]) : Element("td", cells[i]));
        return row;
    }

    private static XElement Fill(XElement element, ReadOnlySpan<object?> content)
    {
        foreach (object? part in content)
            element.Add(part is string text ? Text(text) : part);
        return element;
    }
}
