using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;

namespace ShortVideo;

/// <summary>The models of tables 3 and 4 of the paper.</summary>
internal static class Models
{
    public const string Sine = "sine";

    /// <summary>
    /// Not of the paper, to tell what comes of the model and what of the skips that it sees: SINE whose sampled items are mixed with skips as those of SASRec-N are, beside the
    /// skip just before a liked item or in its place.
    /// </summary>
    private const string SineN = "sine-n", SineNAlone = "sine-n-alone";

    private const string SasRecN = "sasrec-n";

    /// <summary>The models by their names on the command line, as the tables call them, in the tables' order.</summary>
    public static readonly IReadOnlyDictionary<string, string> Titles = new Dictionary<string, string>
    {
        ["sasrec"] = "SASRec",
        [SasRecN] = "SASRec-N",
        ["gru4rec"] = "GRU4Rec",
        ["caser"] = "Caser",
        ["ncf"] = "NCF",
        ["din"] = "DIN",
        ["dien"] = "DIEN",
        ["sli-rec"] = "SLi-Rec",
        ["clsr"] = "CLSR",
        ["feedrec"] = "FeedRec",
        ["wo-af"] = "w/o AF",
        ["wo-nf"] = "w/o NF",
        [Sine] = "SINE",
        [SineN] = "SINE-N",
        [SineNAlone] = "SINE-N, λ₂ = 0",
    };

    /// <summary>What is trained unless the command line says otherwise: SINE, its ablations, and what it is without sub-interests, with and without skips.</summary>
    public static IEnumerable<string> Few => ["sasrec", SasRecN, "wo-af", "wo-nf", Sine];

    /// <summary>The paper's models.</summary>
    public static IEnumerable<string> Published => Titles.Keys.Where(name => name is not (SineN or SineNAlone));

    /// <summary>What is trained over the share of passing skips unless the command line says otherwise: the two that learn most from skips.</summary>
    public static IEnumerable<string> ComparedOverPassing => [SasRecN, Sine];

    /// <summary>The rows of table 3: every baseline and SINE.</summary>
    public static IEnumerable<string> Compared => Titles.Keys.Where(name => !IsAblation(name));

    /// <summary>The rows of table 4: the ablations and SINE.</summary>
    public static IEnumerable<string> Ablations => Titles.Keys.Where(name => IsAblation(name) || name == Sine);

    public static bool HasSubInterests(string name) => name is Sine or SineN or SineNAlone || IsAblation(name);

    /// <summary>The trainer of a run.</summary>
    public static NextItemTrainer Create(MLContext ml, Run run, LeaveLastOutData split, ShortVideoArguments arguments, IProgress<TrainingProgress> progress)
    {
        var trainers = ml.Recommendation().Trainers;
        if (!HasSubInterests(run.Model))
        {
            return trainers.Baseline(Shared(new BaselineTrainer.Options
            {
                Network = run.Model switch
                {
                    "gru4rec" => BaselineNetwork.Gru4Rec,
                    "caser" => BaselineNetwork.Caser,
                    "ncf" => BaselineNetwork.Ncf,
                    "din" => BaselineNetwork.Din,
                    "dien" => BaselineNetwork.Dien,
                    "sli-rec" => BaselineNetwork.SliRec,
                    "clsr" => BaselineNetwork.Clsr,
                    "feedrec" => BaselineNetwork.FeedRec,
                    _ => BaselineNetwork.SasRec,
                },
            }));
        }

        var (sampledLoss, skipLoss) = run.Model == SineNAlone ? (0.5, 0) : (1.0 / 3, 1.0 / 3);
        return trainers.Sine(Shared(new SineTrainer.Options
        {
            NumberOfSubInterests = run.SubInterests,
            AdaptiveFusion = run.Model != "wo-af",
            UseNegativeFeedback = run.Model != "wo-nf",
            SampledLossWeight = sampledLoss,
            SkipLossWeight = skipLoss,
            DistanceLossWeight = sampledLoss,
        }));

        // equal for every model, but for the tuned setting: tuned over an equal grid
        TOptions Shared<TOptions>(TOptions options) where TOptions : PairwiseTrainerOptions
        {
            options.MaximumSequenceLength = 50;
            options.EmbeddingWidth = 50;
            options.NumberOfBlocks = 2;
            options.BatchSize = 128;
            options.LearningRate = run.Setting.LearningRate;
            options.DropoutRate = run.Setting.DropoutRate;
            options.MaximumNumberOfEpochs = arguments.Epochs;
            options.EarlyStoppingPatience = arguments.Patience;
            options.NumberOfThreads = arguments.Threads;
            options.Seed = run.Seed;
            // N: one negative of five is one that the user skipped
            options.ObservedSkipShare = run.Model is SasRecN or SineN or SineNAlone ? 0.2 : 0;
            options.CandidatesColumnName = "Candidates";
            options.ValidationSet = split.ValidationSet;
            options.Progress = progress;
            options.CancellationToken = arguments.Cancellation;
            return options;
        }
    }

    private static bool IsAblation(string name) => name is "wo-af" or "wo-nf";
}
