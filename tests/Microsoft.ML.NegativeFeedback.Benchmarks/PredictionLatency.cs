using System.Diagnostics;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>How long a single <c>PredictionEngine.Predict</c> takes, history in, item ids out.</summary>
internal static class PredictionLatency
{
    public static void Run()
    {
        var ml = BenchmarkData.Ml;
        var sequences = BenchmarkData.Sequences();
        var model = ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options { MaximumNumberOfEpochs = 1, ValidationFraction = 0 }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems")).Fit(sequences);
        var histories = ml.Data.CreateEnumerable<History>(sequences, reuseRowObject: false).ToArray();
        using var engine = ml.Model.CreatePredictionEngine<History, Recommendation>(model, new PredictionEngineOptions { OwnsTransformer = false });

        foreach (var history in histories.Take(500))
            engine.Predict(history);
        var milliseconds = histories.Select(history =>
        {
            long start = Stopwatch.GetTimestamp();
            engine.Predict(history);
            return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }).Order().ToArray();
        Console.WriteLine($"PredictionEngine.Predict over {histories.Length:N0} users: p50 {milliseconds[milliseconds.Length / 2]:0.000} ms, "
            + $"p99 {milliseconds[milliseconds.Length * 99 / 100]:0.000} ms");
    }

    private sealed class History
    {
        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];
    }

    private sealed class Recommendation
    {
        public int[] RecommendedItems { get; set; } = [];

        public float[] Scores { get; set; } = [];
    }
}
