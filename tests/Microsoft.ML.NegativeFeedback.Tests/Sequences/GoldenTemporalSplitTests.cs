using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Sequences;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>The published preprocessing (X3*): filters, boundary, training rows and, for its users, validation and test rows.</summary>
public sealed class GoldenTemporalSplitTests
{
    public static TheoryData<string> Files => GoldenColumns.FilesLike("X3*.json");

    [Theory]
    [MemberData(nameof(Files))]
    public void EveryRowFallsWhereItDoesThere(string file)
    {
        var golden = GoldenColumns.Read(file);
        var config = golden.GetProperty("config");
        var input = golden.GetProperty("input").Frame();
        var output = golden.GetProperty("output");

        // the published frames number users and items by their rank in the whole input
        int[] userOf = [.. input.Select(row => row.User).Distinct().Order()];
        int[] itemOf = [.. input.Select(row => row.Item).Distinct().Order()];
        (int User, int Item, int Rating, int Time)[] Expected(string part)
            => [.. output.GetProperty(part).Frame().Select(row => (userOf[row.User], itemOf[row.Item], row.Rating, row.Time))];
        string[] Users(string name) => [.. golden.Integers(name).Select(user => $"{userOf[user]}")];

        var options = OptionsOf(config);
        (options.ValidationUsers, options.TestUsers) = (Users("users_val"), Users("users_test"));
        var view = ViewOf(input);
        var log = InteractionLog.Read(view, options.LogColumns.Require(view.Schema), CancellationToken.None);
        var parts = new TemporalParts(log, log.GroupByUser(), options, seed: 1, log.Users.TextOf);
        (int User, int Item, int Rating, int Time)[] Actual(TemporalPart part)
            => [.. input.Where((_, row) => parts[row] == part).OrderBy(row => row.User).ThenBy(row => row.Time)];

        Assert.Equal(golden.Integer("rows_after_filter"), parts.Counts.Interactions);
        Assert.Equal(golden.Integer("test_timepoint"), parts.Counts.Boundary);
        Assert.Equal(Expected("train"), Actual(TemporalPart.Train));
        Assert.Equal(Expected("validation"), Actual(TemporalPart.Validation));
        Assert.Equal(Expected("test"), Actual(TemporalPart.Test));

        // and through the front door: every training row, and the last held-out row of every test user as its target
        var split = new MLContext(seed: 1).Data.TemporalSplit(view, options);
        Assert.Equal(
            Expected("train").Select(row => (row.User, row.Item)),
            split.TrainSet.As<LogRow>().OrderBy(row => row.User).ThenBy(row => row.Time)
                .Select(row => (row.User, row.Item)));
        Assert.Equal(
            Expected("test").GroupBy(row => row.User).Select(rows => (rows.Key, rows.Last().Item)),
            split.TestSet.As<Evaluated>().OrderBy(row => row.User).Select(row => (row.User, row.TargetItem)));
        Assert.Equal((Expected("train").Length, split.Counts.TrainUsers), (split.Counts.TrainSetInteractions, split.Counts.TrainSetUsers));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void DrawnUsersDivideTheSameHeldOutRows(string file)
    {
        // what is drawn differs from the published draw, what is divided does not
        var golden = GoldenColumns.Read(file);
        var output = golden.GetProperty("output");
        var input = golden.GetProperty("input").Frame();
        var view = ViewOf(input);
        var config = golden.GetProperty("config");
        var options = OptionsOf(config);
        options.TestShare = config.GetProperty("test_validation_ratio").GetDouble();
        var log = InteractionLog.Read(view, options.LogColumns.Require(view.Schema), CancellationToken.None);
        int[] userOf = [.. input.Select(row => row.User).Distinct().Order()];
        int[] itemOf = [.. input.Select(row => row.Item).Distinct().Order()];
        string[] expected = [.. new[] { "validation", "test" }.SelectMany(part => output.GetProperty(part).Frame())
            .Select(row => Describe((userOf[row.User], itemOf[row.Item], row.Rating, row.Time))).Order()];
        int heldOutUsers = golden.Integers("users_val").Concat(golden.Integers("users_test")).Distinct().Count();
        foreach (int seed in Enumerable.Range(0, 5))
        {
            var parts = new TemporalParts(log, log.GroupByUser(), options, seed, log.Users.TextOf);
            Assert.Equal(expected, HeldOut(parts).Select(Describe).Order());
            Assert.Equal(expected.Length, parts.Counts.HeldOutInteractions);
            Assert.Equal(expected.Length, parts.Counts.ValidationInteractions + parts.Counts.TestInteractions);
            Assert.Equal(heldOutUsers, parts.Counts.HeldOutUsers);
            Assert.Equal(golden.Integer("rows_after_filter"), parts.Counts.Interactions);
            Assert.Equal(golden.Integer("test_timepoint"), parts.Counts.Boundary);
        }

        IEnumerable<(int User, int Item, int Rating, int Time)> HeldOut(TemporalParts parts)
            => input.Where((_, row) => parts[row] is TemporalPart.Validation or TemporalPart.Test);

        static string Describe((int User, int Item, int Rating, int Time) row) => $"{row.User} {row.Item} {row.Rating} {row.Time}";
    }

    private static TemporalSplitOptions OptionsOf(JsonElement config) => new()
    {
        BoundaryQuantile = config.GetProperty("test_quantile").GetDouble(),
        MinimumItemCount = config.Integer("item_min_count"),
        MinimumUserCount = config.Integer("user_min_count"),
        MinimumPositiveCount = 0,
    };

    private static IDataView ViewOf(IEnumerable<(int User, int Item, int Rating, int Time)> rows)
        => LogRows.View(rows.Select(row => new LogRow(row.User, row.Item, row.Time, row.Rating >= 4 ? 1 : -1)).ToArray());
}
