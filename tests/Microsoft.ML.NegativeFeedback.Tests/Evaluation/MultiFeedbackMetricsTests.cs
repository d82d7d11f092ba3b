using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.NegativeFeedback.Tests.Evaluation;

public class MultiFeedbackMetricsTests
{
    private static readonly MLContext Ml = new(seed: 1);

    [Fact]
    public void Each_task_has_its_own_metrics()
    {
        var metrics = Evaluate(RankedRow.Few);

        // liked 0.8, 0.7, 0.1 against 0.3, 0.4: the first two above both, the last below both
        Assert.Equal(4.0 / 6, metrics["EVV"].Auc, 12);
        Assert.Equal(metrics["EVV"] with { Task = "FVV" }, metrics["FVV"]);
        // within the rows: 1, and of 0.7, 0.1 against 0.4 a half
        Assert.Equal((1 + 0.5) / 2, metrics["EVV"].Gauc, 12);
        Assert.Equal(1, metrics["GVV"].Auc);
        Assert.Equal(1, metrics["GVV"].Gauc);
        Assert.Equal(-(Math.Log(0.8) + Math.Log(0.7) + Math.Log(0.7) + Math.Log(0.6) + Math.Log(0.1)) / 5, metrics["EVV"].LogLoss, 6);
        Assert.Equal((3, 5, 2), (metrics["EVV"].PositiveCount, metrics["EVV"].CandidateCount, metrics["EVV"].GroupsWithBothClasses));
        Assert.Equal((2, 5), (metrics["GVV"].PositiveCount, metrics["GVV"].CandidateCount));
        Assert.Equal((2, 2), (metrics.RowCount, metrics.GroupCount));
    }

    [Fact]
    public void Users_are_gathered_from_rows_anywhere()
    {
        RankedRow[] rows =
        [
            RankedRow.Of("a", (0.9f, 1, 0.2f, 0)), RankedRow.Of("b", (0.2f, 1, 0.3f, 0), (0.6f, 0, 0.9f, 1)), RankedRow.Of("a", (0.5f, 0, 0.8f, 1), (0.1f, 0, 0.1f, 1)),
        ];

        var byUser = Evaluate(rows, new MultiFeedbackEvaluationOptions { UserColumnName = "User" });
        var byRow = Evaluate(rows);

        Assert.Equal((3, 2), (byUser.RowCount, byUser.GroupCount));
        Assert.Equal((1 + 0.0) / 2, byUser["EVV"].Gauc, 12);
        Assert.Equal((0.5 + 1) / 2, byUser["GVV"].Gauc, 12);
        Assert.Equal(0, byRow["EVV"].Gauc);
        Assert.Equal((2, 1), (byUser["EVV"].GroupsWithBothClasses, byRow["EVV"].GroupsWithBothClasses));
        Assert.Equal(byRow["EVV"].Auc, byUser["EVV"].Auc);
    }

    [Fact]
    public void Users_may_be_keys_and_tasks_have_other_names()
    {
        var rows = RankedRow.Few.Select(row => new RankedRow { User = row.User, Probabilities = [.. Every(row.Probabilities, 3)], CandidateFlags = [.. Every(row.CandidateFlags, 3)] });
        var data = Ml.Transforms.Conversion.MapValueToKey("User").Fit(View([.. rows])).Transform(View([.. rows]));

        var metrics = Ml.Recommendation().EvaluateMultiFeedback(data, new MultiFeedbackEvaluationOptions { TaskNames = ["liked"], UserColumnName = "User" });

        Assert.Equal("liked", Assert.Single(metrics.Tasks).Task);
        Assert.Equal(4.0 / 6, metrics["liked"].Auc, 12);
        Assert.Equal(2, metrics.GroupCount);
        Assert.Contains("'EVV'", Assert.Throws<ArgumentException>(() => metrics["EVV"]).Message);

        static IEnumerable<float> Every(float[] values, int step) => values.Where((_, i) => i % step == 0);
    }

    [Fact]
    public void Sure_probabilities_have_a_bounded_loss()
    {
        var metrics = Evaluate([RankedRow.Of("a", (0, 1, 1, 1), (1, 0, 0, 0))]);

        Assert.Equal(-Math.Log(1e-7), metrics["EVV"].LogLoss, 9);
        Assert.Equal(-Math.Log(1 - 1e-7), metrics["GVV"].LogLoss, 12);
    }

    [Fact]
    public void The_table_is_aligned()
    {
        var lines = Evaluate(RankedRow.Few).ToString().Split('\n');

        Assert.Equal("task             AUC      GAUC  log loss   positives  candidates", lines[0]);
        Assert.Equal("GVV           1.0000    1.0000    0.3276           2           5", lines[3]);
    }

