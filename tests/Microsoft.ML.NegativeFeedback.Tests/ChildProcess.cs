using System.Diagnostics;
using System.Reflection;

namespace Microsoft.ML.NegativeFeedback.Tests;

/// <summary>Programs of this repository, started as a user starts them.</summary>
internal static class ChildProcess
{
    /// <summary>Runs a program to its end, which must be a good one.</summary>
    /// <param name="name">The name under which the test project knows where the program is.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it printed.</returns>
    public static string Run(string name, params string[] arguments) => RunIn(Environment.CurrentDirectory, name, arguments);

    /// <summary>The same in another working directory.</summary>
    /// <param name="folder">The directory.</param>
    /// <param name="name">The name under which the test project knows where the program is.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>What it printed.</returns>
    public static string RunIn(string folder, string name, params string[] arguments) => RunIn(folder, [ProgramOf(name), .. arguments]);

    /// <summary>The same of a program that the test project does not know.</summary>
    /// <param name="folder">The directory.</param>
    /// <param name="arguments">What dotnet is to run, and its arguments.</param>
    /// <returns>What it printed.</returns>
    public static string RunIn(string folder, IEnumerable<string> arguments)
    {
        using var process = Start(folder, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        Assert.True(process.WaitForExit(60_000), "The process did not end within a minute.");
        Assert.True(process.ExitCode == 0, errors);
        return output.GetAwaiter().GetResult();
    }

    /// <summary>Runs a program to its end, however long that takes and whatever it is.</summary>
    /// <param name="folder">Its working directory.</param>
    /// <param name="name">The name under which the test project knows where the program is.</param>
    /// <param name="arguments">Its arguments.</param>
    public static (int ExitCode, string Output, string Errors) RunToAnyEnd(string folder, string name, params string[] arguments)
    {
        using var process = Start(folder, name, arguments);
        var errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    /// <summary>Starts a program, to be read from and disposed of.</summary>
    /// <param name="folder">The directory.</param>
    /// <param name="name">The name under which the test project knows where the program is.</param>
    /// <param name="arguments">Its arguments.</param>
    public static Process Start(string folder, string name, params string[] arguments) => Start(folder, [ProgramOf(name), .. arguments]);

    private static string ProgramOf(string name)
        => typeof(ChildProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == name).Value!;

    private static Process Start(string folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!.Contains("dotnet") ? Environment.ProcessPath : "dotnet", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
