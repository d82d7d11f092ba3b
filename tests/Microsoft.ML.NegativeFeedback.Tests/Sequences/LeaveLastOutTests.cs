using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

public sealed class LeaveLastOutTests
{
    private static readonly MLContext Context = new(seed: 1);

    /// <summary>Items are 10, 20, … in the order of time; + liked, - skipped, 0 neither.</summary>
    private static readonly LogRow[] Log = Rows(1, "-+0+-0+-0-+-0");

    private static readonly Arbitrary<LogRow[]> Logs = (
        from user in Gen.Choose(1, 3)
        from item in Gen.Choose(1, 9)
        from time in Gen.Choose(0, 9)
        from feedback in Gen.Choose(-1, 1)
        select new LogRow(user, item, time, feedback)).ListOf(30).Select(list => list.ToArray()).ToArbitrary();

    [Fact]
    public void HistoriesHoldEverythingAndCandidatesWhatSurroundsTheTarget()
    {
        var split = Split([.. Log, .. Rows(2, "+-+--")]);
        var train = Assert.Single(DataViewRows.Of(split.TrainSet, "User", "Items", "Feedback", "Times", "Candidates", "CandidateLabels"));
        Assert.Equal([1, Objects(10, 20, 30, 40), Objects(-1f, 1f, 0f, 1f), Objects(0L, 1L, 2L, 3L), Objects(), Objects()], train);

        string[] evaluated = ["Items", "Times", "Candidates", "CandidateLabels", "TargetItem", "TargetFeedback"];
        Assert.Equal(
            [Objects(10, 20, 30, 40), Objects(0L, 1L, 2L, 3L), Objects(70, 100, 80, 50), Objects(1f, 0f, 0f, 0f), 70, 1f],
            Assert.Single(DataViewRows.Of(split.ValidationSet, evaluated)));
        Assert.Equal(
            [
                Objects(10, 20, 30, 40, 50, 60, 70), Objects(0L, 1L, 2L, 3L, 4L, 5L, 6L), Objects(110, 120, 100, 80), Objects(1f, 0f, 0f, 0f),
                110, 1f,
            ],
            Assert.Single(DataViewRows.Of(split.TestSet, evaluated)));
        Assert.Equal(
            new LeaveLastOutCounts
            {
                Items = 13,
                Users = 2,
                UsersLeftOut = 1,
                Rows = 1,
                EvaluationRows = 1,
                TrainInteractions = 4,
                TrainPositives = 2,
                TrainNegatives = 1,
                ValidationNegatives = 3,
                ValidationRowsWithNegatives = 1,
                TestNegatives = 3,
                TestRowsWithNegatives = 1,
            },
            split.Counts);
    }

    [Fact]
    public void TheLastPositivesAreKept()
    {
        var options = new LeaveLastOutOptions { MaximumPositiveCount = 3, TimesColumnName = null };
        var split = Split(Log, options);
        Assert.Equal([Objects(40)], Assert.Single(DataViewRows.Of(split.TrainSet, "Items")));
        Assert.Equal([Objects(40), Objects(70, 100, 80, 50)], Assert.Single(DataViewRows.Of(split.ValidationSet, "Items", "Candidates")));
        Assert.Equal([Objects(40, 50, 60, 70)], Assert.Single(DataViewRows.Of(split.TestSet, "Items")));
        Assert.Null(split.TrainSet.Schema.GetColumnOrNull("Times"));

        // as many as there are: what comes before the first goes too; more: nothing goes
        options.MaximumPositiveCount = 4;
        Assert.Equal([Objects(20, 30, 40)], Assert.Single(DataViewRows.Of(Split(Log, options).TrainSet, "Items")));
        options.MaximumPositiveCount = 5;
        Assert.Equal([Objects(10, 20, 30, 40)], Assert.Single(DataViewRows.Of(Split(Log, options).TrainSet, "Items")));
    }