    [Fact]
    public void Auc_follows_from_the_order_alone()
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(50).WithReplay(new Replay(new Rnd(5, 7), null)), Prop.ForAll(
            Gen.Choose(1, 100_000).ToArbitrary(), seed =>
            {
                var rows = Enumerable.Range(0, 4).Select(user => RankedRow.Random("user" + user, seed, skill: 0.3f)).ToArray();
                // halving is exact: no ties come of it
                var bent = rows.Select(row => new RankedRow
                {
                    User = row.User,
                    CandidateFlags = row.CandidateFlags,
                    Probabilities = [.. row.Probabilities.Select(p => p / 2)],
                }).ToArray();
                return Evaluate(rows).Tasks.Zip(Evaluate(bent).Tasks).All(pair =>
                    pair.First.Auc == pair.Second.Auc && pair.First.Gauc == pair.Second.Gauc && pair.First.Auc is >= 0 and <= 1);
            }));

    [Theory]
    [InlineData("EVV")]
    [InlineData("GVV")]
    public void A_task_of_a_single_class_is_named(string task)
    {
        var row = task == "EVV" ? RankedRow.Of("a", (0.5f, 1, 0.5f, 1), (0.5f, 1, 0.5f, 0)) : RankedRow.Of("a", (0.5f, 1, 0.5f, 0), (0.5f, 0, 0.5f, 0));

        var error = Assert.Throws<InvalidOperationException>(() => Evaluate([row]));

        Assert.Contains($"Task '{task}' has {(task == "EVV" ? "no negative" : "no positive")}", error.Message);
    }

    [Fact]
    public void A_number_of_values_that_does_not_fit_the_tasks_is_named()
    {
        var odd = new RankedRow { Probabilities = [0.1f, 0.2f, 0.3f, 0.4f], CandidateFlags = [0, 1, 0, 1] };
        var error = Assert.Throws<ArgumentException>(() => Evaluate([.. RankedRow.Few, odd]));
        Assert.Contains("Row 3, column 'CandidateFlags': there are 4 values, which is no multiple of 3", error.Message);

        var uneven = new RankedRow { Probabilities = [0.1f, 0.2f, 0.3f], CandidateFlags = [0, 1, 0, 1, 0, 1] };
        error = Assert.Throws<ArgumentException>(() => Evaluate([uneven]));
        Assert.Contains("Row 1, column 'Probabilities': there are 3 values, but 6 are needed", error.Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-0.1f)]
    [InlineData(1.5f)]
    public void A_value_that_is_no_probability_is_named(float probability)
    {
        var error = Assert.Throws<ArgumentException>(() => Evaluate([RankedRow.Of("a", (probability, 1, 0, 0))]));
        Assert.Contains("column 'Probabilities'", error.Message);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(-1)]
    [InlineData(0.5f)]
    public void A_label_that_is_neither_is_named(float label)
    {
        var error = Assert.Throws<ArgumentException>(() => Evaluate([RankedRow.Of("a", (0.5f, label, 0, 0))]));
        Assert.Contains($"column 'CandidateFlags': a label is {label}", error.Message);
    }

    [Fact]
    public void Data_without_rows_or_candidates_is_an_error()
    {
        Assert.Contains("no rows", Assert.Throws<InvalidOperationException>(() => Evaluate([])).Message);
        Assert.Contains("No row has a candidate", Assert.Throws<InvalidOperationException>(() => Evaluate([new RankedRow()])).Message);
    }

    [Fact]
    public void Missing_and_wrong_columns_and_users_are_named()
    {
        Assert.Contains("Column 'P' is missing", Failing(new() { ProbabilitiesColumnName = "P" }));
        Assert.Contains("Column 'User' has type", Failing(new() { FlagsColumnName = "User" }));
        Assert.Contains("Column 'Probabilities' has type", Failing(new() { UserColumnName = "Probabilities" }));
        var error = Assert.Throws<ArgumentException>(() => Evaluate([RankedRow.Of("")], new() { UserColumnName = "User" }));
        Assert.Contains("Row 1 has no user in column 'User'", error.Message);
    }

    [Fact]
    public void Tasks_need_names_of_their_own()
    {
        Assert.Contains("At least one task", Failing(new() { TaskNames = [] }));
        Assert.Contains("is empty", Failing(new() { TaskNames = ["EVV", " "] }));
        Assert.Contains("'EVV' is named twice", Failing(new() { TaskNames = ["EVV", "EVV"] }));
    }

    private static string Failing(MultiFeedbackEvaluationOptions options) => Assert.ThrowsAny<ArgumentException>(() => Evaluate(RankedRow.Few, options)).Message;

    private static MultiFeedbackMetrics Evaluate(RankedRow[] rows, MultiFeedbackEvaluationOptions? options = null)
        => Ml.Recommendation().EvaluateMultiFeedback(View(rows), options);

    private static IDataView View(RankedRow[] rows) => RankedRow.View(Ml, rows);
}
