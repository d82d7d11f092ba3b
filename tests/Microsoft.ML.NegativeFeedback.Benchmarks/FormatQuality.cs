using System.CommandLine;
using Google.Protobuf;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tensors.Proto;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>What forms of a graph cost in quality: PNFRec with its published settings, trained for some epochs on MovieLens-1M under the published protocol, evaluated in each form.</summary>
internal static class FormatQuality
{
    /// <summary>The command of the benchmark program.</summary>
    public static RootCommand CreateCommand()
    {
        var folder = new Option<string>("--data") { Description = "a folder with MovieLens-1M", Required = true };
        var epochs = new Option<int>("--epochs") { Description = "epochs of training", DefaultValueFactory = _ => 10 };
        var command = new RootCommand("NDCG of PNFRec by the form of its graph, as Markdown") { folder, epochs };
        command.SetAction(parsed => Run(parsed.GetValue(folder)!, parsed.GetValue(epochs)));
        return command;
    }

    private static void Run(string folder, int epochs)
    {
        var ml = new MLContext(seed: 1);
        var log = ml.Data.LoadMovieLens(folder);
        var split = ml.Data.TemporalSplit(ml.Transforms.LabelFeedback(FeedbackRule.RatingMedian()).Fit(log).Transform(log));
        var users = ml.Transforms.WindowSequences().Fit(split.TrainSet).Transform(split.TrainSet);
        var keys = ml.Transforms.Conversion.MapValueToKey("Items").Fit(users);
        var train = keys.Transform(users);
        using var model = ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options { EmbeddingWidth = 231, MaximumNumberOfEpochs = epochs, ValidationFraction = 0 }).Fit(train);
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "graph.onnx");
        model.ExportToOnnx(path);
        byte[] graph = File.ReadAllBytes(path);

        Console.WriteLine(FormattableString.Invariant($"PNFRec, {epochs} epochs, MovieLens-1M.\n\n| format | graph, MiB | HR_p@10 | NDCG_p@10 | ΔNDCG@10 |\n|---|--:|--:|--:|--:|"));
        foreach (var (format, convert) in GraphFormats.All)
        {
            byte[] converted = convert(ModelProto.Parser.ParseFrom(graph)).ToByteArray();
            using var scorer = new NextItemTransformer(ml, converted, new NextItemColumns(), train.Schema);
            var scored = ml.Transforms.Conversion.MapKeyToValue("RecommendedItems").Fit(scorer.Transform(train)).Transform(scorer.Transform(keys.Transform(split.TestSet)));
            var metrics = ml.Recommendation().EvaluateNextItem(scored);
            Console.WriteLine(FormattableString.Invariant(
                $"| {format} | {converted.Length / 1048576.0:0.0} | {metrics.Positive.HitRate:0.0000} | {metrics.Positive.Ndcg:0.0000} | {metrics.NdcgDifference:0.0000} |"));
        }
    }
}