    [Fact]
    public void WithoutATimeTheOrderOfTheLogCounts()
    {
        var split = Split([.. Log.Reverse()], new LeaveLastOutOptions { TimestampColumnName = null });
        Assert.Null(split.TestSet.Schema.GetColumnOrNull("Times"));
        Assert.Equal([20, Objects(20, 10)], Assert.Single(DataViewRows.Of(split.TestSet, "TargetItem", "Candidates")));
    }

    [Fact]
    public void OneDictionaryServesItemsAndCandidates()
    {
        // item 130 is neither liked nor skipped and in no row; the candidates 110 and 120 are in no training row
        var split = Split([.. Log, .. Rows(2, "+++")], new LeaveLastOutOptions { PassThroughColumnNames = ["Feedback"], FeedbackSequenceColumnName = "Labels" });
        Assert.Equal(Enumerable.Range(1, 13).Select(item => 10 * item), split.Catalogue.GetColumn<int>("Item"));
        Assert.Equal("Item", Assert.Single(split.Catalogue.Schema).Name);
        var keys = Context.Transforms.Conversion.MapValueToKey(
            [new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: split.Catalogue).Fit(split.TrainSet);
        var row = DataViewRows.Of(keys.Transform(split.TestSet), "Items", "Candidates", "Feedback")[0];
        Assert.Equal([Objects(1u, 2u, 3u, 4u, 5u, 6u, 7u), Objects(11u, 12u, 10u, 8u), -1f], row);
        Assert.Equal([Objects(1u, 2u, 3u, 4u), Objects()], DataViewRows.Of(keys.Transform(split.TrainSet), "Items", "Candidates")[0]);
    }

    [Fact]
    public void KeysKeepTheirTypeAndValues()
    {
        var data = LogRows.View(Log);
        var keyed = Context.Transforms.Conversion.MapValueToKey("Item").Fit(data).Transform(data);
        var split = Context.Data.LeaveLastOut(keyed);
        foreach (var column in new[] { split.TestSet.Schema["Candidates"], split.Catalogue.Schema["Item"] })
            Assert.True(column.Annotations.Schema.GetColumnOrNull("KeyValues").HasValue);
        Assert.Equal(keyed.Schema["Item"].Type, split.TestSet.Schema["TargetItem"].Type);
        Assert.Equal([11u, Objects(11u, 12u, 10u, 8u)], Assert.Single(DataViewRows.Of(split.TestSet, "TargetItem", "Candidates")));
    }

    [Fact]
    public void RowsAreWhatTheDefinitionSaysWhateverTheLog()
        => Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(new Replay(new Rnd(17, 19), null)),
            Prop.ForAll(Logs, log => Describe(log).SequenceEqual(Expect(log))));

    [Fact]
    public void CursorsOfASetShareTheRows()
    {
        var log = Enumerable.Range(0, 300).SelectMany(user => Rows(user, "+-+-+")).ToArray();
        var split = Split(log);
        var columns = new[] { split.TestSet.Schema["User"], split.TestSet.Schema["Candidates"] };
        var rows = split.TestSet.GetRowCursorSet(columns, 3).SelectMany(cursor => DataViewRows.Read(cursor, columns)).ToArray();
        Assert.Equal(Enumerable.Range(0, 300), rows.Select(row => (int)row[0]!).Order());
        Assert.All(rows, row => Assert.Equal(Objects(50, 40), row[1]));
    }

