using System.Diagnostics;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Serving.Tests;

/// <summary>A program that a test starts; it does not outlive the test.</summary>
internal sealed class StartedProgram : IDisposable
{
    private const int Sigterm = 15;

    private readonly Process _process;
    private readonly List<string> _output = [];
    private readonly Task _errors;

    private StartedProgram(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        _process = Process.Start(start)!;
        _errors = Task.Run(async () =>
        {
            while (await _process.StandardError.ReadLineAsync() is { } line)
                Add(line);
        });
    }

    /// <summary>What it said up to now, its errors included.</summary>
    public IReadOnlyList<string> Output
    {
        get
        {
            lock (_output)
                return [.. _output];
        }
    }

    /// <summary>Starts a program of this repository.</summary>
    public static StartedProgram Dotnet(string name, string folder, params string[] arguments) => Start(folder, "dotnet", [PathOf(name), .. arguments]);

    public static StartedProgram Start(string folder, string program, string[] arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new StartedProgram(start);
    }

    /// <summary>Where the build has put something.</summary>
    public static string PathOf(string name)
        => typeof(StartedProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == name).Value!;

    /// <summary>Waits for a line that it prints.</summary>
    public async Task<Match> Line(string pattern)
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            Add(line);
            if (Regex.Match(line, pattern) is { Success: true } match)
                return match;
        }

        await _errors;
        throw new InvalidOperationException($"It ended without a line of {pattern}:\n{string.Join('\n', Output)}");
    }

    /// <summary>Waits for its end and gives its exit code.</summary>
    public async Task<int> Ended()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
            Add(line);
        await _errors;
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Asks it to end, as a service manager does.</summary>
    public Task<int> Terminate()
    {
        Assert.Equal(0, Kill(_process.Id, Sigterm));
        return Ended();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    private void Add(string line)
    {
        lock (_output)
            _output.Add(line);
    }
}
