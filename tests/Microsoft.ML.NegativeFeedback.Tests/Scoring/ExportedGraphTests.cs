using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Samples;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>
/// docs/exported-graph.md by its word: graphs have the inputs and outputs of its tables, and plain ONNX Runtime, fed as the page says and with nothing of this library, gives what the transformer
/// gives.
/// </summary>
public sealed class ExportedGraphTests : IDisposable
{
    private const string CatalogueModels = "Catalogue models", CandidateModels = "Candidate models", SliRec = "SLi-Rec", Ranker = "The multi-feedback ranker";

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly MLContext _ml = new(seed: 1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Catalogue_models_recommend_the_same()
    {
        var histories = ToyFeed.Histories(40, seed: 1);
        var rows = _ml.Data.LoadFromEnumerable(histories);
        var keys = _ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows);
        using var model = _ml.Recommendation().Trainers.PnfRec(TrainerTests.Small(new PnfRecTrainer.Options { MaximumNumberOfEpochs = 2 })).Fit(keys.Transform(rows));
        // strangers, nothing liked, and nothing at all beside what training knows
        ToyHistory[] asked =
        [
            .. histories[..5], new() { Items = ["stranger", histories[0].Items[0], "stranger"], Feedback = [1, 1, -1] },
            new() { Items = [histories[0].Items[1]], Feedback = [-1] }, new(),
        ];
        var scored = model.Transform(keys.Transform(_ml.Data.LoadFromEnumerable(asked)));
        string[] dictionary = Dictionary(scored.Schema["RecommendedItems"]);
        var named = _ml.Transforms.Conversion.MapKeyToValue("RecommendedItems").Fit(scored).Transform(scored);
        var expected = _ml.Data.CreateEnumerable<ToyRecommendation>(named, reuseRowObject: false).ToArray();

        using var session = Export(model, CatalogueModels);
        var outputs = Run(session, Keys("Items", dictionary, asked.Select(row => row.Items)), Padded("Feedback", asked.Select(row => row.Feedback)));
        string[][] names = [.. Rows<uint>(outputs["RecommendedItems"]).Select(row => row.Where(key => key > 0).Select(key => dictionary[key - 1]).ToArray())];
        for (int row = 0; row < asked.Length; row++)
        {
            Assert.Equal(expected[row].RecommendedItems, names[row]);
            AssertNear(expected[row].Scores, Rows<float>(outputs["Scores"])[row]);
        }
    }

    [Theory]
    [InlineData(BaselineNetwork.Gru4Rec, CandidateModels)]
    [InlineData(BaselineNetwork.Din, CandidateModels)]
    [InlineData(BaselineNetwork.SliRec, SliRec)]
    public void Candidate_models_score_the_same(BaselineNetwork network, string section)
    {
        var histories = ToyFeed.Histories(40, seed: 1);
        var rows = _ml.Transforms.CopyColumns("Candidates", "Items").Fit(_ml.Data.LoadFromEnumerable(histories)).Transform(_ml.Data.LoadFromEnumerable(histories));
        var catalogue = _ml.Data.LoadFromEnumerable(histories.SelectMany(history => history.Items).Distinct().Select(item => new { Item = item }).ToArray());
        var keyed = _ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: catalogue).Fit(rows).Transform(rows);
        using var model = _ml.Recommendation().Trainers.Baseline(TrainerTests.Small(new BaselineTrainer.Options
        {
            Network = network,
            MaximumNumberOfEpochs = 1,
            CandidatesColumnName = "Candidates",
        })).Fit(keyed);
        float[][] expected = Column<float>(model.Transform(keyed), "CandidateScores");
        string[] dictionary = Dictionary(keyed.Schema["Items"]);