    [Fact]
    public void WhatCannotBeSplitIsRefused()
    {
        Refused<InvalidDataException>(Rows(1, "+-+-"), new LeaveLastOutOptions(), "the most that a user has are 2");
        Refused<InvalidDataException>(Rows(1, "-0-"), new LeaveLastOutOptions(), "Transforms.LabelFeedback");
        Refused<InvalidDataException>(Log, new LeaveLastOutOptions { MinimumPositiveCount = 5 }, "No user has 5 positives");
        Refused<InvalidDataException>([], new LeaveLastOutOptions(), "empty");
        Refused<InvalidDataException>([.. Log, new(1, 1, 99, float.NaN)], new LeaveLastOutOptions(), "'Feedback' is NaN in row 14, of user 1");
        Refused<ArgumentException>(Log, new LeaveLastOutOptions { TimestampColumnName = "When" }, "'When' is missing");
        Refused<ArgumentException>(Log, new LeaveLastOutOptions { FeedbackColumnName = "Time" }, "'Time' has type Int64");
        Refused<ArgumentException>(Log, new LeaveLastOutOptions { CandidatesColumnName = "Items" }, "'Items'");
        Refused<ArgumentException>(Log, new LeaveLastOutOptions { CandidateLabelsColumnName = "" }, "column name");
        Refused<ArgumentException>(Log, new LeaveLastOutOptions { MinimumPositiveCount = 2 }, "MinimumPositiveCount must be at least 3:");
        Refused<ArgumentException>(Log, new LeaveLastOutOptions { MaximumPositiveCount = 2 }, "MaximumPositiveCount must be at least 3, or 0");
        var unnamed = Context.Data.LoadFromEnumerable(new[] { new Named { Item = "a" }, new Named() });
        Assert.Contains("'Item' is missing in row 2", Assert.Throws<InvalidDataException>(() => Context.Data.LeaveLastOut(unnamed)).Message);

        static void Refused<TException>(LogRow[] log, LeaveLastOutOptions options, string message)
            where TException : Exception
            => Assert.Contains(message, Assert.ThrowsAny<TException>(() => Split(log, options)).Message);
    }

    private static LogRow[] Rows(int user, string feedback)
        => [.. feedback.Select((sign, i) => new LogRow(user, 10 * (i + 1), i, sign == '+' ? 1 : sign == '-' ? -1 : 0))];

    private static object[] Objects(params object[] values) => values;

    private static LeaveLastOutData Split(LogRow[] log, LeaveLastOutOptions? options = null)
        => Context.Data.LeaveLastOut(LogRows.View(log), options);

    private static IEnumerable<string> Describe(LogRow[] log)
    {
        if (log.GroupBy(row => row.User).All(rows => rows.Count(row => row.Feedback > 0) < 3))
            return [Assert.Throws<InvalidDataException>(() => Split(log)).Message[..7]];
        var split = Split(log);
        string[] columns = ["User", "Items", "Feedback", "Candidates"];
        return new[] { split.TrainSet, split.ValidationSet, split.TestSet }.SelectMany(set => DataViewRows.Of(set, columns).Select(Text));

        static string Text(object?[] row) => $"{row[0]}: {Join(row[1])} / {Join(row[2])} / {Join(row[3])}";

        static string Join(object? values) => string.Join(' ', (object?[])values!);
    }

    private static IEnumerable<string> Expect(LogRow[] log)
    {
        var users = log.GroupBy(row => row.User).Where(rows => rows.Count(row => row.Feedback > 0) >= 3)
            .Select(rows => rows.OrderBy(row => row.Time).ToList()).ToList();
        if (users.Count == 0)
            return ["No user"];
        (int History, int From, int To)[] sets = [(3, 0, 0), (3, 3, 1), (2, 2, 0)]; // counted from the last positive; 0 the end
        return sets.SelectMany(set => users.Select(rows =>
        {
            int[] positives = [.. Enumerable.Range(0, rows.Count).Where(i => rows[i].Feedback > 0)];
            int Place(int fromLast) => fromLast == 0 ? rows.Count : positives[^fromLast];
            var history = rows[..(Place(set.History) + 1)];
            var window = set.From == 0 ? [] : rows[(Place(set.From) + 1)..Place(set.To)];
            var candidates = window.Where(row => row.Feedback > 0).Concat(window.Where(row => row.Feedback < 0).Reverse());
            return $"{rows[0].User}: {Join(history.Select(row => row.Item))} / {Join(history.Select(row => (int)row.Feedback))} / "
                + Join(candidates.Select(row => row.Item));
        }));

        static string Join(IEnumerable<int> values) => string.Join(' ', values);
    }

    private sealed class Named
    {
        public string User { get; set; } = "a";

        public string Item { get; set; } = "";

        public long Time { get; set; }

        public float Feedback { get; set; } = 1;
    }
}
