namespace Microsoft.ML.NegativeFeedback.Tests.Samples;

public sealed class ShortVideoTests
{
    private static readonly string[] Models = ["sine", "sine-n", "sine-n-alone", "wo-af", "wo-nf", "sasrec", "sasrec-n", "gru4rec", "caser", "ncf", "din", "dien", "sli-rec", "clsr", "feedrec"];

    [Fact]
    public void It_trains_every_model_prints_the_tables_writes_the_page_and_goes_on_where_it_was()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        string results = Path.Combine(folder, "results.csv"), page = Path.Combine(folder, "page.html");
        string[] arguments =
        [
            "--users", "200", "--models", string.Join(',', Models), "--interests", "2,3", "--epochs", "1", "--threads", "1", "--results", results, "--page", page,
        ];

        string output = ChildProcess.Run("ShortVideo", arguments);

        Assert.Contains("as in table 3", output);
        Assert.Contains("as in table 4", output);
        // a header, every model, and SINE with another K
        string[] lines = File.ReadAllLines(results);
        Assert.Equal(1 + Models.Length + 1, lines.Length);
        Assert.All(Models, model => Assert.Contains(lines, line => line.Split(',')[1] == model));
        Assert.Contains("<svg", File.ReadAllText(page));

        string again = ChildProcess.Run("ShortVideo", arguments);
        Assert.DoesNotContain("epoch", again);
        Assert.Equal(lines, File.ReadAllLines(results));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public void It_draws_models_over_the_share_of_passing_skips_and_trains_what_is_missing()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        string results = Path.Combine(folder, "results.csv"), page = Path.Combine(folder, "page.html");
        string[] Arguments(string shares) => ["--users", "300", "--passing", shares, "--epochs", "1", "--threads", "1", "--results", results, "--page", page];

        ChildProcess.Run("ShortVideo", Arguments("0,1"));

        (string, string)[] trained =
        [
            ("feed of 300 users", "sasrec-n"), ("feed of 300 users", "sine"),
            ("feed of 300 users with moods in 1 of the sessions", "sasrec-n"), ("feed of 300 users with moods in 1 of the sessions", "sine"),
        ];
        Assert.Equal(trained, Trained());
        Assert.Contains("GAUC over the share of such sessions", File.ReadAllText(page));

        // a share more: the others are not trained again
        Assert.Equal(2, ChildProcess.Run("ShortVideo", Arguments("0,0.5,1")).Split("  epoch ").Length - 1);
        Assert.Equal([.. trained, ("feed of 300 users with moods in 0.5 of the sessions", "sasrec-n"), ("feed of 300 users with moods in 0.5 of the sessions", "sine")], Trained());
        Directory.Delete(folder, recursive: true);

        (string, string)[] Trained() => [.. File.ReadAllLines(results).Skip(1).Select(line => line.Split(',')).Select(fields => (fields[0], fields[1]))];
    }
}
