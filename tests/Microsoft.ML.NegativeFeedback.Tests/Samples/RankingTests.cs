namespace Microsoft.ML.NegativeFeedback.Tests.Samples;

public sealed class RankingTests
{
    [Fact]
    public void It_compares_the_ranker_with_and_without_feedback_writes_the_page_and_trains_nothing_twice()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        string page = Path.Combine(folder, "page.html"), checkpoints = Path.Combine(folder, "checkpoints");
        string[] arguments = ["--users", "150", "--epochs", "1", "--seeds", "2", "--threads", "1", "--checkpoints", checkpoints, "--page", page];

        string output = ChildProcess.Run("Ranking", arguments);

        Assert.Equal(4, Epochs(output));
        Assert.Contains("Foretelling each kind of feedback; mean ± standard deviation of 2 seeds", output);
        Assert.All(["EVV", "FVV", "GVV"], task => Assert.Contains($"\n{task} ", output));
        // the feed's own groups, with intervals over users
        Assert.All(["low activity", "growth", "maturity"], group => Assert.Contains($"\n{group} ", output));
        Assert.All(["over γ", "as in figure 4", "<svg"], text => Assert.Contains(text, File.ReadAllText(page)));

        string again = ChildProcess.Run("Ranking", arguments);
        Assert.Equal(0, Epochs(again));
        Assert.Equal(Tables(output), Tables(again));
        Directory.Delete(folder, recursive: true);
    }

    private static int Epochs(string output) => output.Split("  epoch ").Length - 1;

    private static string Tables(string output) => output[output.IndexOf("Foretelling", StringComparison.Ordinal)..];
}
