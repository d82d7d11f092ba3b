using Spectre.Console;

namespace Common;

/// <summary>A table of texts; the first column names its rows.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Header">The names of the columns.</param>
/// <param name="Rows">A cell a column.</param>
public sealed record ResultTable(string Title, IReadOnlyList<string> Header, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    /// <summary>Prints it: with lines around it in a terminal, columns of text where the output goes elsewhere.</summary>
    /// <param name="console">Where; null for the standard output.</param>
    public void Write(IAnsiConsole? console = null)
    {
        console ??= AnsiConsole.Console;
        if (console.Profile.Capabilities.Interactive)
            console.Write(Drawn(TableBorder.Rounded).Title(Markup.Escape(Title)));
        else
            console.Profile.Out.Writer.WriteLine(ToString());
    }

    /// <summary>As a table of Markdown, without its title.</summary>
    public string ToMarkdown() => Text(Drawn(TableBorder.Markdown));

    public override string ToString() => $"{Title}\n{Text(Drawn(TableBorder.None))}";

    private Table Drawn(TableBorder border)
    {
        var table = new Table().Border(border);
        foreach (string name in Header)
            table.AddColumn(new TableColumn(Markup.Escape(name)).NoWrap());
        foreach (var row in Rows)
            table.AddRow([.. row.Select(Markup.Escape)]);
        return table;
    }

    private static string Text(Table table)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, ColorSystem = ColorSystemSupport.NoColors, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = int.MaxValue / 2;
        // or bars and arrows would become other signs where a console knows ASCII alone
        console.Profile.Capabilities.Unicode = true;
        console.Write(table);
        return string.Join('\n', text.ToString().Split('\n').Select(line => line.TrimEnd())).Trim('\n');
    }
}
