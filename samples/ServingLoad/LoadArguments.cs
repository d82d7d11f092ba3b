using System.CommandLine;
using System.Diagnostics;
using Common;

namespace ServingLoad;

/// <summary>What the command line asks for.</summary>
internal sealed record LoadArguments
{
    private const string Description = """
        Puts load on samples/Serving, checks what it answers, and prints a row of a Markdown table for each run: recommendations, then views, unless --swaps or --kill asks for another run.
        """;

    public IReadOnlyList<Uri> Urls { get; private init; } = [];

    public IReadOnlyList<int> Connections { get; private init; } = [];

    public TimeSpan Duration { get; private init; }

    public int Swaps { get; private init; }

    public string Model { get; private init; } = "";

    public string Other { get; private init; } = "";

    public int? ProcessToKill { get; private init; }

    /// <summary>The command line.</summary>
    /// <param name="run">Does what it asks for, until it is cancelled, and gives the exit code.</param>
    public static RootCommand Command(Func<LoadArguments, CancellationToken, Task<int>> run)
    {
        var urls = new Option<string>("--urls") { Description = "where the service listens, with commas between", HelpName = "A,B,…", DefaultValueFactory = _ => "http://127.0.0.1:5000" };
        urls.Validators.Add(result =>
        {
            foreach (string text in (result.GetValueOrDefault<string>() ?? "").Split(',').Where(text => ToUrl(text) is null))
                result.AddError($"--urls has '{text}'; it must be like http://127.0.0.1:5000.");
        });
        var connections = SampleOptions.Numbers("--connections", "clients that each send one request after another; with --kill the last of them", [1, 16, 128]);
        var seconds = SampleOptions.Number("--seconds", "seconds of each run", 10);
        var swaps = SampleOptions.NumberOrNone("--swaps",
            "recommendations while the model's file is replaced N times, with --model and --other by turns; each answer must be what ML.NET gives for the model that it names");
        var model = SampleOptions.Path("--model", "with --swaps: the file that every silo serves; it is put back, however the run ends");
        var other = SampleOptions.Path("--other", "with --swaps: another model of the same items");
        var kill = SampleOptions.NumberOrNone("--kill",
            "views, while half-way the silo with that process id is killed (SIGKILL); every view that was acknowledged must be in its user's history afterwards");
        var root = new RootCommand(Description) { urls, connections, seconds, swaps, model, other, kill };
        root.Validators.Add(result =>
        {
            if (result.GetResult(swaps) is not null && result.GetResult(kill) is not null)
                result.AddError("--swaps and --kill are runs of their own: leave one out.");
            foreach (var file in new[] { model, other }.Where(file => result.GetResult(swaps) is not null && !File.Exists(result.GetValue(file))))
                result.AddError($"--swaps needs {file.Name} with a file that is there.");
            if (result.GetResult(kill) is { Errors: var errors } && !errors.Any() && result.GetValue(kill) is { } id && !IsRunning(id))
                result.AddError($"--kill is {id}, but no such process runs.");
        });
        root.SetAction((parsed, cancellation) => run(new LoadArguments
        {
            Urls = [.. parsed.GetValue(urls)!.Split(',').Select(text => ToUrl(text)!)],
            Connections = parsed.GetValue(connections)!,
            Duration = TimeSpan.FromSeconds(parsed.GetValue(seconds)),
            Swaps = parsed.GetValue(swaps) ?? 0,
            Model = parsed.GetValue(model) ?? "",
            Other = parsed.GetValue(other) ?? "",
            ProcessToKill = parsed.GetValue(kill),
        }, cancellation));
        return root;
    }

    private static Uri? ToUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url : null;

    private static bool IsRunning(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
