using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>Every trainer takes every other's place in a pipeline, whatever its validation rows hold: what came next, candidates, or both.</summary>
public class ExchangeTests
{
    private readonly MLContext _ml = new(seed: 1);
    private readonly Recorder<TrainingProgress> _progress = new();

    /// <summary>Every trainer by its name.</summary>
    internal static NextItemTrainer Create(MLContext ml, string name, Action<SequenceTrainerOptions> set)
    {
        var trainers = ml.Recommendation().Trainers;
        return name switch
        {
            "pnfrec" => trainers.PnfRec(With(new PnfRecTrainer.Options())),
            "sasrec_p" => trainers.SasRec(With(new SasRecTrainer.Options())),
            "sasrec_c" => trainers.SasRec(With(new SasRecTrainer.Options { Variant = SasRecVariant.Contrastive })),
            "sine" => trainers.Sine(With(new SineTrainer.Options())),
            "sine eq. 13" => trainers.Sine(With(new SineTrainer.Options { FusionNormalization = FusionNormalization.Sum, SameInterestWeight = 0.8 })),
            "sine w/o AF" => trainers.Sine(With(new SineTrainer.Options { AdaptiveFusion = false })),
            _ => trainers.Baseline(With(new BaselineTrainer.Options { Network = Enum.Parse<BaselineNetwork>(name) })),
        };

        TOptions With<TOptions>(TOptions options)
            where TOptions : SequenceTrainerOptions
        {
            TrainerTests.Small(options);
            options.MaximumNumberOfEpochs = 2;
            set(options);
            return options;
        }
    }

    public static TheoryData<string> Recommending => ["pnfrec", "sasrec_p", "sasrec_c", "sine", "sine eq. 13", "sine w/o AF", "SasRec", "Gru4Rec", "Caser", "Ncf", "Clsr", "FeedRec"];

    public static TheoryData<string> All => ["pnfrec", "sasrec_p", "sasrec_c", "sine", "sine eq. 13", "sine w/o AF", "SasRec", "Gru4Rec", "Caser", "Ncf", "Din", "Dien", "SliRec", "Clsr", "FeedRec"];

    private IDataView Labelled
    {
        get
        {
            var log = _ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 120, VideoCount = 60 });
            return _ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3)).Fit(log).Transform(log);
        }
    }

    [Theory]
    [MemberData(nameof(Recommending))]
    public void Every_trainer_takes_PnfRecs_place_in_the_quick_start(string trainer)
    {
        var split = _ml.Data.TemporalSplit(Labelled);
        IDataView users = _ml.Transforms.WindowSequences().Fit(split.TrainSet).Transform(split.TrainSet);

        var model = _ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(Create(_ml, trainer, options => (options.ValidationSet, options.Progress) = (split.ValidationSet, _progress)))
            .Append(_ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(users);

        Assert.Equal(2, _progress.Reports.Count);
        Assert.All(_progress.Reports, report => Assert.Equal(report.ValidationMetrics["NDCG_p@10"], report.ValidationScore));
        Assert.InRange(_ml.Recommendation().EvaluateNextItem(model.Transform(split.TestSet), numberOfRecommendations: 5).Coverage, 0.01, 1);
        using var engine = _ml.Model.CreatePredictionEngine<History, Recommendation>(model);
        Assert.Equal(5, engine.Predict(new History { Items = [1, 2], Feedback = [1, -1] }).RecommendedItems.Length);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Every_trainer_stops_by_candidates_where_there_are_only_those(string trainer)
        => AssertWatches(trainer, "AUC", rows => Without(rows, "TargetItem", "TargetFeedback"));

    [Theory]
    [MemberData(nameof(All))]
    public void Every_trainer_stops_by_targets_where_candidates_have_no_labels(string trainer)
        => AssertWatches(trainer, "NDCG_p@10", rows => Without(rows, "CandidateLabels"));

    [Theory]
    [MemberData(nameof(All))]
    public void Where_rows_have_both_a_trainer_stops_as_published(string trainer)
        => AssertWatches(trainer, trainer is "pnfrec" or "sasrec_p" or "sasrec_c" ? "NDCG_p@10" : "AUC", rows => rows);

    [Theory]
    [InlineData("pnfrec", "NDCG_p@10")]
    [InlineData("Caser", "AUC")]
    public void Without_validation_rows_a_trainer_stops_as_published(string trainer, string metric)
        => AssertWatches(trainer, metric, _ => null);

    [Theory]
    [InlineData("pnfrec")]
    [InlineData("sine")]
    public void How_much_is_recommended_does_not_change_when_training_stops(string trainer)
    {
        double?[] Scores(int recommendations, int cutoff)
        {
            var progress = new Recorder<TrainingProgress>();
            var split = _ml.Data.LeaveLastOut(Labelled);
            _ml.Transforms.Conversion.MapValueToKey("Items", keyData: split.Catalogue).Append(Create(_ml, trainer, options =>
            {
                (options.ValidationSet, options.Progress) = (Without(split.ValidationSet, "CandidateLabels"), progress);
                (options.NumberOfRecommendations, options.ValidationCutoff) = (recommendations, cutoff);
            })).Fit(split.TrainSet);
            Assert.All(progress.Reports, report => Assert.Equal(report.ValidationMetrics[$"NDCG_p@{cutoff}"], report.ValidationScore));
            return [.. progress.Reports.Select(report => report.ValidationScore)];
        }

        Assert.Equal(Scores(5, cutoff: 10), Scores(40, cutoff: 10));
        Assert.NotEqual(Scores(5, cutoff: 10), Scores(5, cutoff: 3));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Rows_with_neither_are_refused_before_anything_is_trained(string trainer)
    {
        var error = Assert.Throws<ArgumentException>(() => AssertWatches(trainer, "", rows => Without(rows, "TargetItem", "CandidateLabels")));
        Assert.Contains("'TargetItem'", error.Message);
        Assert.Contains("'CandidateLabels'", error.Message);
        Assert.Empty(_progress.Reports);
    }

    private void AssertWatches(string trainer, string metric, Func<IDataView, IDataView?> rows)
    {
        var split = _ml.Data.LeaveLastOut(Labelled);
        _ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: split.Catalogue)
            .Append(Create(_ml, trainer, options =>
            {
                (options.ValidationSet, options.Progress) = (rows(split.ValidationSet), _progress);
                options.CandidatesColumnName = BaselineTrainerTests.RanksGivenCandidatesAlone(trainer) ? "Candidates" : null;
            }))
            .Fit(split.TrainSet);
        Assert.Equal(2, _progress.Reports.Count);
        Assert.All(_progress.Reports, report => Assert.Equal(report.ValidationMetrics[metric], report.ValidationScore));
    }

    private IDataView Without(IDataView rows, params string[] columns) => _ml.Transforms.DropColumns(columns).Fit(rows).Transform(rows);

    private sealed class History
    {
        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    private sealed class Recommendation
    {
        public int[] RecommendedItems { get; set; } = [];
    }
}
