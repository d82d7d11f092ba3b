using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>The data that training and scoring are timed on.</summary>
internal static class BenchmarkData
{
    public static readonly MLContext Ml = new(seed: 1);

    /// <summary>The training part of MovieLens-1M under the published protocol where MOVIELENS_1M names its folder; otherwise a simulated log of about its size.</summary>
    public static IDataView Sequences()
    {
        string? folder = Environment.GetEnvironmentVariable("MOVIELENS_1M");
        var log = folder is null
            ? Ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 6040, VideoCount = 3706, SessionsPerUser = 12, ViewsPerSession = 14 })
            : Ml.Data.LoadMovieLens(folder);
        var rule = folder is null ? FeedbackRule.WatchTime() : FeedbackRule.RatingMedian();
        var train = Ml.Data.TemporalSplit(Ml.Transforms.LabelFeedback(rule).Fit(log).Transform(log)).TrainSet;
        Console.WriteLine(folder is null ? "Data: simulated. Set MOVIELENS_1M to a folder for MovieLens-1M." : $"Data: MovieLens-1M in {folder}.");
        return Ml.Transforms.WindowSequences().Fit(train).Transform(train);
    }

    /// <summary>The same with the items as keys.</summary>
    public static IDataView KeyedSequences()
    {
        var sequences = Sequences();
        return Ml.Transforms.Conversion.MapValueToKey("Items").Fit(sequences).Transform(sequences);
    }

    public static SequenceData Read(IDataView keyed)
        => SequenceData.Read(keyed, (int)ItemCount(keyed), "Items", "Feedback");

    private static ulong ItemCount(IDataView keyed)
        => ((Data.KeyDataViewType)((Data.VectorDataViewType)keyed.Schema["Items"].Type).ItemType).Count;
}
