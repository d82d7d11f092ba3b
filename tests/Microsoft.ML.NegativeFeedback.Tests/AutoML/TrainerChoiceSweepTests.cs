using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Tests.AutoML;

/// <summary>Sweeps that choose among trainers, by what came next and by candidates.</summary>
public class TrainerChoiceSweepTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly LeaveLastOutData _split;
    private readonly Recorder<TrainingProgress> _stopping = new();

    public TrainerChoiceSweepTests()
    {
        var log = _ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 120, VideoCount = 60 });
        _split = _ml.Data.LeaveLastOut(_ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3)).Fit(log).Transform(log));
    }

    private TOptions Short<TOptions>(TOptions options, string? candidates)
        where TOptions : SequenceTrainerOptions
    {
        TrainerTests.Small(options);
        (options.MaximumNumberOfEpochs, options.CandidatesColumnName, options.Progress) = (2, candidates, _stopping);
        return options;
    }

    private SweepablePipeline Choice(string? candidates) => _ml.Transforms.Conversion
        .MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: _split.Catalogue)
        .Append(
            _ml.Auto().PnfRec(Short(new PnfRecTrainer.Options(), candidates), new() { ["NegativeWeight"] = new ChoiceOption(0.0, 0.5) }),
            _ml.Auto().SasRec(Short(new SasRecTrainer.Options(), candidates), new() { ["NumberOfBlocks"] = new ChoiceOption(1, 2) }),
            _ml.Auto().Sine(Short(new SineTrainer.Options(), candidates), new() { ["NumberOfSubInterests"] = new ChoiceOption(2, 3) }),
            _ml.Auto().Baseline(Short(new BaselineTrainer.Options(), candidates), Networks(candidates is not null)));

    private static int RankingCount => Enum.GetValues<BaselineNetwork>().Length;

    private static int RecommendingCount => Enum.GetValues<BaselineNetwork>().Count(network => !BaselineTrainerTests.RanksGivenCandidatesAlone(network.ToString()));

    private static SearchSpace.SearchSpace Networks(bool withCandidates) => new()
    {
        ["Network"] = new ChoiceOption([.. Enum.GetValues<BaselineNetwork>()
            .Where(network => withCandidates || !BaselineTrainerTests.RanksGivenCandidatesAlone(network.ToString())).Cast<object>()]),
    };

    private IDataView Without(IDataView rows, params string[] columns) => _ml.Transforms.DropColumns(columns).Fit(rows).Transform(rows);

    [Fact]
    public void Trainers_are_chosen_by_what_came_next()
    {
        var lines = new List<string>();
        _ml.Log += (_, message) => lines.Add(message.Message);
        var rows = Without(_split.ValidationSet, "CandidateLabels");
        var result = _ml.Auto().SweepRecommender(Choice(candidates: null), _split.TrainSet, rows,
            new() { NumberOfRecommendations = 5, Strategy = SweepStrategy.Grid });

        // two points each of three trainers, and the networks
        AssertSwept(result, 6 + RecommendingCount);
        // the log says whose trial it was
        Assert.Contains(lines, line => line.Contains("Trial 2 of SasRecTrainer ("));
        Assert.Contains(lines, line => line.Contains("of BaselineTrainer, Gru4Rec ("));
        Assert.All(result.Trials, trial => Assert.Equal(trial.Validation!.NextItem!.Positive.Ndcg, trial.Metric));
        Assert.All(_stopping.Reports, report => Assert.Equal(report.ValidationMetrics["NDCG_p@5"], report.ValidationScore));
        // early stopping watched the rows that trials are measured on, with the same measure
        Assert.All(result.Trials, trial => Assert.Contains(_stopping.Reports, report => Math.Abs(report.ValidationScore!.Value - trial.Metric) < 1e-6));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Trainers_are_chosen_by_candidates(bool hasTargetsAsWell)
    {
        var rows = hasTargetsAsWell ? _split.ValidationSet : Without(_split.ValidationSet, "TargetItem", "TargetFeedback");
        var result = _ml.Auto().SweepRecommender(Choice("Candidates"), _split.TrainSet, rows, new() { Strategy = SweepStrategy.Grid });

        AssertSwept(result, 6 + RankingCount);
        Assert.All(result.Trials, trial => Assert.Equal(trial.Validation!.Candidates!.Auc, trial.Metric));
        var byCandidates = _stopping.Reports.Where(report => report.ValidationMetrics.ContainsKey("AUC")).ToArray();
        // two epochs each; with both kinds of columns PNFRec and SASRec watch what came next
        Assert.Equal(2 * ((hasTargetsAsWell ? 2 : 6) + RankingCount), byCandidates.Length);
    }

    [Fact]
    public void Rows_with_candidates_alone_ask_for_trainers_that_rank_them()
    {
        var rows = Without(_split.ValidationSet, "TargetItem", "TargetFeedback");
        var error = Assert.Throws<ArgumentException>(() => _ml.Auto().SweepRecommender(Choice(candidates: null), _split.TrainSet, rows));
        Assert.Contains("AUC needs a trainer that ranks candidates", error.Message);
        Assert.Contains("CandidatesColumnName", error.Message);
    }

    [Theory]
    [InlineData(BaselineNetwork.SasRec, true, false, false)]
    [InlineData(BaselineNetwork.Gru4Rec, false, false, false)]
    [InlineData(BaselineNetwork.Dien, false, true, false)]
    [InlineData(BaselineNetwork.SliRec, false, false, false)]
    [InlineData(BaselineNetwork.Clsr, false, false, true)]
    [InlineData(BaselineNetwork.FeedRec, false, false, true)]
    public void A_baseline_is_swept_over_what_it_reads(BaselineNetwork network, bool readsBlocks, bool hasAuxiliaryLoss, bool contrasts)
    {
        var space = _ml.Auto().Baseline(new() { Network = network }).SearchSpace;
        Assert.Equal(readsBlocks, space.ContainsKey("NumberOfBlocks"));
        Assert.Equal(hasAuxiliaryLoss, space.ContainsKey("AuxiliaryLossWeight"));
        Assert.Equal(contrasts, space.ContainsKey("ContrastWeight"));
        Assert.True(space.ContainsKey("EmbeddingWidth") && space.ContainsKey("LearningRate"));
    }

    [Fact]
    public void A_search_space_that_is_changed_later_changes_nothing()
    {
        var space = new SearchSpace.SearchSpace { ["NumberOfBlocks"] = new ChoiceOption(1, 2) };
        var sweepable = _ml.Auto().SasRec(searchSpace: space);
        space.Remove("NumberOfBlocks");
        Assert.Equal(["NumberOfBlocks"], sweepable.SearchSpace.Keys);
    }

    private static void AssertSwept(RecommenderSweepResult result, int trials)
    {
        Assert.All(result.Trials, trial => Assert.Null(trial.Failure));
        Assert.Equal(trials, result.Trials.Count);
        Assert.Equal(4, result.Trials.Select(trial => trial.Options!.GetType()).Distinct().Count());
        Assert.Equal(result.Trials.Max(trial => trial.Metric), result.Best.Metric);
    }
}
