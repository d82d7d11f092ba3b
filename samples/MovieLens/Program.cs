// PNFRec and its baselines on MovieLens-1M under the published protocol (RecSys '25, section 4).
// run.sh --data DIR [--model NAME] [--seed N] [--epochs N] [--checkpoint FILE] [--output DIR]
using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;
using MovieLens;

var arguments = Arguments.Parse(args);
if (arguments is null)
    return 2;

var ml = new MLContext(seed: arguments.Seed);
IDataView log = ml.Data.LoadMovieLens(arguments.DataFolder);
var split = ml.Data.TemporalSplit(
    ml.Transforms.LabelFeedback(FeedbackRule.RatingMedian()).Fit(log).Transform(log), arguments.SplitOptions());
Console.WriteLine(Report.Of(split.Counts));

IDataView users = ml.Transforms.WindowSequences().Fit(split.TrainSet).Transform(split.TrainSet);
var watch = Stopwatch.StartNew();
var progress = new ConsoleProgress();
var model = ml.Transforms.Conversion.MapValueToKey("Items")
    .Append(Models.Create(ml, arguments, split.ValidationSet, progress))
    .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
    .Fit(users);
Console.WriteLine($"{arguments.Model}: trained in {watch.Elapsed.TotalSeconds:0} s, {progress.MedianEpochSeconds:0.0} s an epoch; "
    + $"peak memory {Process.GetCurrentProcess().PeakWorkingSet64 / 1e9:0.00} GB.");
Console.WriteLine(ml.Recommendation().EvaluateNextItem(model.Transform(split.TestSet)));

Directory.CreateDirectory(arguments.OutputFolder);
string path = Path.Combine(arguments.OutputFolder, arguments.Model);
ml.Model.SaveAtomically(model, users.Schema, path + ".zip");
model.OfType<NextItemTransformer>().Single().ExportToOnnx(path + ".onnx");

var movies = MovieTitles.Load(arguments.DataFolder);
using var engine = ml.Model.CreatePredictionEngine<History, Recommendation>(
    ml.Model.Load(path + ".zip", out _), new PredictionEngineOptions { OwnsTransformer = false });
var viewer = ml.Data.CreateEnumerable<History>(split.TestSet, reuseRowObject: false).First();
Console.WriteLine("Somebody who last liked:");
foreach (int movie in viewer.Items.Where((_, i) => viewer.Feedback[i] > 0).TakeLast(5))
    Console.WriteLine($"  {movies.TitleOf(movie)}");
Console.WriteLine("should watch:");
foreach (int movie in engine.Predict(viewer).RecommendedItems.Take(5))
    Console.WriteLine($"  {movies.TitleOf(movie)}");
Console.WriteLine($"Written: {path}.zip, {path}.onnx");
return 0;

/// <summary>What a user rated, oldest first.</summary>
internal sealed class History
{
    public int[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];
}

/// <summary>What to show next, best first.</summary>
internal sealed class Recommendation
{
    public int[] RecommendedItems { get; set; } = [];
}
