using BenchmarkDotNet.Attributes;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>
/// Top-10 for every user: the transformer's batches against ML.NET's own <c>ApplyOnnxModel</c>, one row a run, on the same graph; and a saved model as <c>Model.Load</c> gives it back against
/// the same in batches.
/// </summary>
public class ScoringBenchmarks
{
    private readonly IDataView _users;
    private readonly NextItemTransformer _transformer;
    private readonly ITransformer _onnx, _loaded, _loadedInBatches;

    /// <summary>Trains one epoch: what is scored does not change how long it takes.</summary>
    public ScoringBenchmarks()
    {
        _users = BenchmarkData.Ml.Data.Cache(BenchmarkData.KeyedSequences(), "Items", "Feedback");
        _transformer = Train(_users);
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "graph.onnx");
        _transformer.ExportToOnnx(path);
        _onnx = BenchmarkData.Ml.Transforms.ApplyOnnxModel(["RecommendedItems", "Scores"], ["Items", "Feedback"], path).Fit(_users);
        string zip = Path.ChangeExtension(path, ".zip");
        BenchmarkData.Ml.Model.SaveAtomically(_transformer, _users.Schema, zip);
        _loaded = BenchmarkData.Ml.Model.Load(zip, out _);
        _loadedInBatches = BenchmarkData.Ml.Recommendation().ScoreInBatches(BenchmarkData.Ml.Model.Load(zip, out _));
    }

    internal static NextItemTransformer Train(IDataView users) => BenchmarkData.Ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options
    {
        EmbeddingWidth = 64,
        MaximumNumberOfEpochs = 1,
        ValidationFraction = 0,
    }).Fit(users);

    /// <summary>One row a run.</summary>
    [Benchmark(Baseline = true)]
    public double ApplyOnnxModel() => Read(_onnx.Transform(_users));

    /// <summary>Batches of rows.</summary>
    [Benchmark]
    public double Transform() => Read(_transformer.Transform(_users));

    /// <summary>A saved model as it is loaded: one row a run.</summary>
    [Benchmark]
    public double Loaded() => Read(_loaded.Transform(_users));

    /// <summary>The same in batches.</summary>
    [Benchmark]
    public double LoadedInBatches() => Read(_loadedInBatches.Transform(_users));

    private static double Read(IDataView scored)
    {
        double sum = 0;
        int rows = 0;
        using var cursor = scored.GetRowCursor([scored.Schema["Scores"], scored.Schema["RecommendedItems"]]);
        var scoresGetter = cursor.GetGetter<VBuffer<float>>(scored.Schema["Scores"]);
        var itemsGetter = cursor.GetGetter<VBuffer<uint>>(scored.Schema["RecommendedItems"]);
        VBuffer<float> scores = default;
        VBuffer<uint> items = default;
        for (; cursor.MoveNext(); rows++)
        {
            scoresGetter(ref scores);
            itemsGetter(ref items);
            sum += scores.GetValues()[0] + items.GetValues()[0];
        }

        Console.WriteLine($"// {rows:N0} users");
        return sum;
    }
}
