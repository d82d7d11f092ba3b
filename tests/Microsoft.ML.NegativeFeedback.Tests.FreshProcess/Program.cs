// FreshProcess MODEL.zip HISTORIES.json ANSWERS.json: loads a saved model and answers histories, by rows and by a prediction engine.
using System.Text.Json;
using Microsoft.ML;

if (File.Exists(Path.Combine(AppContext.BaseDirectory, "Microsoft.ML.NegativeFeedback.dll")))
    throw new InvalidOperationException("This process is to show that a saved model loads without the library, but the library lies beside it.");

var ml = new MLContext();
var model = ml.Model.Load(args[0], out _);
var histories = JsonSerializer.Deserialize<History[]>(File.ReadAllText(args[1]))!;
var rows = ml.Data.CreateEnumerable<Recommendation>(
    model.Transform(ml.Data.LoadFromEnumerable(histories)), reuseRowObject: false, ignoreMissingColumns: true);
using var engine = ml.Model.CreatePredictionEngine<History, Recommendation>(model, new PredictionEngineOptions { OwnsTransformer = false });
var answers = rows.Zip(histories, (row, history) => new[] { row, engine.Predict(history) }).SelectMany(pair => pair);
File.WriteAllText(args[2], JsonSerializer.Serialize(answers.Select(answer => new
{
    answer.RecommendedItems,
    ScoreBits = answer.Scores.Select(BitConverter.SingleToUInt32Bits),
    WeightBits = answer.SubInterestWeights.Select(BitConverter.SingleToUInt32Bits),
})));

internal sealed class History
{
    public string[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];
}

internal sealed class Recommendation
{
    public string[] RecommendedItems { get; set; } = [];

    public float[] Scores { get; set; } = [];

    public float[] SubInterestWeights { get; set; } = [];
}
