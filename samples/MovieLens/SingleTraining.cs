using System.Diagnostics;
using Common;
using Microsoft.ML;
using Microsoft.ML.NegativeFeedback;

namespace MovieLens;

/// <summary>Trains a model, evaluates and saves it, and shows what it recommends to somebody.</summary>
internal static class SingleTraining
{
    public static int Run(string folder, TrainingChoice choice, string outputFolder, CancellationToken cancellation)
    {
        var ml = new MLContext(seed: choice.Seed);
        var data = new MovieLensData(ml, folder);
        Console.WriteLine(data.Describe());
        var watch = Stopwatch.StartNew();
        var progress = new TrainingConsole("NDCG_p");
        using var model = progress.Watch($"{choice.Model.Name}, seed {choice.Seed}", () => data.Train(ml, choice, progress, cancellation));
        Console.WriteLine(FormattableString.Invariant($"{choice.Model.Name}: trained in {watch.Elapsed.TotalSeconds:0} s, {progress.MedianEpochSeconds:0.0} s an epoch; ")
            + FormattableString.Invariant($"peak memory {Process.GetCurrentProcess().PeakWorkingSet64 / 1e9:0.00} GB."));
        Console.WriteLine(ml.Recommendation().EvaluateNextItem(model.Transform(data.Split.TestSet)));

        Directory.CreateDirectory(outputFolder);
        string path = Path.Combine(outputFolder, choice.Model.Name);
        ml.Model.SaveAtomically(model, data.Users.Schema, path + ".zip");
        model.OfType<NextItemTransformer>().Single().ExportToOnnx(path + ".onnx");
        Recommend(ml, path + ".zip", data.Split.TestSet, MovieTitles.Load(folder));
        Console.WriteLine($"Written: {path}.zip, {path}.onnx");
        return 0;
    }

    private static void Recommend(MLContext ml, string path, IDataView viewers, MovieTitles movies)
    {
        using var engine = ml.Model.CreatePredictionEngine<RatedMovies, NextMovies>(ml.Model.Load(path, out _), new PredictionEngineOptions { OwnsTransformer = false });
        var viewer = ml.Data.CreateEnumerable<RatedMovies>(viewers, reuseRowObject: false).First();
        Console.WriteLine("Somebody who last liked:");
        foreach (int movie in viewer.Items.Where((_, i) => viewer.Feedback[i] > 0).TakeLast(5))
            Console.WriteLine($"  {movies.TitleOf(movie)}");
        Console.WriteLine("should watch:");
        foreach (int movie in engine.Predict(viewer).RecommendedItems.Take(5))
            Console.WriteLine($"  {movies.TitleOf(movie)}");
    }

    /// <summary>What a user rated, oldest first.</summary>
    private sealed class RatedMovies
    {
        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    /// <summary>What to show next, best first.</summary>
    private sealed class NextMovies
    {
        public int[] RecommendedItems { get; set; } = [];
    }
}
