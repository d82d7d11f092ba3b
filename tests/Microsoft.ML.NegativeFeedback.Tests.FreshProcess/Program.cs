// FreshProcess MODEL.zip HISTORIES.json ANSWERS.json: loads a saved model and answers histories, by rows and by a prediction engine.
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;

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
    ProbabilityBits = answer.Probabilities.Select(BitConverter.SingleToUInt32Bits),
    WeightBits = answer.SubInterestWeights.Select(BitConverter.SingleToUInt32Bits),
})));

internal sealed class History
{
    public string[] Items { get; set; } = [];

    public float[] Feedback { get; set; } = [];

    // what the multi-feedback ranker reads beside
    public float[] Flags { get; set; } = [];

    public string[] Candidates { get; set; } = [];

    public string City { get; set; } = "";

    [VectorType(2)]
    public float[] Tastes { get; set; } = new float[2];

    public string[] Hour { get; set; } = [];

    public string TargetHour { get; set; } = "";

    public float TargetMinute { get; set; }
}

internal sealed class Recommendation
{
    public string[] RecommendedItems { get; set; } = [];

    public float[] Scores { get; set; } = [];

    public float[] Probabilities { get; set; } = [];

    public float[] SubInterestWeights { get; set; } = [];
}
