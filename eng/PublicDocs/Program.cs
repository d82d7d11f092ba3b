// PublicDocs ASSEMBLY.dll DOCUMENTATION.xml: takes out of a documentation file what those who use the assembly cannot see. The build runs it on both packages.
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

var (assemblyPath, documentationPath) = (args[0], args[1]);
var reference = MetadataReference.CreateFromFile(assemblyPath);
var compilation = CSharpCompilation.Create("PublicDocs", references: [reference]);
var assembly = (IAssemblySymbol)compilation.GetAssemblyOrModuleSymbol(reference)!;
var visible = VisibleMembers(assembly.GlobalNamespace).Select(symbol => symbol.GetDocumentationCommentId()).ToHashSet();

// white space is part of the texts
var documentation = XDocument.Load(documentationPath, LoadOptions.PreserveWhitespace);
foreach (var member in documentation.Descendants("member").Where(member => !visible.Contains((string?)member.Attribute("name"))).ToArray())
{
    (member.PreviousNode as XText)?.Remove();
    member.Remove();
}

string whole = documentationPath + ".whole";
documentation.Save(whole, SaveOptions.DisableFormatting);
File.Move(whole, documentationPath, overwrite: true);

static IEnumerable<ISymbol> VisibleMembers(INamespaceOrTypeSymbol parent)
    => parent.GetMembers().Where(member => member is INamespaceSymbol || IsVisible(member)).SelectMany(member => member switch
    {
        INamespaceSymbol inner => VisibleMembers(inner),
        INamedTypeSymbol type => VisibleMembers(type).Prepend(type),
        _ => [member],
    });

static bool IsVisible(ISymbol symbol) => symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Protected or Accessibility.ProtectedOrInternal;
