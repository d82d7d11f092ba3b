using System.CommandLine;
using Common;

namespace Ranking;

/// <summary>What the command line asks for.</summary>
internal sealed record RankingArguments
{
    private const string Description = """
        The multi-feedback ranker with and without feedback in what its encoder reads, as in the experiments of the paper (CIKM '23): on a simulated feed, or with --data on KuaiRand.
        """;

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

    public CancellationToken Cancellation { get; private init; }

    /// <summary>The command line.</summary>
    /// <param name="run">Does what it asks for.</param>
    public static RootCommand Command(Func<RankingArguments, int> run)
    {
        var data = SampleOptions.Data("a folder with a log of KuaiRand and its user features as user_features.csv; without it a simulated feed");
        var users = SampleOptions.Number("--users", "users of the simulated feed", 1000);
        Option<int> seeds = SampleOptions.Seeds(), epochs = SampleOptions.Epochs(25);
        var patience = SampleOptions.Number("--patience", "epochs without a better GAUC on the validation rows after which training stops", 8);
        var learningRate = SampleOptions.Real("--learning-rate", "the step size of Adam", 0.002, least: double.Epsilon);
        var dropout = SampleOptions.Real("--dropout", "the share of activations that dropout zeroes", 0.2, most: 0.999);
        var sampledWeight = SampleOptions.Real("--sampled-weight", "what a sampled video, without feedback, weighs in the loss beside a viewed one: 1 in the paper; with 0 none counts", 1);
        var threads = SampleOptions.Threads();
        var checkpoints = SampleOptions.Path("--checkpoints",
            "a folder in which every training keeps its state after each epoch: one that was cut short goes on, one that has ended is not repeated with the same options and data", "DIR");
        var page = SampleOptions.Page(Path.Combine("output", "ranking.html"));
        var root = new RootCommand(Description) { data, users, seeds, epochs, patience, learningRate, dropout, sampledWeight, threads, checkpoints, page };
        root.Validators.Add(result =>
        {
            if (result.GetValue(data) is not null && result.GetResult(users) is { Implicit: false })
                result.AddError("--users is about the simulated feed: leave --data out.");
        });
        return root.Does((parsed, cancellation) => run(new RankingArguments
        {
            DataFolder = parsed.GetValue(data),
            Users = parsed.GetValue(users),
            Seeds = parsed.GetValue(seeds),
            Epochs = parsed.GetValue(epochs),
            Patience = parsed.GetValue(patience),
            LearningRate = parsed.GetValue(learningRate),
            DropoutRate = parsed.GetValue(dropout),
            SampledWeight = parsed.GetValue(sampledWeight),
            Threads = parsed.GetValue(threads),
            CheckpointFolder = parsed.GetValue(checkpoints),
            PageFile = parsed.GetValue(page)!,
            Cancellation = cancellation,
        }));
    }
}
