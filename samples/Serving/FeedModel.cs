using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;
using Serving.Scoring;

namespace Serving;

/// <summary>A model of the simulated feed, for want of a log of one's own: the same steps as in the README's first example.</summary>
internal static class FeedModel
{
    /// <summary>Trains the model and writes its file, which appears whole or not at all.</summary>
    public static void Train(string file, int seed, Action<string> report, CancellationToken cancellation)
    {
        var ml = new MLContext(seed);
        var feed = ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 500, VideoCount = 300 });
        // ids are text at the service's door, so they are in the model
        var prepare = ml.Transforms.Conversion.ConvertType("Item", outputKind: DataKind.String)
            .Append(ml.Transforms.LabelFeedback(FeedbackOfViews.Rule))
            .Append(ml.Transforms.WindowSequences());
        var users = prepare.Fit(feed).Transform(feed);
        var model = ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options
            {
                BatchSize = 64,
                EmbeddingWidth = 32,
                MaximumNumberOfEpochs = 6,
                EarlyStoppingPatience = 3,
                CancellationToken = cancellation,
                Progress = new TrainingReport(report),
            }))
            .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(users);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        ml.Model.SaveAtomically(model, users.Schema, file);
    }

    private sealed class TrainingReport(Action<string> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
            => report(FormattableString.Invariant($"epoch {value.Epoch}: loss {value.Loss:0.000}, NDCG@10 {value.ValidationScore:0.000}, {value.Elapsed.TotalSeconds:0} s"));
    }
}
