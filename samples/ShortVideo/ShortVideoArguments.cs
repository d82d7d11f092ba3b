using System.CommandLine;
using Common;

namespace ShortVideo;

/// <summary>What the command line asks for.</summary>
internal sealed record ShortVideoArguments
{
    private const string Description = """
        SINE, its ablations and its baselines on short videos, as in tables 3 and 4 and figure 4 of the paper (RecSys '23): on a simulated feed, or with --data on KuaiRand. The tables of
        docs/results/short-videos.md take --users 5000 --models all.
        """;

    private const string AllModels = "all";

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

    public CancellationToken Cancellation { get; private init; }

    /// <summary>The command line.</summary>
    /// <param name="run">Does what it asks for.</param>
    public static RootCommand Command(Func<ShortVideoArguments, int> run)
    {
        var data = SampleOptions.Data("a folder with a log of KuaiRand; without it a simulated feed");
        var users = SampleOptions.Number("--users", "users of the simulated feed", 1000);
        var passing = SampleOptions.Reals("--passing", "shares of the feed's sessions whose skips have passing reasons: a feed for each, and a curve over them; not with --data, unless with --report-from",
            [0], most: 1);
        var models = SampleOptions.Names("--models", $"what to train: {string.Join(", ", ShortVideo.Models.Titles.Keys)}; or {AllModels}, all of the paper. With --passing sasrec-n,sine unless named",
            [AllModels, .. ShortVideo.Models.Titles.Keys], [.. ShortVideo.Models.Few]);
        var seeds = SampleOptions.Seeds();
        var interests = SampleOptions.Numbers("--interests", "sub-interests: the first are those of the tables, SINE is trained with the others for the curve", [2]);
        var tune = new Option<bool>("--tune") { Description = "try learning and dropout rates with the first seed, the same for every model, and keep the best by AUC on the validation rows" };
        var learningRate = SampleOptions.Real("--learning-rate", "without --tune", Setting.Default.LearningRate, least: double.Epsilon);
        var dropout = SampleOptions.Real("--dropout", "without --tune", Setting.Default.DropoutRate, most: 0.999);
        Option<int> epochs = SampleOptions.Epochs(30), patience = SampleOptions.Number("--patience", "epochs without a better AUC on the validation rows after which training stops", 4);
        var threads = SampleOptions.Threads();
        var results = SampleOptions.Path("--results", "a file of CSV that gets a line a training; what has a line there is not trained again. Another number of epochs or patience takes another file");
        var reportFrom = SampleOptions.Path("--report-from", "only print and write what the lines of such a file say");
        var page = SampleOptions.Page(Path.Combine("output", "short-video.html"));
        var root = new RootCommand(Description) { data, users, passing, models, seeds, interests, tune, learningRate, dropout, epochs, patience, threads, results, reportFrom, page };
        root.Validators.Add(result =>
        {
            if (IsGiven(passing) && IsGiven(data) && !IsGiven(reportFrom))
                result.AddError("--passing is about simulated feeds: leave --data out.");
            if (result.GetValue(reportFrom) is { } file && !File.Exists(file))
                result.AddError($"--report-from is '{file}', which is no file that is there.");

            bool IsGiven(Option option) => result.GetResult(option) is { Implicit: false };
        });
        return root.Does((parsed, cancellation) => run(new ShortVideoArguments
        {
            DataFolder = parsed.GetValue(data),
            Users = parsed.GetValue(users),
            PassingSkipShares = parsed.GetValue(passing)!,
            Models = Chosen(parsed.GetValue(models)!, parsed.GetResult(models) is not { Implicit: false } && parsed.GetResult(passing) is { Implicit: false }),
            Seeds = parsed.GetValue(seeds),
            SubInterests = parsed.GetValue(interests)!,
            Tunes = parsed.GetValue(tune),
            Setting = new Setting(parsed.GetValue(learningRate), parsed.GetValue(dropout)),
            Epochs = parsed.GetValue(epochs),
            Patience = parsed.GetValue(patience),
            Threads = parsed.GetValue(threads),
            ResultsFile = parsed.GetValue(results),
            ReportFrom = parsed.GetValue(reportFrom),
            PageFile = parsed.GetValue(page)!,
            Cancellation = cancellation,
        }));
    }

    private static IReadOnlyList<string> Chosen(string[] names, bool isPassingAlone)
        => isPassingAlone ? [.. ShortVideo.Models.ComparedOverPassing]
            : [.. names.SelectMany(name => name == AllModels ? ShortVideo.Models.Published : [name]).Distinct()];
}
