using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Packages.Tests;

/// <summary>What lies in the packages, and an application that has nothing but them.</summary>
public sealed class PackageTests(PackedLibrary packed) : IClassFixture<PackedLibrary>
{
    private const string Library = "Microsoft.ML.NegativeFeedback", AutoML = "Microsoft.ML.NegativeFeedback.AutoML";

    [Fact]
    public void What_PACKAGE_md_shows_trains_saves_scores_and_sweeps()
    {
        string[] programs = [.. ProgramsOf(Library), .. ProgramsOf(AutoML)];
        packed.WriteApplication("Train", programs[0], Library, "TorchSharp-cpu", "Microsoft.ML.OnnxRuntime");
        packed.WriteApplication("Serve", programs[1], "Microsoft.ML", "Microsoft.ML.OnnxTransformer", "Microsoft.ML.OnnxRuntime");
        packed.WriteApplication("Sweep", programs[2], AutoML, "TorchSharp-cpu", "Microsoft.ML.OnnxRuntime");
        packed.BuildApplications("Train", "Serve", "Sweep");

        // on a system with an old C++ runtime this works by the library's mark on TorchSharp's, which the package brings along
        string trained = packed.Run("Train");
        Assert.Matches(@"^(\(\d+, [-0-9.E]+\)(, )?){10}\s*$", trained);
        Assert.False(File.Exists(Path.Combine(packed.OutputOf("Serve"), $"{Library}.dll")));
        Assert.Equal(trained, packed.Run("Serve"));
        Assert.StartsWith("3 trials, the best has 0.", packed.Run("Sweep"));
    }

    [Theory]
    [InlineData(Library, "THIRD-PARTY-NOTICES.txt", "buildTransitive/Microsoft.ML.NegativeFeedback.targets", "buildTransitive/OldCppRuntime.cs")]
    [InlineData(AutoML)]
    public void A_package_has_its_files(string package, params string[] further)
    {
        using var archive = packed.Open(package);
        using var symbols = packed.Open(package, "snupkg");
        var files = archive.Entries.Select(entry => entry.FullName).ToArray();
        Assert.Equal(
            new[] { $"{package}.nuspec", "PACKAGE.md", "icon.png", "LICENSE", $"lib/net10.0/{package}.dll", $"lib/net10.0/{package}.xml" }.Concat(further).Order(StringComparer.Ordinal),
            files.Where(file => !file.StartsWith("_rels/") && !file.StartsWith("package/") && file != "[Content_Types].xml").Order(StringComparer.Ordinal));
        Assert.Contains(symbols.Entries, entry => entry.FullName == $"lib/net10.0/{package}.pdb");

        var metadata = packed.Manifest(package).Elements().Single();
        Assert.All(["readme", "icon", "license", "description", "copyright", "tags", "authors"], name => Assert.NotEmpty(Value(metadata, name)));
    }

    [Fact]
    public void Where_internals_are_seen_versions_are_bounded()
    {
        // of Microsoft.ML the library sees internals; of the library the AutoML package does
        Assert.Matches(@"^\[\d+\.\d+\.\d+, \d+\.\d+\.0\)$", Dependencies(Library)["Microsoft.ML"]);
        Assert.Equal($"[{packed.Version}]", Dependencies(AutoML)[Library]);
        Assert.All([.. Dependencies(Library).Keys, .. Dependencies(AutoML).Keys], name => Assert.DoesNotContain("Analyzers", name));
    }

    [Theory]
    [InlineData(Library)]
    [InlineData(AutoML)]
    public void Documentation_speaks_of_public_members_alone(string package)
    {
        var documentation = Documentation(package);
        var documented = documentation.Descendants("member").Select(member => (string)member.Attribute("name")!).ToArray();
        var own = VisibleNamesOf(package);
        Assert.True(documented.Length > 50);
        Assert.All(documented, id => Assert.True(own.Contains(id), id));

        // what is referred to is there as well: IntelliSense shows a reference to an internal member as it stands in the file
        VisibleNames[] both = [VisibleNamesOf(Library), VisibleNamesOf(AutoML)];
        var referred = documentation.Descendants().Attributes("cref").Select(reference => reference.Value).Where(id => id.Length > 2 && id[2..].StartsWith(Library, StringComparison.Ordinal));
        Assert.All(referred, id => Assert.True(both.Any(names => names.Contains(id)), id));
    }

