using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Tensors;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>Random encoders, and runs of graphs through ONNX Runtime as any client would do them.</summary>
internal static class GraphFixture
{
    public static EncoderWeights RandomWeights(
        int seed, int itemCount = 30, int width = 8, int maximumLength = 5, int headCount = 1, int blockCount = 2)
    {
        var random = new Random(seed);
        var items = Normal(random, (itemCount + 1) * width, 0.3f);
        items.AsSpan(0, width).Clear();
        var blocks = Enumerable.Range(0, blockCount).Select(_ => new EncoderBlockWeights(
            Normal(random, width, 0.3f, 1), Normal(random, width, 0.3f),
            Normal(random, 3 * width * width, 0.5f), Normal(random, 3 * width, 0.3f),
            Normal(random, width * width, 0.5f), Normal(random, width, 0.3f),
            Normal(random, width, 0.3f, 1), Normal(random, width, 0.3f),
            Normal(random, width * width, 0.5f), Normal(random, width, 0.3f),
            Normal(random, width * width, 0.5f), Normal(random, width, 0.3f))).ToArray();
        return new EncoderWeights(itemCount, width, maximumLength, headCount, items, Normal(random, maximumLength * width, 0.3f),
            blocks, Normal(random, width, 0.3f, 1), Normal(random, width, 0.3f));
    }

    /// <summary>A random SINE, without biases in its attention.</summary>
    public static SineWeights RandomSine(
        int seed, int itemCount = 30, int subInterestCount = 2, int headCount = 1, FusionNormalization normalization = FusionNormalization.Sum,
        bool adaptiveFusion = true, double sameInterestWeight = 0.7)
    {
        var encoder = RandomWeights(seed, itemCount, headCount: headCount);
        int width = encoder.Width;
        var blocks = encoder.Blocks.Select(block => block with { InProjectionBias = new float[3 * width], OutProjectionBias = new float[width] });
        var random = new Random(seed + 1);
        return new SineWeights(
            encoder with { Blocks = blocks.ToArray() }, subInterestCount, Normal(random, subInterestCount * width, 0.7f),
            adaptiveFusion ? Normal(random, width, 0.5f) : null, adaptiveFusion ? Normal(random, width, 1.5f) : null,
            adaptiveFusion ? -0.4f : 0, normalization, sameInterestWeight);
    }

    /// <summary>Popularity that falls with the item's number, so that the order of a fallback is 1, 2, 3 …</summary>
    public static float[] FallingPopularity(int itemCount)
        => Enumerable.Range(0, itemCount + 1).Select(item => (float)(itemCount - item + 1)).ToArray();

    public static (uint[][] Items, float[][] Scores) Recommend(byte[] graph, params (uint[] Items, float[] Feedback)[] rows)
    {
        var (items, scores, _) = RecommendWithWeights(graph, rows);
        return (items, scores);
    }

    /// <summary>The same with the weights of the sub-interests, K an item, where the graph gives them.</summary>
    public static (uint[][] Items, float[][] Scores, float[][] Weights) RecommendWithWeights(
        byte[] graph, params (uint[] Items, float[] Feedback)[] rows)
    {
        using var session = Open(graph);
        using var outputs = Run(session, rows, null);
        return (Rows(outputs[0].GetTensorDataAsSpan<uint>(), rows.Length), Rows(outputs[1].GetTensorDataAsSpan<float>(), rows.Length),
            outputs.Count > 2 ? Rows(outputs[2].GetTensorDataAsSpan<float>(), rows.Length) : []);
    }

    public static float[][] ScoreCandidates(byte[] graph, uint[][] candidates, params (uint[] Items, float[] Feedback)[] rows)
        => ScoreCandidatesWithWeights(graph, candidates, rows).Scores;

    /// <summary>The same with the weights of the sub-interests, K a candidate, where the graph gives them.</summary>
    public static (float[][] Scores, float[][] Weights) ScoreCandidatesWithWeights(
        byte[] graph, uint[][] candidates, params (uint[] Items, float[] Feedback)[] rows)
    {
        using var session = Open(graph);
        using var outputs = Run(session, rows, candidates);
        return (Rows(outputs[0].GetTensorDataAsSpan<float>(), rows.Length),
            outputs.Count > 1 ? Rows(outputs[1].GetTensorDataAsSpan<float>(), rows.Length) : []);
    }

    private static InferenceSession Open(byte[] graph)
    {
        // tests provoke errors; they need not be on the console too
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        return new InferenceSession(graph, options);
    }

    /// <summary>Runs a batch; shorter rows are padded with 0 behind.</summary>
    private static IDisposableReadOnlyCollection<OrtValue> Run(
        InferenceSession session, (uint[] Items, float[] Feedback)[] rows, uint[][]? candidates)
    {
        using var items = Tensor(rows.Select(row => row.Items).ToArray());
        using var feedback = Tensor(rows.Select(row => row.Feedback).ToArray());
        using var candidateItems = candidates is null ? null : Tensor(candidates);
        using var options = new RunOptions();
        string[] weights = session.OutputMetadata.ContainsKey("SubInterestWeights") ? ["SubInterestWeights"] : [];
        // a network that reads times gets those of a history that was met and is asked about at one moment
        using var times = Tensor(rows.Select(row => new long[row.Items.Length]).ToArray());
        using var asked = Tensor(rows.Select(_ => new long[1]).ToArray());
        if (session.InputMetadata.ContainsKey("Times"))
            return session.Run(options, ["Items", "Feedback", "Candidates", "Times", "TargetTimes"], [items, feedback, candidateItems!, times, asked], ["CandidateScores"]);
        return candidateItems is null
            ? session.Run(options, ["Items", "Feedback"], [items, feedback], ["RecommendedItems", "Scores", .. weights])
            : session.Run(options, ["Items", "Feedback", "Candidates"], [items, feedback, candidateItems], ["CandidateScores", .. weights]);
    }

    private static OrtValue Tensor<T>(T[][] rows)
        where T : unmanaged
    {
        int length = rows.Max(row => row.Length);
        var padded = new T[rows.Length * length];
        for (int i = 0; i < rows.Length; i++)
            rows[i].CopyTo(padded, i * length);
        return OrtValue.CreateTensorValueFromMemory(padded, [rows.Length, length]);
    }

    private static T[][] Rows<T>(ReadOnlySpan<T> values, int rowCount)
    {
        int width = values.Length / rowCount;
        var rows = new T[rowCount][];
        for (int i = 0; i < rowCount; i++)
            rows[i] = values.Slice(i * width, width).ToArray();
        return rows;
    }

    private static float[] Normal(Random random, int count, float deviation, float mean = 0)
        => Enumerable.Range(0, count).Select(_ =>
        {
            double radius = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble()));
            return mean + deviation * (float)(radius * Math.Cos(2 * Math.PI * random.NextDouble()));
        }).ToArray();
}
