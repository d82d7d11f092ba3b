using System.Text.Json;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>A saved chain loads and answers in a process that has only Microsoft.ML, Microsoft.ML.OnnxTransformer and ONNX Runtime on disk.</summary>
public class FreshProcessTests
{
    private sealed record Answer(string[] RecommendedItems, uint[] ScoreBits, uint[] ProbabilityBits);

    [Fact]
    public void A_saved_model_answers_the_same_in_a_fresh_process_without_the_library()
    {
        var ml = new MLContext(seed: 1);
        var histories = ToyFeed.Histories(12, seed: 2).Select(history => new { history.Items, history.Feedback })
            .Append(new { Items = Array.Empty<string>(), Feedback = Array.Empty<float>() })
            .Append(new { Items = new[] { "nobody knows this" }, Feedback = new[] { 1f } }).ToArray();
        var train = ml.Data.LoadFromEnumerable(ToyFeed.Histories(200, seed: 1));
        var model = ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(ml.Recommendation().Trainers.PnfRec(TrainerTests.Small(new PnfRecTrainer.Options())))
            .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
            .Fit(train);
        string folder = Directory.CreateTempSubdirectory().FullName;
        string In(string name) => Path.Combine(folder, name);
        ml.Model.SaveAtomically(model, train.Schema, In("model.zip"));
        File.WriteAllText(In("histories.json"), JsonSerializer.Serialize(histories));

        Run(In("model.zip"), In("histories.json"), In("answers.json"));

        using var engine = ml.Model.CreatePredictionEngine<ToyHistory, ToyRecommendation>(model, new PredictionEngineOptions { OwnsTransformer = false });
        var expected = histories.Select(history => engine.Predict(new ToyHistory { Items = history.Items, Feedback = history.Feedback })).ToArray();
        var answers = JsonSerializer.Deserialize<Answer[]>(File.ReadAllText(In("answers.json")))!;
        Assert.Equal(2 * histories.Length, answers.Length);
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal(expected[i / 2].RecommendedItems, answers[i].RecommendedItems);
            Assert.Equal(expected[i / 2].Scores.Select(BitConverter.SingleToUInt32Bits), answers[i].ScoreBits);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void A_saved_ranker_foretells_the_same_in_a_fresh_process_without_the_library()
    {
        var ml = new MLContext(seed: 1);
        var feed = new RankedFeed(ml, rows: 60);
        using var ranker = ml.Recommendation().Trainers.MultiFeedback(feed.Options(epochs: 1)).Fit(feed.Train);
        var model = new TransformerChain<ITransformer>(feed.Keys, ranker, ml.Transforms.Conversion.MapKeyToValue("RecommendedItems").Fit(ranker.Transform(feed.Train)));
        feed.TestHistories[0].Candidates[1] = "nobody knows this";
        (feed.TestHistories[1].Items, feed.TestHistories[1].Feedback, feed.TestHistories[1].Flags) = ([], [], []);
        string folder = Directory.CreateTempSubdirectory().FullName;
        string In(string name) => Path.Combine(folder, name);
        ml.Model.SaveAtomically(model, feed.Rows(feed.Histories).Schema, In("model.zip"));
        File.WriteAllText(In("histories.json"), JsonSerializer.Serialize(feed.TestHistories));

        Run(In("model.zip"), In("histories.json"), In("answers.json"));

        using var engine = ml.Model.CreatePredictionEngine<RankedHistory, RankedCandidates>(model, new PredictionEngineOptions { OwnsTransformer = false });
        var expected = feed.TestHistories.Select(engine.Predict).ToArray();
        var answers = JsonSerializer.Deserialize<Answer[]>(File.ReadAllText(In("answers.json")))!;
        Assert.Equal(2 * expected.Length, answers.Length);
        for (int i = 0; i < answers.Length; i++)
        {
            Assert.Equal(expected[i / 2].RecommendedItems, answers[i].RecommendedItems);
            Assert.Equal(expected[i / 2].Scores.Select(BitConverter.SingleToUInt32Bits), answers[i].ScoreBits);
            Assert.Equal(expected[i / 2].Probabilities.Select(BitConverter.SingleToUInt32Bits), answers[i].ProbabilityBits);
        }

        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Runs the program: the saved model, the histories to answer and the file for the answers.</summary>
    internal static void Run(params string[] arguments) => ChildProcess.Run("FreshProcess", arguments);
}
