using System.CommandLine;
using Common;
using Spectre.Console;

namespace Microsoft.ML.NegativeFeedback.Tests.Samples;

/// <summary>What the samples' command lines take and refuse, and how they print.</summary>
public sealed class SampleConsoleTests
{
    private static readonly Option<int> Number = SampleOptions.Number("--number", "a number", 7, least: 2, most: 9);
    private static readonly Option<int?> Maybe = SampleOptions.NumberOrNone("--maybe", "perhaps a number");
    private static readonly Option<double> Real = SampleOptions.Real("--real", "a real number", 0.5, most: 1);
    private static readonly Option<int[]> Numbers = SampleOptions.Numbers("--numbers", "numbers", [1, 2]);
    private static readonly Option<string[]> Names = SampleOptions.Names("--names", "names", ["a", "b"], ["a"]);
    private static readonly Option<string?> Data = SampleOptions.Data("data");
    private static readonly RootCommand Root = [Number, Maybe, Real, Numbers, Names, Data];

    [Theory]
    [InlineData("--bogus", "--bogus")]
    [InlineData("--number", "--number")]
    [InlineData("--number 1", "--number is '1'; it must be a whole number from 2 to 9.")]
    [InlineData("--number 1e3", "--number is '1e3'")]
    [InlineData("--number=", "--number")]
    [InlineData("--maybe 0", "--maybe is '0'; it must be a whole number of at least 1.")]
    [InlineData("--real 1.5", "--real is '1.5'; it must be a number from 0 to 1.")]
    [InlineData("--real NaN", "--real is 'NaN'")]
    [InlineData("--numbers 3,x", "--numbers is '3,x'")]
    [InlineData("--names a,c", "--names is 'a,c'; it must be of a, b, one or several with commas between them.")]
    [InlineData("--data /no/such/folder", "--data is '/no/such/folder', which is no folder that is there.")]
    public void What_cannot_be_is_named(string arguments, string message)
        => Assert.Contains(Root.Parse(arguments.Split(' ')).Errors, error => error.Message.Contains(message, StringComparison.Ordinal));

    [Fact]
    public void What_is_given_is_read_and_what_is_not_has_its_default()
    {
        var parsed = Root.Parse(["--number", "9", "--maybe=3", "--real", "0.25", "--numbers", "3, 4,3", "--names=b,a"]);
        Assert.Empty(parsed.Errors);
        Assert.Equal((9, 3, 0.25), (parsed.GetValue(Number), parsed.GetValue(Maybe), parsed.GetValue(Real)));
        Assert.Equal([3, 4], parsed.GetValue(Numbers)!);
        Assert.Equal(["b", "a"], parsed.GetValue(Names)!);

        parsed = Root.Parse([]);
        Assert.Equal((7, null, 0.5, null), (parsed.GetValue(Number), parsed.GetValue(Maybe), parsed.GetValue(Real), parsed.GetValue(Data)));
        Assert.Equal([1, 2], parsed.GetValue(Numbers)!);
    }

    [Fact]
    public async Task An_error_is_told_in_a_line_and_by_the_exit_code()
    {
        Assert.Equal(1, await new RootCommand().Does((_, _) => throw new InvalidDataException("no data")).RunAsync([]));
        Assert.Equal(130, await new RootCommand().Does((_, _) => throw new OperationCanceledException()).RunAsync([]));
        Assert.Equal(0, await new RootCommand().Does((_, _) => 0).RunAsync([]));
    }

    [Fact]
    public void A_table_is_columns_of_text_or_Markdown_however_wide()
    {
        string wide = new('w', 300);
        var table = new ResultTable("Title", ["Model", "Δ [x] ↓"], [["a", "1"], [wide, ""]]);
        string[] lines = table.ToString().Split('\n');
        Assert.Equal(["Title", "Model" + new string(' ', 296) + "Δ [x] ↓", "a" + new string(' ', 300) + "1", wide], lines);
        string[] markdown = table.ToMarkdown().Split('\n');
        Assert.Equal(4, markdown.Length);
        Assert.All(markdown, line => Assert.Matches(@"^\| .* \|$", line));
        Assert.Equal(["Model", "Δ [x] ↓"], markdown[0].Trim('|').Split('|', StringSplitOptions.TrimEntries));
    }

    [Fact]
    public void A_training_is_told_a_line_an_epoch_or_in_one_live_line()
    {
        string[] plain = Told(interactive: false).Split('\n');
        Assert.Equal("a model", plain[0]);
        Assert.Equal("  epoch   1 of 3: loss 2.5000, NDCG_p 0.2500 (best: epoch 1), 1,000 sequences/s, at most 2:20 left", plain[1]);
        Assert.Equal("  epoch   3 of 3: loss 1.5000, NDCG_p 0.2000 (best: epoch 1), 1,000 sequences/s", plain[3]);
        Assert.Equal("", plain[4]);

        string live = Told(interactive: true);
        Assert.Contains("a model: epoch   3 of 3: loss 1.5000", live);
        Assert.DoesNotContain("  epoch   1", live);
    }

    private static string Told(bool interactive)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = interactive ? AnsiSupport.Yes : AnsiSupport.No,
            Interactive = interactive ? InteractionSupport.Yes : InteractionSupport.No,
            Out = new AnsiConsoleOutput(text),
        });
        console.Profile.Width = 200;
        var training = new TrainingConsole("NDCG_p", console);
        int result = training.Watch("a model", () =>
        {
            for (int epoch = 1; epoch <= 3; epoch++)
            {
                training.Report(new TrainingProgress(
                    epoch, 3, 3 - (epoch * 0.5), new Dictionary<string, double>(), epoch == 1 ? 0.25 : 0.2, new Dictionary<string, double>(), 1, 1000, TimeSpan.FromSeconds(70 * epoch)));
            }

            return 5;
        });
        Assert.Equal((5, 0.25, 70), (result, training.BestScore, training.MedianEpochSeconds));
        return text.ToString();
    }
}
