using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Tests.Scoring;
using Microsoft.ML.NegativeFeedback.Training;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>
/// Damaged files of models, graphs and checkpoints: they are refused, or what they give is what the undamaged ones give, to the bit. ONNX Runtime sees some of them first, so that they are tried in
/// a process of their own.
/// </summary>
public sealed class ModelFileFuzzTests(ITestOutputHelper output) : IDisposable
{
    public const string Work = "damaged";

    private readonly string _folder = Directory.CreateTempSubdirectory("damaged").FullName;

    public static TheoryData<string> Files => ["model.zip", "entries of model.zip", "candidates.zip", "model.onnx", "training.checkpoint"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Files))]
    public void A_damaged_file_is_refused_or_gives_the_same_bits(string file)
    {
        var (exitCode, text, errors) = ChildProcess.RunToAnyEnd(_folder, "Tests", Work, file, _folder);
        output.WriteLine(text.TrimEnd());
        Assert.True(exitCode == 0, $"{file}: the process ended with {exitCode}, its last seed was {LastSeed()}. {errors}");
    }

    private string LastSeed() => File.Exists(SeedPath(_folder)) ? File.ReadAllText(SeedPath(_folder)) : "none";

    private static string SeedPath(string folder) => Path.Combine(folder, "seed.txt");

    /// <summary>What the process does: tries damaged files; 0 where all is well.</summary>
    internal static int TryDamaged(string file, string folder)
    {
        try
        {
            var tried = new Fuzzing(file, new ConsoleOutput());
            int tries = 0;
            var draw = Cases(file, folder);
            tried.Run(file.EndsWith("zip", StringComparison.Ordinal) ? 30 : 40, random =>
            {
                // should the process crash
                File.WriteAllText(SeedPath(folder), $"{tries++}");
                return draw(random);
            });
            return 0;
        }
        catch (Exception error)
        {
            Console.Error.WriteLine(error);
            return 1;
        }
    }

    private static Func<Random, FuzzCase> Cases(string file, string folder)
    {
        string path = Path.Combine(folder, "tried");
        var fixture = new ScoringFixture(rowCount: 8, candidates: file.StartsWith("candidates", StringComparison.Ordinal));
        using var transformer = fixture.CreateTransformer();
        switch (file)
        {
            case "training.checkpoint":
                return Checkpoints(path);
            case "model.onnx":
                transformer.ExportToOnnx(path);
                byte[] graph = File.ReadAllBytes(path);
                return random => new FuzzCase(_ =>
                {
                    // what is in an exported file is its reader's to look after; here it must end well alone
                    using var scorer = new OnnxScorer(Mutations.OfBytes(graph, random), new OnnxScorerOptions(ThreadCount: 1));
                    return "opened";
                });
            default:
                var rows = fixture.Context.Data.LoadFromEnumerable(fixture.Rows);
                var chain = file.StartsWith("candidates", StringComparison.Ordinal) ? new TransformerChain<ITransformer>(fixture.ToKeys, transformer) : fixture.CreateChain(transformer);
                fixture.Context.Model.SaveAtomically(chain, rows.Schema, path);
                byte[] model = File.ReadAllBytes(path);
                string expected = Score(fixture, path)!;
                bool isOfEntries = file.StartsWith("entries", StringComparison.Ordinal);
                return random => new FuzzCase(_ =>
                {
                    File.WriteAllBytes(path, isOfEntries ? Mutations.OfEntry(model, names => names[random.Next(names.Length)], bytes => random.Next(3) == 0 ? Mutations.OfBytes(bytes, random) : Mutations.OfBits(bytes, random)) : Mutations.OfBytes(model, random));
                    if (Score(fixture, path) is not { } scored)
                        return "refused by Model.Load";
                    Assert.Equal(expected, scored);
                    return "the same bits";
                });
        }
    }

    // null where it is not loaded: what ML.NET makes of a damaged file is its own
    private static string? Score(ScoringFixture fixture, string path)
    {
        ITransformer loaded;
        try
        {
            loaded = new MLContext().Model.Load(path, out _);
        }
        catch (Exception)
        {
            return null;
        }

        using var batches = new MLContext().Recommendation().ScoreInBatches(loaded);
        (loaded as IDisposable)?.Dispose();
        var scored = batches.Transform(fixture.Context.Data.LoadFromEnumerable(fixture.Rows));
        var rows = Datasets.DataViewRows.Of(scored, fixture.Columns.Candidates is null ? ["RecommendedItems", "Scores"] : ["CandidateScores"]);
        return string.Join('\n', rows.Select(row => string.Join('|', row.Select(value => string.Join(',', ((object?[])value!).Select(item => item is float number ? $"{BitConverter.SingleToUInt32Bits(number):x8}" : $"{item}"))))));
    }

    private static Func<Random, FuzzCase> Checkpoints(string path)
    {
        File.Delete(path);
        Train(epochs: 1);
        byte[] checkpoint = File.ReadAllBytes(path);
        byte[] expected = Train(epochs: 2);
        return random => new FuzzCase(_ =>
        {
            File.WriteAllBytes(path, Mutations.OfBytes(checkpoint, random));
            Assert.Equal(expected, Train(epochs: 2));
            return "the same bits";
        }, error => error.Message.Contains(path, StringComparison.Ordinal) ? null : "it does not name the file");

        byte[] Train(int epochs)
        {
            var (rows, trainer) = TinyTrainings.Create(new MLContext(seed: 1), "SasRec", epochs, options => options.CheckpointPath = path);
            using var model = trainer.Fit(rows);
            string graph = $"{path}.onnx";
            model.ExportToOnnx(graph);
            return File.ReadAllBytes(graph);
        }
    }

    private sealed class ConsoleOutput : ITestOutputHelper
    {
        public void WriteLine(string message) => Console.WriteLine(message);

        public void WriteLine(string format, params object[] args) => Console.WriteLine(format, args);
    }
}
