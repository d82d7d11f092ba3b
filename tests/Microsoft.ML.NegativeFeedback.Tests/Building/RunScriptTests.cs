using System.Diagnostics;
using System.Reflection;

namespace Microsoft.ML.NegativeFeedback.Tests.Building;

/// <summary>run.sh as someone meets it who does not know it yet, with a dotnet in its way that tells what it was asked. It is a script for bash, which Windows lacks.</summary>
public sealed class RunScriptTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("samples/QuickStart --")]
    [InlineData("samples/MovieLens -- --data my films --seed 2", "--data", "my films", "--seed", "2")]
    [InlineData("samples/MovieLens -- table --results rows.csv", "table", "--results", "rows.csv")]
    [InlineData("samples/MovieLens -- --bogus", "--bogus")]
    public void ArgumentsGoToTheSample(string expected, params string[] arguments)
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] output = Run(arguments);
        Assert.Equal($"dotnet run -c Release --project {Repository}/{expected}", output[^1].TrimEnd());
        Assert.DoesNotContain(output, line => line.StartsWith("Usage:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("table", "--help")]
    public void HelpIsTheSamples(params string[] arguments)
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] output = Run(arguments);
        Assert.StartsWith("Usage: ./run.sh", output[0]);
        Assert.Equal($"dotnet run -c Release --project {Repository}/samples/MovieLens -- {string.Join(' ', arguments)}", output[^1]);
    }

    [Fact]
    public void WhatArgumentsNameIsInTheCallersFolder()
    {
        if (OperatingSystem.IsWindows())
            return;
        Assert.Equal(_folder, Run(["table"], "#!/bin/sh\npwd\n")[^1]);
    }

    private static string Repository => typeof(RunScriptTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!.TrimEnd('/');

    private string[] Run(string[] arguments, string script = "#!/bin/sh\necho dotnet \"$@\"\n")
    {
        string dotnet = Path.Combine(_folder, "dotnet");
        File.WriteAllText(dotnet, script);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var start = new ProcessStartInfo("bash", [Path.Combine(Repository, "run.sh"), .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _folder };
        start.Environment["PATH"] = _folder + Path.PathSeparator + Environment.GetEnvironmentVariable("PATH");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        if (!process.WaitForExit(60_000))
            process.Kill(entireProcessTree: true);
        Assert.Equal((0, ""), (process.ExitCode, errors));
        return output.GetAwaiter().GetResult().TrimEnd('\n').Split('\n');
    }
}
