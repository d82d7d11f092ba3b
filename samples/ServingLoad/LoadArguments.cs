using System.Diagnostics;

namespace ServingLoad;

/// <summary>What the command line asks for.</summary>
internal sealed record LoadArguments
{
    private const string Usage = """
        Puts load on samples/Serving, checks what it answers, and prints a row of a Markdown table for each run.
          --urls A,B,…          where the service listens; default http://127.0.0.1:5000
          --connections N,N,…   clients that each send one request after another; default 1,16,128. With --kill the last of them
          --seconds N           of each run; default 10
        Without more: recommendations, then views.
          --swaps N             recommendations while the model's file is replaced N times, with the two below by turns; each answer must be what ML.NET
                                gives for the model that it names
          --model FILE          the file that every silo serves; it is put back at the end
          --other FILE          another model of the same items
          --kill PID            views, while half-way the silo with that process id is killed (SIGKILL); every view that was acknowledged must be in
                                its user's history afterwards
        """;

    private static readonly string[] Names = ["--urls", "--connections", "--seconds", "--swaps", "--model", "--other", "--kill"];

    public IReadOnlyList<Uri> Urls { get; private init; } = [];

    public IReadOnlyList<int> Connections { get; private init; } = [];

    public TimeSpan Duration { get; private init; }

    public int Swaps { get; private init; }

    public string Model { get; private init; } = "";

    public string Other { get; private init; } = "";

    public int? ProcessToKill { get; private init; }

    /// <summary>The arguments, or null after saying how to use the program.</summary>
    public static LoadArguments? Parse(string[] args)
    {
        try
        {
            return Read(args);
        }
        catch (FormatException exception)
        {
            Console.Error.WriteLine(exception.Message + "\n");
            Console.Error.WriteLine(Usage);
            return null;
        }
    }

    private static LoadArguments Read(string[] args)
    {
        var values = new Dictionary<string, string>();
        for (int i = 0; i < args.Length; i++)
        {
            var parts = args[i].Split('=', 2);
            if (!Names.Contains(parts[0]))
                throw new FormatException($"There is no argument {parts[0]}.");
            values[parts[0]] = parts.Length == 2 ? parts[1] : i + 1 < args.Length ? args[++i] : throw new FormatException($"{parts[0]} needs a value.");
        }

        if (values.ContainsKey("--swaps") && values.ContainsKey("--kill"))
            throw new FormatException("--swaps and --kill are runs of their own: leave one out.");
        bool swaps = values.ContainsKey("--swaps");
        return new LoadArguments
        {
            Urls = [.. values.GetValueOrDefault("--urls", "http://127.0.0.1:5000").Split(',').Select(ToUrl)],
            Connections = [.. values.GetValueOrDefault("--connections", "1,16,128").Split(',').Select(text => ToNumber("--connections", text))],
            Duration = TimeSpan.FromSeconds(ToNumber("--seconds", values.GetValueOrDefault("--seconds", "10"))),
            Swaps = swaps ? ToNumber("--swaps", values["--swaps"]) : 0,
            Model = swaps ? ToFile("--model") : "",
            Other = swaps ? ToFile("--other") : "",
            ProcessToKill = values.TryGetValue("--kill", out string? id) ? ToProcess(id) : null,
        };

        string ToFile(string name) => values.TryGetValue(name, out string? file) && File.Exists(file) ? file
            : throw new FormatException($"--swaps needs {name} with a file that is there.");
    }

    private static Uri ToUrl(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw new FormatException($"--urls has '{text}'; it must be like http://127.0.0.1:5000.");

    private static int ToNumber(string name, string text) => int.TryParse(text, out int number) && number > 0 ? number
        : throw new FormatException($"{name} is '{text}'; it must be a whole number above 0.");

    private static int ToProcess(string text)
    {
        int id = ToNumber("--kill", text);
        try
        {
            using var process = Process.GetProcessById(id);
            return id;
        }
        catch (ArgumentException)
        {
            throw new FormatException($"--kill is {id}, but no such process runs.");
        }
    }
}
