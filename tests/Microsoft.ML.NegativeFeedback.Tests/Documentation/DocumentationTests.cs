using System.Text.RegularExpressions;
using Microsoft.ML.NegativeFeedback.Tests.Samples;

namespace Microsoft.ML.NegativeFeedback.Tests.Documentation;

/// <summary>What README.md, docs, the samples' pages and the XML comments show compiles, and what they link to is there.</summary>
public sealed partial class DocumentationTests
{
    private static readonly string Root = ReadMeTests.Root;

    private static readonly string[] PageNames =
    [
        .. new[] { "docs", "samples", "src", "eng" }
            .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.md", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(Root, "*.md"))
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(folder => folder is "bin" or "obj" or "_site"))
            .Order(StringComparer.Ordinal),
    ];

    public static TheoryData<string> Pages => [.. PageNames];

    [Fact]
    public void The_code_of_every_page_and_XML_comment_compiles()
    {
        // the pages of the packages, where no comment may mark a block, hold programs that Packages.Tests compiles and runs
        var pages = PageNames.Where(page => !page.EndsWith("/PACKAGE.md", StringComparison.Ordinal)).Select(Blocks).Select(blocks => blocks.Where(block => block.Marker is null).ToArray());
        var examples = new[] { "Microsoft.ML.NegativeFeedback", "Microsoft.ML.NegativeFeedback.AutoML" }
            .SelectMany(assembly => CodeBlock.OfXmlDocumentation(Path.Combine(AppContext.BaseDirectory, assembly + ".xml"))).Select(example => new[] { example });

        AssertNone(DocumentedCode.Compile([.. pages.Concat(examples).Where(blocks => blocks.Length > 0)]));
    }

    [Fact]
    public void Whole_programs_compile_by_themselves()
        => AssertNone([.. PageNames.SelectMany(Blocks).Where(block => block.Marker == CodeBlock.Program).SelectMany(DocumentedCode.CompileProgram)]);

    [Fact]
    public void Blocks_of_files_stand_in_them()
    {
        var blocks = PageNames.SelectMany(Blocks).Where(block => block.File is not null).ToArray();

        Assert.NotEmpty(blocks);
        Assert.All(blocks, block => Assert.Contains(block.Code, ReadMeTests.Read(block.File!), StringComparison.Ordinal));
    }

    [Fact]
    public void Getting_started_and_the_pages_of_the_tasks_run()
    {
        string[] pages = [.. PageNames.Where(page => page is "docs/getting-started.md" || page.StartsWith("docs/tasks/", StringComparison.Ordinal))];
        Assert.Equal(12, pages.Length);
        // beside the libraries that it uses
        string program = Path.Combine(AppContext.BaseDirectory, Path.GetRandomFileName() + ".dll"), folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            using (var file = File.Create(program))
                AssertNone(DocumentedCode.Compile([.. pages.Select(Blocks)], file));
            string tests = Path.ChangeExtension(typeof(DocumentationTests).Assembly.Location, null);

            string printed = ChildProcess.RunIn(folder, ["exec", "--depsfile", tests + ".deps.json", "--runtimeconfig", tests + ".runtimeconfig.json", program, .. pages]);

            Assert.All(pages, page => Assert.Contains($"# {page}\n", printed, StringComparison.Ordinal));
            Assert.Contains("HR", printed, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(program);
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_to_a_file_and_a_heading(string page)
    {
        string folder = Path.GetDirectoryName(Path.Combine(Root, page))!;
        foreach (Match link in Link().Matches(WithoutCode(ReadMeTests.Read(page))))
        {
            string[] target = link.Groups["target"].Value.Split('#', 2);
            if (target[0].Contains("://", StringComparison.Ordinal))
                continue;
            string path = target[0].Length == 0 ? Path.Combine(Root, page) : Path.GetFullPath(Path.Combine(folder, target[0]));
            Assert.True(File.Exists(path) || Directory.Exists(path), $"{page} links to {link.Groups["target"].Value}: there is no such file.");
            if (target.Length == 2 && path.EndsWith(".md", StringComparison.Ordinal))
                Assert.True(Anchors(File.ReadAllText(path)).Contains(target[1]), $"{page} links to {link.Groups["target"].Value}: there is no such heading.");
        }
    }

    [Fact]
    public void The_read_me_is_short()
        => Assert.InRange(ReadMeTests.Read("README.md").TrimEnd().Split('\n').Length, 1, 119);

    [Theory]
    [InlineData("var x = 1 +;\n", "page.md(7): CS1525")]
    [InlineData("ml.Transforms.NoSuchThing();\n", "page.md(7): CS1061")]
    [InlineData("var fine = ml;\nstring wrong = fine;\n", "page.md(8): CS0029")]
    public void Code_that_does_not_compile_is_told_with_page_and_line(string code, string expected)
    {
        var blocks = CodeBlock.OfPage("page.md", $"# Title\n\n```bash\nls\n```\n```csharp\n{code}```\n");

        Assert.Contains(DocumentedCode.Compile([blocks]), error => error.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Blocks_of_a_page_go_on_from_each_other_and_may_take_given_names_for_their_own()
    {
        const string Page = "```csharp\nvar ml = 1;\nstring Add(Row row) => row.Text + ml;\n```\ntext\n```csharp\nConsole.WriteLine(Add(new Row(\"a\")));\n\nrecord Row(string Text);\n```\n";

        Assert.Empty(DocumentedCode.Compile([CodeBlock.OfPage("page.md", Page)]));
    }

    [Theory]
    [InlineData("```csharp\nint i;\n", "page.md(1): the block has no end.")]
    [InlineData("```cs\n```\n", "page.md(1): 'cs' is called csharp here.")]
    [InlineData("<!-- snippet: skipped -->\n```csharp\n```\n", "page.md(1): no block is 'skipped'")]
    public void A_block_that_cannot_be_read_is_an_error(string text, string expected)
        => Assert.StartsWith(expected, Assert.Throws<FormatException>(() => CodeBlock.OfPage("page.md", text)).Message, StringComparison.Ordinal);

    private static void AssertNone(IReadOnlyList<string> errors) => Assert.True(errors.Count == 0, string.Join('\n', errors));

    private static IReadOnlyList<CodeBlock> Blocks(string page) => CodeBlock.OfPage(page, ReadMeTests.Read(page));

    private static string WithoutCode(string text) => Code().Replace(text, "");

    // as GitHub makes them
    private static HashSet<string> Anchors(string text)
        => [.. Heading().Matches(Fence().Replace(text, "")).Select(heading => NotOfAnchors().Replace(heading.Groups["text"].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex(@"\[[^\]]*\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"```.*?```|`[^`\n]*`", RegexOptions.Singleline)]
    private static partial Regex Code();

    [GeneratedRegex("```.*?```", RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex("^#+ (?<text>.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotOfAnchors();
}
