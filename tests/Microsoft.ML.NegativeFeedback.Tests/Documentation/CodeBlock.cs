using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Microsoft.ML.NegativeFeedback.Tests.Documentation;

/// <summary>C# that documentation shows: a block of a page, or an example of an XML comment.</summary>
/// <param name="Source">The page, by its path in the repository, or the documented member.</param>
/// <param name="Line">The line of the page on which the code begins; of a member 1.</param>
/// <param name="Code">The code.</param>
/// <param name="Marker">What the comment before the block says of it, see docs/README.md; null where there is none.</param>
internal sealed partial record CodeBlock(string Source, int Line, string Code, string? Marker)
{
    /// <summary>The marker of a block that is a whole program.</summary>
    public const string Program = "program";

    /// <summary>The marker of a block that stands in a file of the repository, whose path follows.</summary>
    public const string OfFile = "of ";

    /// <summary>The file that the block is a part of; null where the page itself has the code.</summary>
    public string? File => Marker is not null && Marker.StartsWith(OfFile, StringComparison.Ordinal) ? Marker[OfFile.Length..] : null;

    /// <summary>The blocks of a page.</summary>
    /// <param name="page">Its path in the repository.</param>
    /// <param name="text">Its text.</param>
    /// <exception cref="FormatException">A fence is not closed, is called otherwise than csharp, or has a marker that there is none of.</exception>
    public static IReadOnlyList<CodeBlock> OfPage(string page, string text)
    {
        string[] lines = text.Split('\n');
        var blocks = new List<CodeBlock>();
        for (int start = 0; start < lines.Length; start++)
        {
            if (FenceStart().Match(lines[start]) is not { Success: true } fence)
                continue;
            int end = Array.FindIndex(lines, start + 1, line => line.Trim() == "```");
            if (end < 0)
                throw new FormatException($"{page}({start + 1}): the block has no end.");
            string language = fence.Groups["language"].Value;
            if (language.ToLowerInvariant() is "cs" or "c#")
                throw new FormatException($"{page}({start + 1}): '{language}' is called csharp here.");
            if (language == "csharp")
                blocks.Add(new CodeBlock(page, start + 2, Unindented(lines[(start + 1)..end], fence.Groups["indent"].Length), MarkerBefore(page, lines, start)));
            start = end;
        }

        return blocks;
    }

    /// <summary>The examples of an assembly's XML documentation, each by itself.</summary>
    /// <param name="path">The file that the compiler wrote.</param>
    public static IReadOnlyList<CodeBlock> OfXmlDocumentation(string path)
        => [.. XDocument.Load(path).Descendants("member").SelectMany(member => member.Descendants("example").Descendants("code")
            .Select(code => new CodeBlock(member.Attribute("name")!.Value, 1, Dedented(code.Value), null)))];

    private static string? MarkerBefore(string page, string[] lines, int fence)
    {
        if (fence == 0 || MarkerComment().Match(lines[fence - 1]) is not { Success: true } comment)
            return null;
        string marker = comment.Groups["marker"].Value;
        return marker == Program || marker.StartsWith(OfFile, StringComparison.Ordinal) ? marker
            : throw new FormatException($"{page}({fence}): no block is '{marker}': it is '{Program}' or '{OfFile}' and a file.");
    }

    private static string Unindented(string[] lines, int indent)
        => string.Concat(lines.Select(line => (line.Length >= indent ? line[indent..] : line.TrimStart()) + "\n"));

    private static string Dedented(string code)
    {
        string[] lines = [.. code.Split('\n').SkipWhile(string.IsNullOrWhiteSpace)];
        return Unindented(lines, lines.Where(line => line.Trim().Length > 0).Select(line => line.Length - line.TrimStart().Length).DefaultIfEmpty(0).Min());
    }

    [GeneratedRegex(@"^(?<indent>\s*)```(?<language>\S*)")]
    private static partial Regex FenceStart();

    [GeneratedRegex(@"^\s*<!-- snippet: (?<marker>.*?) -->\s*$")]
    private static partial Regex MarkerComment();
}
