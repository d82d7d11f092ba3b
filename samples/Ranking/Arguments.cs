using System.Globalization;

namespace Ranking;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    private const string Usage = """
        The multi-feedback ranker with and without feedback in what its encoder reads, as in the experiments of the paper (CIKM '23).
          --data DIR            folder of data sets with kuairand/ in it; without it, a simulated feed
          --users N             users of the simulated feed; default 1000
          --seeds N             seeds 1 to N; default 1
          --epochs N            at most so many; default 25
          --patience N          stop after so many epochs without a better GAUC on the validation rows; default 8
          --learning-rate R     default 0.002
          --dropout R           default 0.2
          --sampled-weight W    what a sampled video, without feedback, weighs in the loss beside a viewed one: default 1, as in the paper; with 0 none counts
          --threads N           default: torch decides, one a processor where it sees one core
          --checkpoints DIR     every training writes its state there after each epoch: one that was cut short goes on, one that has ended is not
                                repeated with the same options and data
          --page FILE           where the report page goes; default output/ranking.html
        """;

    private static readonly string[] Names =
        ["--data", "--users", "--seeds", "--epochs", "--patience", "--learning-rate", "--dropout", "--sampled-weight", "--threads", "--checkpoints", "--page"];

    public string? DataFolder { get; private init; }

    public int Users { get; private init; }

    public int Seeds { get; private init; }

    public int Epochs { get; private init; }

    public int Patience { get; private init; }

    public double LearningRate { get; private init; }

    public double DropoutRate { get; private init; }

    public double SampledWeight { get; private init; }

    public int? Threads { get; private init; }

    public string? CheckpointFolder { get; private init; }

    public string PageFile { get; private init; } = "";

    /// <summary>The arguments, or null after saying how to use the sample.</summary>
    public static Arguments? Parse(string[] args)
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

    private static Arguments Read(string[] args)
    {
        var values = new Dictionary<string, string>();
        for (int i = 0; i < args.Length; i++)
        {
            var parts = args[i].Split('=', 2);
            if (!Names.Contains(parts[0]))
                throw new FormatException($"There is no argument {parts[0]}.");
            values[parts[0]] = parts.Length == 2 ? parts[1] : i + 1 < args.Length ? args[++i] : throw new FormatException($"{parts[0]} needs a value.");
        }

        if (values.ContainsKey("--users") && values.ContainsKey("--data"))
            throw new FormatException("--users is about the simulated feed: leave --data out.");
        return new Arguments
        {
            DataFolder = values.GetValueOrDefault("--data"),
            Users = Number("--users", 1000),
            Seeds = Number("--seeds", 1),
            Epochs = Number("--epochs", 25),
            Patience = Number("--patience", 8),
            LearningRate = Rate("--learning-rate", 0.002),
            DropoutRate = Rate("--dropout", 0.2),
            SampledWeight = Rate("--sampled-weight", 1),
            Threads = values.ContainsKey("--threads") ? Number("--threads", 1) : null,
            CheckpointFolder = values.GetValueOrDefault("--checkpoints"),
            PageFile = values.GetValueOrDefault("--page", Path.Combine("output", "ranking.html")),
        };

        int Number(string name, int otherwise) => !values.TryGetValue(name, out string? text) ? otherwise
            : int.TryParse(text, out int number) && number > 0 ? number
            : throw new FormatException($"{name} is '{text}'; it must be a whole number above 0.");

        double Rate(string name, double otherwise) => !values.TryGetValue(name, out string? text) ? otherwise
            : double.TryParse(text, CultureInfo.InvariantCulture, out double rate) && rate >= 0 ? rate
            : throw new FormatException($"{name} is '{text}'; it must be a number, 0 or more.");
    }
}