        using var session = Export(model, section);
        NamedOnnxValue[] inputs =
        [
            Keys("Items", dictionary, histories.Select(row => row.Items)), Padded("Feedback", histories.Select(row => row.Feedback)),
            Keys("Candidates", dictionary, histories.Select(row => row.Items)),
            .. section == SliRec ? [Padded("Times", histories.Select(row => row.Times)), Padded("TargetTimes", histories.Select(row => new[] { row.TargetTime }))] : Array.Empty<NamedOnnxValue>(),
        ];
        float[][] scores = Rows<float>(Run(session, inputs)["CandidateScores"]);
        var none = Run(session, [.. inputs.Where(input => input.Name != "Candidates"), Padded("Candidates", histories.Select(_ => new uint[0]))]);
        Assert.Equal(0, ((Tensor<float>)none["CandidateScores"]).Length);
        for (int row = 0; row < expected.Length; row++)
        {
            AssertNear(expected[row], scores[row][..expected[row].Length]);
            Assert.All(scores[row][expected[row].Length..], score => Assert.Equal(float.NegativeInfinity, score));
        }
    }

    [Fact]
    public void The_ranker_ranks_the_same()
    {
        var feed = new RankedFeed(_ml, rows: 60);
        using var model = _ml.Recommendation().Trainers.MultiFeedback(feed.Options(epochs: 1)).Fit(feed.Train);
        var scored = model.Transform(feed.Test);
        var histories = feed.TestHistories;
        string[] items = Dictionary(feed.Train.Schema["Items"]), hours = Dictionary(feed.Train.Schema["Hour"]), cities = Dictionary(feed.Train.Schema["City"]);

        using var session = Export(model, Ranker);
        var outputs = Run(session,
            Keys("Items", items, histories.Select(row => row.Items)), Padded("Feedback", histories.Select(row => row.Feedback)), Padded("Flags", histories.Select(row => row.Flags), width: 3),
            Keys("City", cities, histories.Select(row => new[] { row.City })), Padded("Tastes", histories.Select(row => row.Tastes)),
            Keys("TargetHour", hours, histories.Select(row => new[] { row.TargetHour })), Padded("TargetMinute", histories.Select(row => new[] { row.TargetMinute })),
            Keys("Candidates", items, histories.Select(row => row.Candidates)));
        foreach (string column in new[] { "CandidateScores", "Probabilities", "Scores" })
            Assert.All(Column<float>(scored, column).Zip(Rows<float>(outputs[column])), row => AssertNear(row.First, row.Second));
        Assert.Equal(Column<uint>(scored, "RecommendedItems"), Rows<uint>(outputs["RecommendedItems"]));
    }

    [Fact]
    public void Padding_changes_nothing_and_lists_of_different_lengths_throw()
    {
        var rows = _ml.Data.LoadFromEnumerable(ToyFeed.Histories(40, seed: 1));
        using var model = _ml.Recommendation().Trainers.Sine(TrainerTests.Small(new SineTrainer.Options { MaximumNumberOfEpochs = 1 }))
            .Fit(_ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows));
        using var session = Export(model, CatalogueModels);
        var plain = Run(session, Padded("Items", [new uint[] { 3, 1, 2 }]), Padded("Feedback", [new float[] { 1, -1, 1 }]));
        var padded = Run(session, Padded("Items", [new uint[] { 0, 3, 0, 1, 2, 0, 0, 0 }]), Padded("Feedback", [new float[] { 0, 1, 0, -1, 1, 0, 0, 0 }]));
        Assert.Equal(Rows<uint>(plain["RecommendedItems"]), Rows<uint>(padded["RecommendedItems"]));
        AssertNear(Rows<float>(plain["Scores"])[0], Rows<float>(padded["Scores"])[0]);
        // nothing at all is answered as nothing liked
        var (none, skipped) = (Run(session, Padded("Items", [new uint[0]]), Padded("Feedback", [new float[0]])), Run(session, Padded("Items", [new uint[] { 0 }]), Padded("Feedback", [new float[1]])));
        Assert.Equal(Rows<uint>(skipped["RecommendedItems"]), Rows<uint>(none["RecommendedItems"]));
        Assert.Throws<OnnxRuntimeException>(() => Run(session, Padded("Items", [new uint[] { 3, 1 }]), Padded("Feedback", [new float[] { 1 }])));
        Assert.Throws<OnnxRuntimeException>(() => Run(session, Padded("Items", [new uint[] { 1_000_000 }]), Padded("Feedback", [new float[] { 1 }])));
    }

    /// <summary>Exports a model and holds the graph to a table of the page.</summary>
    private InferenceSession Export(NextItemTransformer model, string section)
    {
        string path = Path.Combine(_folder, "graph.onnx");
        model.ExportToOnnx(path);
        using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
        var session = new InferenceSession(path, options);
        string[] found = [.. Described("input", session.InputMetadata), .. Described("output", session.OutputMetadata)];
        Assert.Equal(Table(section), found);
        return session;

        static IEnumerable<string> Described(string kind, IReadOnlyDictionary<string, NodeMetadata> values) => values.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value =>
            $"{kind} {value.Key} {value.Value.ElementDataType.ToString().ToLowerInvariant()} "
            // k is a number in the file
            + string.Join(", ", value.Value.Dimensions.Select((size, axis) => size < 0 ? value.Value.SymbolicDimensions[axis]
                : axis == 1 && value.Key is "RecommendedItems" or "Scores" ? "k" : $"{size}")));
    }

    /// <summary>The rows of a section's table, as "input Items uint32 batch, length".</summary>
    private static string[] Table(string section)
    {
        string page = ReadMeTests.Read("docs/exported-graph.md");
        int start = page.IndexOf($"## {section}\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"docs/exported-graph.md has no section '{section}'.");
        int end = page.IndexOf("\n## ", start, StringComparison.Ordinal);
        return [.. page[start..end].Split('\n').Select(line => line.Split('|', StringSplitOptions.TrimEntries)).Where(cells => cells.Length > 5 && cells[1] is "input" or "output")
            .Select(cells => $"{cells[1]} {cells[2].Trim('`')} {cells[3]} {cells[4].Trim('`', '[', ']')}").OrderBy(line => line, StringComparer.Ordinal)];
    }

    // the order of the keys is that of the dictionary; what it lacks is 0
    private static NamedOnnxValue Keys(string name, string[] dictionary, IEnumerable<string[]> rows)
        => Padded(name, rows.Select(row => Array.ConvertAll(row, item => (uint)(Array.IndexOf(dictionary, item) + 1))));

    private static NamedOnnxValue Padded<T>(string name, IEnumerable<T[]> rows, int width = 1)
    {
        T[][] all = [.. rows];
        int length = all.Max(row => row.Length);
        var values = new T[all.Length * length];
        for (int row = 0; row < all.Length; row++)
            all[row].CopyTo(values, row * length);
        return NamedOnnxValue.CreateFromTensor(name, new DenseTensor<T>(values, width == 1 ? [all.Length, length] : [all.Length, length / width, width]));
    }

    private static Dictionary<string, object> Run(InferenceSession session, params NamedOnnxValue[] inputs)
    {
        using var outputs = session.Run(inputs);
        return outputs.ToDictionary(output => output.Name, output => output.Value is Tensor<uint> keys ? (object)keys.Clone() : output.AsTensor<float>().Clone());
    }

    private static T[][] Rows<T>(object tensor)
    {
        var values = (Tensor<T>)tensor;
        return [.. values.ToArray().Chunk((int)values.Length / values.Dimensions[0])];
    }

    private static string[] Dictionary(DataViewSchema.Column column)
    {
        VBuffer<ReadOnlyMemory<char>> items = default;
        column.GetKeyValues(ref items);
        return [.. items.DenseValues().Select(item => item.ToString())];
    }

    private static T[][] Column<T>(IDataView view, string name) => [.. view.GetColumn<T[]>(name)];

    private static void AssertNear(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(expected[i].Equals(actual[i]) || Math.Abs(expected[i] - actual[i]) < 2e-5, $"{expected[i]} and {actual[i]}");
    }
}
