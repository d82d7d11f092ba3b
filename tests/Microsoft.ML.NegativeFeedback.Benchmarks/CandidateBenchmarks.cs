using BenchmarkDotNet.Attributes;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Benchmarks;

/// <summary>
/// 500 candidates of each of 1,000 users, histories of 100 views and 10,000 items: the transformer's batches against the same model saved and loaded, which scores one row a run.
/// </summary>
public class CandidateBenchmarks
{
    private const int Users = 1_000, Candidates = 500, Length = 100, Items = 10_000;

    private IDataView _rows = null!;
    private NextItemTransformer _transformer = null!;
    private ITransformer _loaded = null!;

    /// <summary>The model that ranks.</summary>
    [Params("SINE", "DIN", "MultiFeedback")]
    public string Model { get; set; } = "";

    /// <summary>Trains one epoch on a few rows: what is scored does not change how long it takes.</summary>
    [GlobalSetup]
    public void Setup()
    {
        var ml = BenchmarkData.Ml;
        var items = ml.Data.LoadFromEnumerable(Enumerable.Range(1, Items).Select(item => new { Item = item }));
        var keys = ml.Transforms.Conversion.MapValueToKey("Items", keyData: items).Append(ml.Transforms.Conversion.MapValueToKey("Candidates", keyData: items));
        var raw = ml.Data.LoadFromEnumerable(Rows(Users));
        _rows = ml.Data.Cache(keys.Fit(raw).Transform(raw));
        var train = ml.Data.TakeRows(_rows, 50);
        var trainers = ml.Recommendation().Trainers;
        _transformer = Model switch
        {
            "SINE" => trainers.Sine(Once(new SineTrainer.Options())).Fit(train),
            "DIN" => trainers.Baseline(Once(new BaselineTrainer.Options { Network = BaselineNetwork.Din })).Fit(train),
            _ => trainers.MultiFeedback(Once(new MultiFeedbackTrainer.Options())).Fit(train),
        };
        string path = Path.Combine(Directory.CreateTempSubdirectory().FullName, "model.zip");
        ml.Model.SaveAtomically(_transformer, _rows.Schema, path);
        _loaded = ml.Model.Load(path, out _);
    }

    /// <summary>One row a run.</summary>
    [Benchmark(Baseline = true)]
    public double Loaded() => Read(_loaded.Transform(_rows));

    /// <summary>Batches of rows.</summary>
    [Benchmark]
    public double Transform() => Read(_transformer.Transform(_rows));

    private static TOptions Once<TOptions>(TOptions options)
        where TOptions : SequenceTrainerOptions
    {
        (options.CandidatesColumnName, options.MaximumNumberOfEpochs, options.ValidationFraction) = ("Candidates", 1, 0);
        (options.EmbeddingWidth, options.MaximumSequenceLength) = (64, Length);
        return options;
    }

    private static IEnumerable<Row> Rows(int count)
    {
        var random = new Random(1);
        for (int row = 0; row < count; row++)
        {
            yield return new Row
            {
                Items = [.. Enumerable.Range(0, Length).Select(_ => 1 + random.Next(Items))],
                Feedback = [.. Enumerable.Range(0, Length).Select(place => place % 2 == 0 ? 1f : -1)],
                Flags = [.. Enumerable.Range(0, 3 * Length).Select(_ => (float)random.Next(2))],
                Candidates = [.. Enumerable.Range(0, Candidates).Select(_ => 1 + random.Next(Items))],
            };
        }
    }

    private static double Read(IDataView scored)
    {
        double sum = 0;
        using var cursor = scored.GetRowCursor([scored.Schema["CandidateScores"]]);
        var getter = cursor.GetGetter<VBuffer<float>>(scored.Schema["CandidateScores"]);
        VBuffer<float> scores = default;
        while (cursor.MoveNext())
        {
            getter(ref scores);
            sum += scores.GetValues()[^1];
        }

        return sum;
    }

    private sealed class Row
    {
        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public float[] Flags { get; set; } = [];

        public int[] Candidates { get; set; } = [];
    }
}
