using System.Diagnostics;
using System.Reflection;

namespace Microsoft.ML.NegativeFeedback.Tests.Building;

/// <summary>run.sh as someone meets it who does not know it yet. It is a script for bash, which Windows lacks.</summary>
public sealed class RunScriptTests
{
    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--data=nowhere", "--help")]
    public void HelpIsShownAndNothingDone(params string[] arguments)
    {
        if (OperatingSystem.IsWindows())
            return;
        var (exitCode, output, errors) = Run(arguments);
        Assert.Equal((0, ""), (exitCode, errors));
        Assert.StartsWith("Usage:", output);
        Assert.All(["--data DIR", "--model NAME", "--seed N"], option => Assert.Contains(option, output));
    }

    [Theory]
    [InlineData("--seed", "2")]
    [InlineData("help")]
    public void WhatTheQuickStartDoesNotTakeIsRefused(params string[] arguments)
    {
        if (OperatingSystem.IsWindows())
            return;
        var (exitCode, output, errors) = Run(arguments);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.Contains(arguments[0], errors);
        Assert.Contains("Usage:", errors);
    }

    private static (int ExitCode, string Output, string Errors) Run(string[] arguments)
    {
        string repository = typeof(RunScriptTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "Repository").Value!;
        using var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(repository, "run.sh"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        if (!process.WaitForExit(60_000))
            process.Kill(entireProcessTree: true);
        return (process.ExitCode, output.GetAwaiter().GetResult(), errors);
    }
}
