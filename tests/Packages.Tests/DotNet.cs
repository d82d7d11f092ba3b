using System.Diagnostics;
using System.Reflection;

namespace Packages.Tests;

/// <summary>The SDK's commands, and what the build knows.</summary>
internal static class DotNet
{
    public static string RepositoryRoot => Metadata(nameof(RepositoryRoot));

    public static string VersionPrefix => Metadata(nameof(VersionPrefix));

    public static bool UsesStandIns => Metadata("UseStandIns") == "true";

    /// <summary>Where the packages lie that this machine has restored.</summary>
    public static string PackageFolder => Metadata(nameof(PackageFolder));

    public static string Configuration => typeof(DotNet).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    /// <summary>Runs a command to its end, which must be a good one, and gives back what it printed.</summary>
    public static string Run(string folder, params string[] arguments)
    {
        var (exitCode, output) = TryRun(folder, arguments);
        Assert.True(exitCode == 0, $"dotnet {string.Join(' ', arguments)}\n{output}");
        return output;
    }

    public static (int ExitCode, string Output) TryRun(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!.Contains("dotnet") ? Environment.ProcessPath : "dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        // what the build that runs these tests says to its own processes is not for another build
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
            start.Environment.Remove(name);
        // servers that outlive the command would hold its output open, and the folder that it ran in
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["OMP_WAIT_POLICY"] = "passive";
        start.Environment["NUGET_PACKAGES"] = Path.Combine(folder, "restored");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(TimeSpan.FromMinutes(10)))
            process.Kill(entireProcessTree: true);
        process.WaitForExit();
        return (process.ExitCode, output.GetAwaiter().GetResult() + errors.GetAwaiter().GetResult());
    }

    private static string Metadata(string key) => typeof(DotNet).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == key).Value!;
}
