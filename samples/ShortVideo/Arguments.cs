namespace ShortVideo;

/// <summary>What the command line asks for.</summary>
internal sealed record Arguments
{
    private const string Usage = """
        SINE, its ablations and its baselines on short videos, as in tables 3 and 4 and figure 4 of the paper (RecSys '23).
          --data DIR            folder with a log of KuaiRand; without it, a simulated feed
          --users N             users of the simulated feed; default 5000
          --passing S,S,…       shares, 0 to 1, of the feed's sessions whose skips have passing reasons: a feed for each, and a curve over
                                them; default 0. Not with --data, unless with --report-from
          --models A,B,…        of sasrec, din, dien, sli-rec, gru4rec, caser, ncf, clsr, feedrec, sasrec-n, wo-af, wo-nf, sine; default all, with --passing sasrec-n,sine.
                                beside them sine-n, SINE with skips among its sampled items as in sasrec-n, and
                                sine-n-alone, the same without the skip just before a liked item
          --seeds N             seeds 1 to N; default 1
          --interests K,K,…     sub-interests: the first is that of the tables, SINE is trained with the others for the curve; default 2
          --tune                try learning and dropout rates with the first seed, the same for every model, and keep the best by AUC
                                on the validation rows
          --learning-rate R     without --tune; default 0.003
          --dropout R           without --tune; default 0.2
          --epochs N            at most so many; default 30
          --patience N          stop after so many epochs without a better AUC on the validation rows; default 4
          --threads N           default: torch decides, one a processor where it sees one core
          --results FILE        a line for every trained model is added to FILE; what has a line there already is not trained again (another
                                number of epochs or another patience asks for another file)
          --report-from FILE    only print and write what the lines of FILE say; nothing is trained
          --page FILE           where the report page goes; default output/short-video.html
        """;

    private static readonly string[] Names =
    [
        "--data", "--users", "--passing", "--models", "--seeds", "--interests", "--tune", "--learning-rate", "--dropout", "--epochs", "--patience", "--threads",
        "--results", "--report-from", "--page",
    ];

    public string? DataFolder { get; private init; }

    public int Users { get; private init; }

    /// <summary>Shares of sessions whose skips have passing reasons, a simulated feed each.</summary>
    public IReadOnlyList<double> PassingSkipShares { get; private init; } = [];

    public IReadOnlyList<string> Models { get; private init; } = [];

    public int Seeds { get; private init; }

    public IReadOnlyList<int> SubInterests { get; private init; } = [];

    public bool Tunes { get; private init; }

    public Setting Setting { get; private init; }

    public int Epochs { get; private init; }

    public int Patience { get; private init; }

    public int? Threads { get; private init; }

    public string? ResultsFile { get; private init; }

    public string? ReportFrom { get; private init; }

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
            values[parts[0]] = parts.Length == 2 ? parts[1] : parts[0] == "--tune" ? "" : i + 1 < args.Length ? args[++i]
                : throw new FormatException($"{parts[0]} needs a value.");
        }

        if (values.ContainsKey("--passing") && values.ContainsKey("--data") && !values.ContainsKey("--report-from"))
            throw new FormatException("--passing is about simulated feeds: leave --data out.");
        var models = values.ContainsKey("--passing") ? ShortVideo.Models.ComparedOverPassing : ShortVideo.Models.Published;
        return new Arguments
        {
            DataFolder = values.GetValueOrDefault("--data"),
            Users = Number("--users", 5000),
            PassingSkipShares = [.. List("--passing", "0").Select(ToShare).Distinct()],
            Models = [.. List("--models", string.Join(',', models)).Select(KnownModel)],
            Seeds = Number("--seeds", 1),
            SubInterests = [.. List("--interests", "2").Select(text => ToNumber("--interests", text)).Distinct()],
            Tunes = values.ContainsKey("--tune"),
            Setting = new Setting(Rate("--learning-rate", Setting.Default.LearningRate), Rate("--dropout", Setting.Default.DropoutRate)),
            Epochs = Number("--epochs", 30),
            Patience = Number("--patience", 4),
            Threads = values.ContainsKey("--threads") ? Number("--threads", 1) : null,
            ResultsFile = values.GetValueOrDefault("--results"),
            ReportFrom = values.GetValueOrDefault("--report-from"),
            PageFile = values.GetValueOrDefault("--page", Path.Combine("output", "short-video.html")),
        };

        string[] List(string name, string otherwise) => values.GetValueOrDefault(name, otherwise).Split(',', StringSplitOptions.TrimEntries);

        int Number(string name, int otherwise) => values.TryGetValue(name, out string? text) ? ToNumber(name, text) : otherwise;

        double Rate(string name, double otherwise) => !values.TryGetValue(name, out string? text) ? otherwise
            : double.TryParse(text, Lines.Culture, out double rate) ? rate
            : throw new FormatException($"{name} is '{text}'; it must be a number.");
    }

    private static int ToNumber(string name, string text) => int.TryParse(text, out int number) && number > 0 ? number
        : throw new FormatException($"{name} is '{text}'; it must be a whole number above 0.");

    private static double ToShare(string text) => double.TryParse(text, Lines.Culture, out double share) && share is >= 0 and <= 1 ? share
        : throw new FormatException($"--passing is '{text}'; it must be numbers from 0 to 1.");

    private static string KnownModel(string name) => ShortVideo.Models.Titles.ContainsKey(name) ? name
        : throw new FormatException($"There is no model '{name}'; there are {string.Join(", ", ShortVideo.Models.Titles.Keys)}.");
}
