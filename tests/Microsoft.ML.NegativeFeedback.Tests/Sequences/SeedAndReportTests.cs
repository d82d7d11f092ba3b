using Microsoft.ML.NegativeFeedback.Tests.Datasets;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>What is drawn follows the seed of the MLContext, and whoever is left out is told of on its log.</summary>
public sealed class SeedAndReportTests
{
    private static readonly LogRow[] Log =
        [.. Enumerable.Range(0, 400).Select(i => new LogRow(i % 20, (i + i / 20) % 20, i, i % 3 == 0 ? -1 : 1))];

    [Theory]
    [InlineData("split")]
    [InlineData("negatives")]
    [InlineData("analysis")]
    public void Draws_follow_the_seed_of_the_context_unless_they_have_their_own(string what)
    {
        Assert.Equal(Draw(1, null), Draw(1, null));
        Assert.Contains(Enumerable.Range(2, 5), seed => Draw(seed, null) != Draw(1, null));
        Assert.Equal(Draw(1, 5), Draw(2, 5));

        string Draw(int contextSeed, int? seed)
        {
            var ml = new MLContext(contextSeed);
            var log = ml.Data.LoadFromEnumerable(Log);
            switch (what)
            {
                case "split":
                    return string.Join(' ', ml.Data.TemporalSplit(log, new TemporalSplitOptions { Seed = seed }).TestSet.As<Evaluated>().Select(row => row.User));
                case "negatives":
                    var rows = ml.Transforms.WindowSequences(maximumLength: 10).Append(ml.Transforms.Conversion.MapValueToKey("Items")).Fit(log).Transform(log);
                    var sampled = ml.Transforms.SampleNegatives(new SampleNegativesOptions { Seed = seed }).Fit(rows).Transform(rows);
                    return string.Join(' ', DataViewRows.Of(sampled, "Negatives").SelectMany(row => (object[])row[0]!));
                default:
                    var options = new FeedbackAnalysisOptions { CategoryColumnNames = ["Item"], Seed = seed };
                    return string.Join(' ', ml.Data.AnalyzeFeedback(log, options).CategoryCases);
            }
        }
    }

    [Fact]
    public void Whoever_is_left_out_is_counted_on_the_log()
    {
        var ml = new MLContext(seed: 1);
        var lines = new List<string>();
        ml.Log += (_, message) =>
        {
            if (message.Kind is ChannelMessageKind.Info or ChannelMessageKind.Warning)
                lines.Add(message.Message);
        };
        // user 77 has one row, user 78 is there before the boundary alone, and nobody else is left out
        var log = ml.Data.LoadFromEnumerable(Log.Append(new(77, 1, 0, 1)).Concat(Enumerable.Range(0, 9).Select(i => new LogRow(78, i, i, -1))));

        ml.Transforms.WindowSequences(new WindowSequencesOptions { MinimumPositiveCount = 1 }).Fit(log).Transform(log).As<Sequence>();
        Assert.Contains(lines, line => line.Contains("1 of 22 users are left out"));
        lines.Clear();
        ml.Data.LeaveLastOut(log);
        Assert.Contains(lines, line => line.Contains("2 of 22 users are left out: they have fewer than 3 positives"));
        lines.Clear();
        ml.Data.FilterCore(log, minimumInteractionsPerUser: 2, minimumInteractionsPerItem: 0);
        Assert.Contains(lines, line => line.Contains("1 of 22 users, 0 of 20 items and 1 of 410 interactions are left out"));
        lines.Clear();
        ml.Data.TemporalSplit(log, new TemporalSplitOptions { BoundaryQuantile = 0.7, TestUsers = ["1"], ValidationUsers = ["2"] });
        Assert.Contains(lines, line => line.Contains("2 of 22 users are left out of training") && line.Contains("1 have too few items"));
        Assert.Contains(lines, line => line.Contains("18 of 20 users with interactions from the boundary on are not evaluated"));
        lines.Clear();

        var all = ml.Data.LoadFromEnumerable(Log);
        ml.Transforms.WindowSequences().Fit(all).Transform(all).As<Sequence>();
        ml.Data.LeaveLastOut(all);
        ml.Data.FilterCore(all);
        ml.Data.TemporalSplit(all, new TemporalSplitOptions { BoundaryQuantile = 0.7 });
        Assert.DoesNotContain(lines, line => line.Contains("left out") || line.Contains("not evaluated"));
    }

    [Fact]
    public void Reading_a_log_can_be_cancelled()
    {
        var ml = new MLContext(seed: 1);
        using var cancellation = new CancellationTokenSource();
        var token = cancellation.Token;
        int rows = 0;
        var log = ml.Data.LoadFromEnumerable(Log.Select(row =>
        {
            if (++rows == 100)
                cancellation.Cancel();
            return row;
        }));
        var windows = ml.Transforms.WindowSequences(new WindowSequencesOptions { CancellationToken = token }).Fit(log).Transform(log);
        Action[] readings =
        [
            () => windows.As<Sequence>(),
            () => ml.Data.TemporalSplit(log, new TemporalSplitOptions { CancellationToken = token }),
            () => ml.Data.LeaveLastOut(log, new LeaveLastOutOptions { CancellationToken = token }),
            () => ml.Data.AnalyzeFeedback(log, new FeedbackAnalysisOptions { CancellationToken = token }),
        ];
        Assert.All(readings, read => Assert.ThrowsAny<OperationCanceledException>(read));
        Assert.InRange(rows, 100, 110); // the row that cancels, and the first of every further reading
    }

    [Fact]
    public void A_length_can_be_given_at_once()
    {
        var ml = new MLContext(seed: 1);
        var log = ml.Data.LoadFromEnumerable(Log);
        Assert.All(ml.Transforms.WindowSequences(maximumLength: 5).Fit(log).Transform(log).As<Sequence>(), row => Assert.Equal(5, row.Items.Length));
        Assert.Contains("MaximumLength", Assert.Throws<ArgumentOutOfRangeException>(() => ml.Transforms.WindowSequences(maximumLength: -1)).Message);
    }
}
