using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;

var ml = new MLContext(seed: 1);
IDataView log = ml.Data.LoadFromTextFile<View>("views.tsv", hasHeader: true);

// views → liked and skipped → one row a user
var prepare = ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3))
    .Append(ml.Transforms.WindowSequences());
IDataView users = prepare.Fit(log).Transform(log);

// history in, recommendations out
var model = ml.Transforms.Conversion.MapValueToKey("Items")
    .Append(ml.Recommendation().Trainers.PnfRec())
    .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
    .Fit(users);

ml.Model.SaveAtomically(model, users.Schema, "recommend.zip");    // loads where this library is not installed
using var engine = ml.Model.CreatePredictionEngine<History, Recommendation>(
    ml.Model.Load("recommend.zip", out _), new PredictionEngineOptions { OwnsTransformer = false });    // engines share one model
var next = engine.Predict(new History { Items = ["a", "b"], Feedback = [1, -1] });
Console.WriteLine(string.Join(", ", next.RecommendedItems));

internal sealed class View
{
    [LoadColumn(0)] public string User { get; set; } = "";
    [LoadColumn(1)] public string Item { get; set; } = "";
    [LoadColumn(2)] public long Time { get; set; }
    [LoadColumn(3)] public float WatchSeconds { get; set; }
    [LoadColumn(4)] public float DurationSeconds { get; set; }
}

internal sealed class History
{
    public string[] Items { get; set; } = [];
    public float[] Feedback { get; set; } = [];     // +1 liked, -1 skipped, 0 neither
}

internal sealed class Recommendation
{
    public string[] RecommendedItems { get; set; } = [];
    public float[] Scores { get; set; } = [];
}
