namespace Microsoft.ML.NegativeFeedback.Tests.Samples;

/// <summary>samples/BulkScoring as it is started; its reference to ONNX Runtime is the package for GPUs, which scores on the CPU here.</summary>
public sealed class BulkScoringTests : IDisposable
{
    private const int Partitions = 6;

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    private string[] Arguments => ["--users", "1200", "--items", "400", "--k", "5", "--partitions", $"{Partitions}", "--folder", _folder];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_killed_job_goes_on_where_it_was_and_what_is_scored_stays()
    {
        using (var process = ChildProcess.Start(_folder, "BulkScoring", Arguments))
        {
            // until the first partition is there, wherever it is in the others by then
            while (process.StandardOutput.ReadLine() is { } line && !line.Contains("part-00000"))
            {
            }

            process.Kill();
            process.WaitForExit();
        }

        string first = Path.Combine(_folder, "recommendations", "part-00000.parquet");
        Assert.True(File.Exists(first));
        var written = File.GetLastWriteTimeUtc(first);

        string output = ChildProcess.Run("BulkScoring", Arguments);
        Assert.Contains($"| 1,200 | 400 | 5 | {Partitions} |", output);
        Assert.Equal(written, File.GetLastWriteTimeUtc(first));
        Assert.DoesNotContain(".tmp", string.Join(' ', Outputs(_folder).Keys));
        Assert.Equal(Partitions, Outputs(_folder).Count);
        Assert.Contains($"| 1,200 | 400 | 5 | {Partitions} | 0 |", ChildProcess.Run("BulkScoring", Arguments));

        // by the stage alone, never interrupted, and asked for no GPU
        string other = Path.Combine(_folder, "other");
        ChildProcess.Run("BulkScoring", "score", "--k", "5", "--model", Path.Combine(_folder, "model.zip"), "--histories", Path.Combine(_folder, "users"), "--folder", other, "--gpu", "-1");
        Assert.Equal(Outputs(_folder), Outputs(other));
    }

    [Fact]
    public void It_tells_how_it_is_used_and_what_is_wrong()
    {
        string help = ChildProcess.Run("BulkScoring", "--help");
        Assert.All(["--users <N>", "--items <N>", "--partitions <N>", "--k <N>", "--folder", "--gpu", "model", "users", "score"], option => Assert.Contains(option, help));
        Assert.Contains("--histories", ChildProcess.Run("BulkScoring", "score", "--help"));
        Assert.Contains("--k 60 is more than --items 50", Refused("--k", "60", "--items", "50"));
        Assert.Contains("--users", Refused("--users", "0"));
        Assert.Contains("nowhere", Refused("score", "--histories", Path.Combine(_folder, "nowhere")));
    }

    [Fact]
    public void Files_that_a_run_did_not_write_stay_and_are_named()
    {
        string users = Path.Combine(_folder, "users"), recommendations = Path.Combine(_folder, "recommendations");
        ChildProcess.Run("BulkScoring", "users", "--users", "30", "--items", "50", "--partitions", "3", "--folder", _folder);
        string fewer = Refused("users", "--users", "30", "--items", "50", "--partitions", "2", "--folder", _folder);
        Assert.All([users, "part-00002.parquet", "--folder"], text => Assert.Contains(text, fewer));
        Assert.Equal(3, Directory.GetFiles(users).Length);

        // before the model is looked for
        Directory.CreateDirectory(recommendations);
        string mine = Path.Combine(recommendations, "mine.parquet");
        File.WriteAllText(mine, "mine");
        string mixed = Refused("score", "--histories", users, "--folder", _folder);
        Assert.All([recommendations, "mine.parquet", "--folder"], text => Assert.Contains(text, mixed));
        Assert.Contains("--histories", Refused("score", "--histories", recommendations + Path.DirectorySeparatorChar, "--folder", _folder));
        Assert.Equal("mine", File.ReadAllText(mine));
    }

    private string Refused(params string[] arguments)
    {
        using var process = ChildProcess.Start(_folder, "BulkScoring", arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        string errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(1, process.ExitCode);
        _ = output.GetAwaiter().GetResult();
        return errors;
    }

    private static Dictionary<string, string> Outputs(string folder)
        => Directory.EnumerateFiles(Path.Combine(folder, "recommendations")).ToDictionary(path => Path.GetFileName(path), path => Convert.ToBase64String(File.ReadAllBytes(path)));
}
