using System.IO.Compression;
using Microsoft.ML.NegativeFeedback.Training;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>
/// A process that trains and saves is killed again and again, as kill −9 does it, at drawn moments; started anew it goes on, and ends at the bits of one that nobody killed. Meanwhile no file is
/// ever seen half written under its name.
/// </summary>
public sealed class KilledTrainingTests(ITestOutputHelper output) : IDisposable
{
    public const string Work = "train";

    private const string Checkpoint = "training.checkpoint", Model = "model.zip", Graph = "model.onnx";

    private const int Epochs = 10, Saves = 6, KillsARound = 4;

    private static readonly string[] Trainers = ["PnfRec", "Sine", "MultiFeedback", "SasRec", "Gru4Rec"];

    private readonly string _folder = Directory.CreateTempSubdirectory("killed").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_killed_training_goes_on_to_the_same_bits_and_leaves_no_half_file()
    {
        int rounds = 1 + (RobustnessSize.Multiplier / 5), kills = 0, seen = 0;
        foreach (int seed in RobustnessSize.OnlySeed is { } only ? [only] : Enumerable.Range(0, rounds))
        {
            string trainer = Trainers[seed % Trainers.Length];
            var whole = Uninterrupted(trainer);
            string folder = Directory.CreateDirectory(Path.Combine(_folder, $"{seed}")).FullName;
            using var watcher = new Watcher(folder, whole);
            var random = new Random(seed);
            int killed = 0;
            while (RunAndKill(trainer, folder, killed < KillsARound ? random : null))
                killed++;
            watcher.Dispose();
            string context = $"{trainer}, seed {seed} ({RobustnessSize.SeedVariable}={seed} tries it alone), {killed} kills";
            Assert.True(watcher.Wrong is null, $"{context}: {watcher.Wrong}");
            Assert.True(whole.SequenceEqual(Contents(folder)), $"{context}: what was saved differs from what an uninterrupted training saves.");
            Assert.Equal([Graph, Model, Checkpoint], Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
            (kills, seen) = (kills + killed, seen + watcher.SeenCount);
        }

        output.WriteLine($"killed trainings: {kills} kills, {seen} files looked into meanwhile, all of them whole; the same bits {rounds} times of {rounds}.");
        Assert.True(kills > 0);
    }

    private readonly Dictionary<string, (string, string)[]> _uninterrupted = [];

    private (string Name, string Bytes)[] Uninterrupted(string trainer)
    {
        if (_uninterrupted.TryGetValue(trainer, out var known))
            return known;
        string folder = Directory.CreateDirectory(Path.Combine(_folder, trainer)).FullName;
        RunAndKill(trainer, folder, random: null);
        return _uninterrupted[trainer] = Contents(folder);
    }

    /// <summary>Runs the program; with random numbers it is killed at a moment that they choose, if it has not ended by then. Returns whether it was killed.</summary>
    private static bool RunAndKill(string trainer, string folder, Random? random)
    {
        using var process = ChildProcess.Start(folder, "Tests", Work, trainer, folder);
        var errors = process.StandardError.ReadToEndAsync();
        // a line an epoch and a save: after so many of them, and so much work of this thread
        int lines = random?.Next(1, 5) ?? int.MaxValue, spins = random?.Next(1 << random.Next(22)) ?? 0;
        while (lines > 0 && process.StandardOutput.ReadLine() is not null)
            lines--;
        if (lines == 0)
        {
            Thread.SpinWait(spins);
            process.Kill();
            process.WaitForExit();
            return true;
        }

        process.WaitForExit();
        Assert.True(process.ExitCode == 0, errors.GetAwaiter().GetResult());
        return false;
    }

    /// <summary>What the program does.</summary>
    internal static void TrainAndSave(string trainer, string folder)
    {
        var ml = new MLContext(seed: 1);
        string In(string name) => Path.Combine(folder, name);
        var progress = new Recorder<TrainingProgress>(report => Console.WriteLine($"epoch {report.Epoch}"));
        var (rows, estimator) = TinyTrainings.Create(ml, trainer, Epochs,
            options => (options.CheckpointPath, options.Progress, options.DropoutRate, options.ValidationFraction) = (In(Checkpoint), progress, 0.1, 0.2));
        using var model = estimator.Fit(rows);
        for (int i = 0; i < Saves; i++)
        {
            Console.WriteLine($"save {i}");
            ml.Model.SaveAtomically(model, rows.Schema, In(Model));
            model.ExportToOnnx(In(Graph));
        }
    }

    // the archive says when it was written; its entries must be the same
    private static (string Name, string Bytes)[] Contents(string folder)
        => [.. Entries(File.ReadAllBytes(Path.Combine(folder, Model))), (Graph, Convert.ToBase64String(File.ReadAllBytes(Path.Combine(folder, Graph))))];

    private static IEnumerable<(string Name, string Bytes)> Entries(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip), ZipArchiveMode.Read);
        foreach (var entry in archive.Entries.OrderBy(entry => entry.FullName, StringComparer.Ordinal))
        {
            using var stream = entry.Open();
            var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            yield return (entry.FullName, Convert.ToBase64String(bytes.ToArray()));
        }
    }

    /// <summary>Opens whatever appears under the names of the files, as often as it can, and looks whether it is whole.</summary>
    private sealed class Watcher : IDisposable
    {
        private readonly Thread _thread;
        private volatile bool _isDone;

        public Watcher(string folder, (string Name, string Bytes)[] whole)
        {
            _thread = new Thread(() => Watch(folder, whole)) { IsBackground = true };
            _thread.Start();
        }

        public string? Wrong { get; private set; }

        public int SeenCount { get; private set; }

        public void Dispose()
        {
            _isDone = true;
            _thread.Join();
        }

        private void Watch(string folder, (string Name, string Bytes)[] whole)
        {
            while (!_isDone && Wrong is null)
            {
                foreach (string name in new[] { Checkpoint, Model, Graph })
                {
                    if (Read(Path.Combine(folder, name)) is not { } bytes)
                        continue;
                    SeenCount++;
                    try
                    {
                        Check(name, bytes, whole);
                    }
                    catch (Exception error)
                    {
                        Wrong = $"{name} with {bytes.Length} bytes is not whole: {error.Message}";
                    }
                }

                // leaves the processors to those that train
                Thread.Sleep(2);
            }
        }

        private static void Check(string name, byte[] bytes, (string Name, string Bytes)[] whole)
        {
            if (name == Checkpoint)
                CheckpointFile.Read(new MemoryStream(bytes), name, header => number => new float[header.Tensors[number].Length]);
            else if (name == Graph)
                Assert.Equal(whole[^1].Bytes, Convert.ToBase64String(bytes));
            else
                Assert.True(Entries(bytes).SequenceEqual(whole[..^1]), "other entries than those of an uninterrupted training");
        }

        private static byte[]? Read(string path)
        {
            try
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                return bytes;
            }
            catch (FileNotFoundException)
            {
                return null;
            }
        }
    }
}