    [Theory]
    [InlineData(Library)]
    [InlineData(AutoML)]
    public void PACKAGE_md_names_types_of_the_package(string package)
    {
        var named = Read(package, "PACKAGE.md").Split('\n').Where(line => line.StartsWith("* `")).Select(line => line.Split('`')[1]).ToArray();
        Assert.NotEmpty(named);
        Assert.All(named, type => Assert.True(VisibleNamesOf(package).Contains($"T:{type}"), type));
    }

    [Fact]
    public void On_stand_ins_nothing_is_packed_but_for_a_test()
    {
        if (!DotNet.UsesStandIns)
            return;
        string project = Path.Combine(DotNet.RepositoryRoot, "src", Library);
        var (exitCode, output) = DotNet.TryRun(packed.Folder, "pack", project, "-c", DotNet.Configuration, "--no-build", "--nologo", "-o", Path.Combine(packed.Folder, "none"));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("A package must not depend on the stand-ins", output);
    }

    private string[] ProgramsOf(string package)
        => [.. Read(package, "PACKAGE.md").Split("```csharp\n").Skip(1).Select(part => part[..part.IndexOf("```", StringComparison.Ordinal)])];

    private XDocument Documentation(string package)
    {
        using var archive = packed.Open(package);
        using var stream = archive.GetEntry($"lib/net10.0/{package}.xml")!.Open();
        return XDocument.Load(stream);
    }

    private VisibleNames VisibleNamesOf(string package)
    {
        using var archive = packed.Open(package);
        using var assembly = new MemoryStream();
        using (var stream = archive.GetEntry($"lib/net10.0/{package}.dll")!.Open())
            stream.CopyTo(assembly);
        assembly.Position = 0;
        using var file = new PEReader(assembly);
        return new VisibleNames(file.GetMetadataReader());
    }

    private string Read(string package, string path)
    {
        using var archive = packed.Open(package);
        using var reader = new StreamReader(archive.GetEntry(path)!.Open());
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }

    private Dictionary<string, string> Dependencies(string package)
        => packed.Manifest(package).Descendants().Where(element => element.Name.LocalName == "dependency")
            .ToDictionary(dependency => (string)dependency.Attribute("id")!, dependency => (string)dependency.Attribute("version")!);

    private static string Value(XElement metadata, string name) => metadata.Elements().Single(element => element.Name.LocalName == name).Value;
}

/// <summary>The types of an assembly, and the names of their members, that others can use.</summary>
internal sealed class VisibleNames
{
    private readonly HashSet<string> _names = [];

    public VisibleNames(MetadataReader reader)
    {
        foreach (var type in reader.TypeDefinitions.Select(reader.GetTypeDefinition).Where(type => NameOf(reader, type) != null))
        {
            string name = NameOf(reader, type)!;
            _names.Add(name);
            foreach (var method in type.GetMethods().Select(reader.GetMethodDefinition).Where(method => IsVisible((int)method.Attributes)))
                _names.Add($"{name}.{MemberName(reader.GetString(method.Name))}");
            foreach (var field in type.GetFields().Select(reader.GetFieldDefinition).Where(field => IsVisible((int)field.Attributes)))
                _names.Add($"{name}.{reader.GetString(field.Name)}");
        }
    }

    /// <summary>Whether what a documentation file names is a type, or has the name of a member.</summary>
    public bool Contains(string id) => _names.Contains(id[2..].Split('(', '~')[0].Split("``")[0]);

    // a property or an event can be used where an accessor can
    private static string MemberName(string method)
        => new[] { "get_", "set_", "add_", "remove_" }.FirstOrDefault(method.StartsWith) is { } prefix ? method[prefix.Length..] : method.Replace('.', '#');

    private static string? NameOf(MetadataReader reader, TypeDefinition type)
    {
        string name = reader.GetString(type.Name);
        if (!type.IsNested)
            return type.Attributes.HasFlag(System.Reflection.TypeAttributes.Public) ? $"{reader.GetString(type.Namespace)}.{name}".TrimStart('.') : null;
        bool isVisible = (type.Attributes & System.Reflection.TypeAttributes.VisibilityMask)
            is System.Reflection.TypeAttributes.NestedPublic or System.Reflection.TypeAttributes.NestedFamily or System.Reflection.TypeAttributes.NestedFamORAssem;
        return isVisible && NameOf(reader, reader.GetTypeDefinition(type.GetDeclaringType())) is { } outer ? $"{outer}.{name}" : null;
    }

    // methods and fields have the same bits: family, family or assembly, public
    private static bool IsVisible(int attributes) => (attributes & 7) is 4 or 5 or 6;
}
