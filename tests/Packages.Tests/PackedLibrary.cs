using System.IO.Compression;
using System.Xml.Linq;

namespace Packages.Tests;

/// <summary>
/// The library, packed into a folder feed under a version of its own. Where the build uses stand-ins, they are packed beside it. Applications in <see cref="Folder"/> restore from that feed and
/// the machine's own; what the machine has restored before is used where it lies, and what is new goes into the folder.
/// </summary>
public sealed class PackedLibrary : IDisposable
{
    private static readonly string[] _packages = ["src/Microsoft.ML.NegativeFeedback", "src/Microsoft.ML.NegativeFeedback.AutoML"];
    private static readonly string[] _standIns = ["eng/stand-ins/Microsoft.ML.Recommender", "eng/stand-ins/Microsoft.ML.AutoML"];
    private readonly string _label = "t" + Guid.NewGuid().ToString("N");

    public PackedLibrary()
    {
        Write("Packages.slnx", Solution((DotNet.UsesStandIns ? _packages.Concat(_standIns) : _packages)
            .Select(project => Path.Combine(DotNet.RepositoryRoot, project, Path.GetFileName(project) + ".csproj"))));
        DotNet.Run(Folder, "pack", "Packages.slnx", "-c", DotNet.Configuration, "--no-build", "--nologo", "-v", "quiet", $"-p:PackForTest={_label}", "-o", Path.Combine(Folder, "feed"));
        // nothing of the repository's build is to reach an application
        Write("Directory.Build.props", "<Project />");
        Write("Directory.Build.targets", "<Project />");
        Write("Directory.Packages.props", "<Project />");
        Write("NuGet.config", $"""
            <configuration>
              <packageSources>
                <add key="packed" value="feed" />
              </packageSources>
              <fallbackPackageFolders>
                <add key="restored before" value="{DotNet.PackageFolder}" />
              </fallbackPackageFolders>
            </configuration>
            """);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("packages-").FullName;

    public string Version => $"{DotNet.VersionPrefix}-test.{_label}";

    public ZipArchive Open(string package, string extension = "nupkg") => ZipFile.OpenRead(Path.Combine(Folder, "feed", $"{package}.{Version}.{extension}"));

    public XElement Manifest(string package)
    {
        using var archive = Open(package);
        using var stream = archive.GetEntry($"{package}.nuspec")!.Open();
        return XDocument.Load(stream).Root!;
    }

    /// <summary>Writes a console application with packages, those of this library by their packed version and others by the repository's.</summary>
    public void WriteApplication(string name, string program, params string[] packages)
    {
        var versions = XDocument.Load(Path.Combine(DotNet.RepositoryRoot, "Directory.Packages.props")).Descendants("PackageVersion")
            .ToDictionary(package => (string)package.Attribute("Include")!, package => (string)package.Attribute("Version")!);
        var references = packages.Select(package => $"""<PackageReference Include="{package}" Version="{versions.GetValueOrDefault(package, Version)}" />""");
        Write($"{name}/Program.cs", program);
        Write($"{name}/{name}.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <NuGetAudit>false</NuGetAudit>
                <!-- libtorch is large -->
                <CreateHardLinksForCopyFilesToOutputDirectoryIfPossible>true</CreateHardLinksForCopyFilesToOutputDirectoryIfPossible>
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", references)}
              </ItemGroup>
            </Project>
            """);
    }

    public void BuildApplications(params string[] names)
    {
        Write("Applications.slnx", Solution(names.Select(name => $"{name}/{name}.csproj")));
        DotNet.Run(Folder, "build", "Applications.slnx", "-c", "Release", "--nologo", "-v", "quiet");
    }

    /// <summary>Runs an application and gives back what it printed.</summary>
    public string Run(string name) => DotNet.Run(Folder, Path.Combine(OutputOf(name), $"{name}.dll"));

    public string OutputOf(string name) => Path.Combine(Folder, name, "bin", "Release", "net10.0");

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string Solution(IEnumerable<string> projects)
        => new XElement("Solution", projects.Select(project => new XElement("Project", new XAttribute("Path", project)))).ToString();

    private void Write(string path, string text)
    {
        string whole = Path.Combine(Folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        File.WriteAllText(whole, text);
    }
}
