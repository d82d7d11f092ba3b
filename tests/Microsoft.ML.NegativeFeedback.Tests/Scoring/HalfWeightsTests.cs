using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>Exported graphs with weights in Float16.</summary>
public sealed class HalfWeightsTests
{
    [Theory]
    [InlineData("pnfrec")]
    [InlineData("sine")]
    [InlineData("Gru4Rec")]
    [InlineData("Caser")]
    [InlineData("Ncf")]
    public void A_graph_of_half_weights_scores_what_the_whole_one_does_to_their_rounding(string name)
    {
        var ml = new MLContext(seed: 1);
        // item vectors that take most of the file, and counts that Float16 cannot hold
        var histories = ToyFeed.Histories(60, seed: 1);
        foreach (var history in histories)
            history.Items = [.. history.Items.Select((item, place) => place == 0 ? $"{item}_{Array.IndexOf(histories, history)}" : item)];
        histories = [.. histories, .. Enumerable.Repeat(new ToyHistory { Items = ["liked0", "liked1"], Feedback = [1, 1] }, 2099)];
        var data = ml.Data.LoadFromEnumerable(histories);
        var train = ml.Transforms.Conversion.MapValueToKey("Items").Fit(data).Transform(data);
        using var model = ExchangeTests.Create(ml, name, options => (options.ValidationFraction, options.MaximumNumberOfEpochs, options.NumberOfRecommendations) = (0, 1, 5)).Fit(train);
        var folder = Directory.CreateTempSubdirectory("half");
        string single = Path.Combine(folder.FullName, "single.onnx"), half = Path.Combine(folder.FullName, "half.onnx");
        model.ExportToOnnx(single);
        model.ExportToOnnx(half, OnnxWeightFormat.Half);

        var (keys, scores) = Score(single);
        var (halfKeys, halfScores) = Score(half);
        for (int row = 0; row < scores.Length; row++)
        {
            for (int i = 0; i < scores[row].Length; i++)
                Assert.Equal(scores[row][i], halfScores[row][i], 0.01 * Math.Max(1, Math.Abs(scores[row][i])));
        }

        // nothing to read: counts, to the last one
        Assert.Equal(keys[^1], halfKeys[^1]);
        Assert.Equal(scores[^1], halfScores[^1]);
        Assert.Contains(scores[^1], score => score > 2048 && (float)(Half)score != score);
        long saved = new FileInfo(single).Length - new FileInfo(half).Length;
        Assert.True(saved > 0, $"The file grew by {-saved} bytes.");
        folder.Delete(recursive: true);

        (uint[][] Keys, float[][] Scores) Score(string path)
        {
            using var scorer = new OnnxScorer(File.ReadAllBytes(path), new OnnxScorerOptions(ThreadCount: 1));
            var rows = new HistoryRows();
            foreach (uint[] items in new uint[][] { [1, 2, 3], [5, 4, 9, 11], [] })
            {
                rows.Items.Add(items);
                rows.Feedback.Add(Array.ConvertAll(items, item => item == 4 ? -1f : 1));
            }

            var scored = new ScoredRows();
            scorer.Score(rows, scored);
            return (scored.Keys, scored[NextItemGraph.ScoresOutput]);
        }
    }

    [Fact]
    public void A_format_that_is_none_is_refused()
    {
        using var model = new ScoringFixture().CreateTransformer();
        Assert.Throws<ArgumentOutOfRangeException>(() => model.ExportToOnnx("x.onnx", (OnnxWeightFormat)7));
    }
}
