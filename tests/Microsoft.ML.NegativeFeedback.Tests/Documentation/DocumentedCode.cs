using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Microsoft.ML.NegativeFeedback.Tests.Documentation;

/// <summary>
/// Compiles the code of documentation. The blocks of a page are one program from top to bottom, as a reader would type it, in which the names of <see cref="Given"/> are known; a block
/// that is a whole program knows nothing but what every C# project knows.
/// </summary>
internal static class DocumentedCode
{
    private const string ImplicitUsings = """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        """;

    private static readonly string GivenUsings = $"""
        global using Microsoft.ML;
        global using Microsoft.ML.Data;
        global using Microsoft.ML.NegativeFeedback;
        global using static {typeof(Given).FullName};
        """;

    private static readonly CSharpParseOptions ParseOptions = new(LanguageVersion.Latest);

    private static readonly Lazy<MetadataReference[]> References = new(() => [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
        .Select(path => MetadataReference.CreateFromFile(path))]);

    /// <summary>Compiles pages and examples into one program, whose arguments are the pages that it runs.</summary>
    /// <param name="sources">The blocks of each page or example.</param>
    /// <param name="program">Where the program is written; null to write none.</param>
    /// <returns>What does not compile, with source and line.</returns>
    public static IReadOnlyList<string> Compile(IReadOnlyList<IReadOnlyList<CodeBlock>> sources, Stream? program = null)
    {
        var trees = sources.Select((blocks, number) => Parse(PageSource(blocks, NameOf(number)))).ToList();
        var cases = sources.Select((blocks, number) => (blocks[0].Source, Number: number)).Where(page => page.Source.EndsWith(".md", StringComparison.Ordinal))
            .Select(page => $"case \"{page.Source}\": await {NameOf(page.Number)}.Page.Run(); break;");
        trees.Add(Parse($$"""
            internal static class EntryPoint
            {
                private static async Task Main(string[] pages)
                {
                    foreach (string page in pages)
                    {
                        Console.WriteLine("# " + page);
                        switch (page)
                        {
                            {{string.Concat(cases)}}
                            default: throw new ArgumentException($"There is no page '{page}'.");
                        }
                    }
                }
            }
            """));
        return Compile([.. trees, Parse(ImplicitUsings), Parse(GivenUsings)], program);
    }

    /// <summary>Compiles a whole program.</summary>
    /// <param name="block">The program.</param>
    /// <returns>What does not compile, with page and line.</returns>
    public static IReadOnlyList<string> CompileProgram(CodeBlock block)
        => Compile([Parse(Located(block.Source, block.Line, block.Code)), Parse(ImplicitUsings)], null);

    private static IReadOnlyList<string> Compile(IEnumerable<SyntaxTree> trees, Stream? program)
    {
        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        var compilation = CSharpCompilation.Create("DocumentedCode", trees, References.Value, options);
        var diagnostics = program is null ? compilation.GetDiagnostics() : compilation.Emit(program).Diagnostics;
        // CS0618: what is obsolete is not to be shown
        return [.. diagnostics.Where(found => found.Severity == DiagnosticSeverity.Error || found.Id == "CS0618").Select(Describe).Distinct().Order()];
    }

    // statements go into a method, types beside it, usings before both; each keeps its line
    private static string PageSource(IReadOnlyList<CodeBlock> blocks, string name)
    {
        StringBuilder usings = new(), statements = new(), types = new();
        bool isAsync = false;
        foreach (var block in blocks)
        {
            var tree = Parse(block.Code);
            var unit = tree.GetCompilationUnitRoot();
            isAsync |= unit.DescendantNodes().Any(node => node.IsKind(SyntaxKind.AwaitExpression));
            foreach (var part in unit.Usings.Concat<SyntaxNode>(unit.Members))
            {
                var target = part is UsingDirectiveSyntax ? usings : part is GlobalStatementSyntax ? statements : types;
                target.Append(Located(block.Source, block.Line + tree.GetLineSpan(part.FullSpan).StartLinePosition.Line, part.ToFullString()));
            }

            // what the parser could make nothing of stands before the end
            foreach (var error in tree.GetDiagnostics().Where(found => found.Severity == DiagnosticSeverity.Error && found.Location.SourceSpan.Start >= unit.EndOfFileToken.FullSpan.Start))
                statements.Append(Located(block.Source, block.Line + error.Location.GetLineSpan().StartLinePosition.Line, $"#error {error.GetMessage(CultureInfo.InvariantCulture)}"));
        }

        return $$"""
            namespace {{name}}
            {
            {{usings}}
            #line default
            internal static class Page
            {
            public static {{(isAsync ? "async " : "")}}Task Run()
            {
            {{statements}}
            #line default
            {{(isAsync ? "" : "return Task.CompletedTask;")}}
            }
            }
            {{types}}
            }
            """;
    }

    private static SyntaxTree Parse(string code) => CSharpSyntaxTree.ParseText(code, ParseOptions);

    private static string Located(string source, int line, string code) => $"\n#line {line.ToString(CultureInfo.InvariantCulture)} \"{source}\"\n{code}\n";

    private static string NameOf(int number) => $"Page{number.ToString(CultureInfo.InvariantCulture)}";

    private static string Describe(Diagnostic diagnostic)
    {
        var place = diagnostic.Location.GetMappedLineSpan();
        return $"{place.Path}({place.StartLinePosition.Line + 1}): {diagnostic.Id}: {diagnostic.GetMessage(CultureInfo.InvariantCulture)}";
    }
}
