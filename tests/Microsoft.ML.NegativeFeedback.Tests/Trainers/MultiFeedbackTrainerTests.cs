using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>The multi-feedback ranker from a simulated log to ranked candidates.</summary>
public sealed class MultiFeedbackTrainerTests
{
    private readonly MLContext _ml = new(1);

    [Fact]
    public void It_foretells_every_kind_of_feedback_and_ranks_by_their_weighted_sum()
    {
        var data = Data(users: 400);
        using var model = _ml.Recommendation().Trainers.MultiFeedback(Options(data)).Fit(data.Train);
        var scored = model.Transform(data.Test);
        var metrics = _ml.Recommendation().EvaluateMultiFeedback(scored);
        Assert.All(metrics.Tasks, task => Assert.True(task.Auc > 0.6, metrics.ToString()));
        foreach (var row in _ml.Data.CreateEnumerable<Ranked>(scored, reuseRowObject: false))
        {
            for (int i = 0; i < row.CandidateScores.Length; i++)
                Assert.Equal(row.Probabilities[3 * i] + row.Probabilities[(3 * i) + 1] - row.Probabilities[(3 * i) + 2], row.CandidateScores[i], 1e-5);
            Assert.Equal(row.CandidateScores.OrderDescending().Take(row.Scores.Length), row.Scores.Take(row.CandidateScores.Length));
        }
    }

    private static MultiFeedbackTrainer.Options Options(FeedData data) => new()
    {
        Seed = 1, NumberOfThreads = 2, MaximumNumberOfEpochs = 15, EmbeddingWidth = 32, NumberOfBlocks = 1, LearningRate = 3e-3, BatchSize = 64,
        UserColumnNames = ["AgeGroup", "TenureDays"], ContextColumnNames = ["Hour"], ItemFeatures = data.Videos, NumberOfRecommendations = 3,
        ItemColumnNames = ["Category", "DurationSeconds"],
    };

    private FeedData Data(int users)
    {
        var feed = new ShortVideoFeedOptions { UserCount = users, VideoCount = 400 };
        var types = _ml.Transforms.Conversion.ConvertType("TenureDays", outputKind: DataKind.Single).Append(_ml.Transforms.Conversion.MapValueToKey("AgeGroup"));
        var userView = _ml.Data.SimulateShortVideoUsers(feed);
        var log = _ml.Data.SimulateShortVideoFeed(feed);
        log = _ml.Transforms.Conversion.MapValue("AgeGroup", userView, userView.Schema["User"], userView.Schema["AgeGroup"], "User")
            .Append(_ml.Transforms.Conversion.MapValue("TenureDays", userView, userView.Schema["User"], userView.Schema["TenureDays"], "User"))
            .Append(types).Append(_ml.Transforms.Conversion.ConvertType("Hour", outputKind: DataKind.Single))
            .Append(_ml.Transforms.LabelWatchFeedback())
            .Append(_ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3)))
            .Fit(log).Transform(log);
        var split = _ml.Data.LeaveLastOut(log, new LeaveLastOutOptions { PassThroughColumnNames = ["AgeGroup", "TenureDays"], SequenceColumnNames = ["Flags", "Hour"] });
        var keys = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(split.TrainSet);
        var both = keys.Append(_ml.Transforms.Conversion.MapValueToKey("Candidates", keyData: KeyData(keys.Transform(split.TrainSet))).Fit(split.TrainSet));
        var videos = _ml.Data.SimulateShortVideos(feed);
        videos = _ml.Transforms.Conversion.MapValueToKey("Category").Fit(videos).Transform(videos);
        return new FeedData(both.Transform(split.TrainSet), both.Transform(split.TestSet), videos);
    }

    private IDataView KeyData(IDataView keyed)
    {
        VBuffer<int> values = default;
        keyed.Schema["Items"].GetKeyValues(ref values);
        return _ml.Data.LoadFromEnumerable(values.DenseValues().Select(value => new { Value = value }));
    }

    private sealed record FeedData(IDataView Train, IDataView Test, IDataView Videos);

    private sealed class Ranked
    {
        public float[] Probabilities { get; set; } = [];
        public float[] CandidateScores { get; set; } = [];
        public float[] Scores { get; set; } = [];
    }
}
