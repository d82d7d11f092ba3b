// From a log of views to recommendations, on a simulated short-video feed.
using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.Runtime;

var ml = new MLContext(seed: 1);
ml.Log += (_, message) =>
{
    if (message.Kind == ChannelMessageKind.Info && message.Source.Contains("Trainer"))
        Console.WriteLine(message.RawMessage);
};

// A log of views: who watched what, when, for how many of its seconds.
IDataView log = ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 1500, VideoCount = 800 });

// Views → liked and skipped → training log and evaluation rows, split in time → one training row a user.
var label = ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3));
var split = ml.Data.TemporalSplit(label.Fit(log).Transform(log));
IDataView users = ml.Transforms.WindowSequences().Fit(split.TrainSet).Transform(split.TrainSet);
Console.WriteLine($"{split.Counts.TrainInteractions:N0} views of {split.Counts.TrainUsers:N0} users and {split.Counts.TrainItems:N0} videos to learn from.");

// History in, recommendations out. Every step works row by row, so the same chain serves a prediction engine.
var recommend = ml.Transforms.Conversion.MapValueToKey("Items")
    .Append(ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options
    {
        ValidationSet = split.ValidationSet,
        BatchSize = 64,
        MaximumNumberOfEpochs = 12,
        EarlyStoppingPatience = 3,
    }))
    .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"));
var model = recommend.Fit(users);

// How well does it foresee what users liked next, and does it keep away from what they skipped?
Console.WriteLine(ml.Recommendation().EvaluateNextItem(model.Transform(split.TestSet)));

// Saved as built-in transforms: a process that serves it needs Microsoft.ML and Microsoft.ML.OnnxTransformer, not this library.
Directory.CreateDirectory("output");
ml.Model.SaveAtomically(model, users.Schema, "output/recommend.zip");
var served = ml.Model.Load("output/recommend.zip", out _);
// An engine that owns its model disposes of it for everybody; engines share one, as there is one a thread.
using var engine = ml.Model.CreatePredictionEngine<History, Recommendation>(served, new PredictionEngineOptions { OwnsTransformer = false });
var example = ml.Data.CreateEnumerable<History>(split.TestSet, reuseRowObject: false).First();
Console.WriteLine($"Watched:     {string.Join(' ', example.Items.TakeLast(10).Zip(example.Feedback.TakeLast(10), (item, feedback) => $"{item}{(feedback > 0 ? "+" : feedback < 0 ? "-" : "")}"))}");
Console.WriteLine($"Recommended: {string.Join(' ', engine.Predict(example).RecommendedItems)}");

// The same graph for any other ONNX Runtime.
model.OfType<NextItemTransformer>().Single().ExportToOnnx("output/recommend.onnx");
Console.WriteLine("Written: output/recommend.zip, output/recommend.onnx");

/// <summary>What a user did, oldest first.</summary>
internal sealed class History
{
    public int[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];
}

/// <summary>What to show next, best first.</summary>
internal sealed class Recommendation
{
    public int[] RecommendedItems { get; set; } = [];

    public float[] Scores { get; set; } = [];
}
