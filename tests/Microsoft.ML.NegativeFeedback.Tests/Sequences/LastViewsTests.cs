using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>The split that leaves out a user's last n views, whatever became of them.</summary>
public sealed class LastViewsTests
{
    private static readonly MLContext Context = new(seed: 1);

    private static readonly Arbitrary<(int Views, View[] Log)> Logs = (
        from views in Gen.Choose(1, 3)
        from log in (
            from user in Gen.Choose(1, 3)
            from time in Gen.Choose(0, 9)
            from feedback in Gen.Choose(-1, 1)
            select (user, time, feedback)).ListOf(30)
        select (views, log.Select((view, i) => new View(view.user, 100 + i, view.time, view.feedback)).ToArray())).ToArbitrary();

    [Fact]
    public void TheLastViewsAreRankedInTheirOrder()
    {
        // user 2 has too few to leave any out
        var split = Split(2, [.. Views(1, "+-0-0+-"), .. Views(2, "+-+-+")]);
        string[] columns = ["Items", "Candidates", "CandidateLabels", "CandidateFlags"];
        Assert.Equal(
            [[Objects(0, 1, 2), Objects(), Objects(), Objects()], [Objects(0, 1, 2, 3, 4), Objects(), Objects(), Objects()]],
            DataViewRows.Of(split.TrainSet, columns));
        Assert.Equal(
            [Objects(0, 1, 2), Objects(3, 4), Objects(0f, 0f), Objects(0f, 1f, 0f, 0f), 3, -1f, 3L],
            Assert.Single(DataViewRows.Of(split.ValidationSet, [.. columns, "TargetItem", "TargetFeedback", "TargetTime"])));
        Assert.Equal(
            [Objects(0, 1, 2, 3, 4), Objects(5, 6), Objects(1f, 0f), Objects(1f, 0f, 0f, 1f), 5, 1f, Objects(1f, 0f)],
            Assert.Single(DataViewRows.Of(split.TestSet, [.. columns, "TargetItem", "TargetFeedback", "TargetFlags"])));
        Assert.Equal(Enumerable.Range(0, 7), split.Catalogue.GetColumn<int>("Item"));
        Assert.Equal(
            new LeaveLastOutCounts
            {
                Items = 7,
                Users = 2,
                Rows = 2,
                EvaluationRows = 1,
                TrainInteractions = 8,
                TrainPositives = 4,
                TrainNegatives = 3,
                ValidationNegatives = 1,
                ValidationRowsWithNegatives = 1,
                TestNegatives = 1,
                TestRowsWithNegatives = 1,
            },
            split.Counts);
    }

    /// <summary>Every view is in one set, or in the training set alone; sets follow each other in time; flags and labels are those of their views.</summary>
    [Fact]
    public void SetsAreDisjointAndInOrder()
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(new Replay(new Rnd(17, 19), null)), Prop.ForAll(Logs, drawn => Holds(drawn.Views, drawn.Log)));

    [Fact]
    public void WhatCannotBeSplitIsRefused()
    {
        Refused<ArgumentOutOfRangeException>(new LeaveLastOutOptions { NumberOfLastViews = -1 }, "NumberOfLastViews");
        Refused<ArgumentException>(new LeaveLastOutOptions { NumberOfLastViews = 1, MinimumPositiveCount = 4 }, "leave MinimumPositiveCount at 3");
        Refused<ArgumentException>(new LeaveLastOutOptions { NumberOfLastViews = 1, MaximumPositiveCount = 4 }, "MaximumPositiveCount at 0");
        Refused<InvalidDataException>(new LeaveLastOutOptions { NumberOfLastViews = 2 }, "No user has 6 interactions, the last 2 to test");
        Refused<InvalidDataException>(new LeaveLastOutOptions { NumberOfLastViews = int.MaxValue }, "the most that a user has are 5");

        static void Refused<TException>(LeaveLastOutOptions options, string message)
            where TException : Exception
            => Assert.Contains(message, Assert.ThrowsAny<TException>(() => Context.Data.LeaveLastOut(Context.Data.LoadFromEnumerable(Views(1, "+-+-+")), options)).Message);
    }

    private static bool Holds(int views, View[] log)
    {
        var users = log.GroupBy(view => view.User).Select(ofUser => ofUser.OrderBy(view => view.Time).ToArray()).ToArray();
        var evaluated = users.Where(user => user.Length >= 2 * views + 2).ToArray();
        if (evaluated.Length == 0)
            return Assert.Throws<InvalidDataException>(() => Split(views, log)).Message.Contains("No user has");
        var split = Split(views, log);
        return Rows(split.TrainSet).SequenceEqual(users.Select(user => Text(user, user.Length >= 2 * views + 2 ? user.Length - 2 * views : user.Length, 0)))
            && Rows(split.ValidationSet).SequenceEqual(evaluated.Select(user => Text(user, user.Length - 2 * views, views)))
            && Rows(split.TestSet).SequenceEqual(evaluated.Select(user => Text(user, user.Length - views, views)));

        static IEnumerable<string> Rows(IDataView set)
            => set.As<SplitRow>().Select(row => $"{row.User}: {Join(row.Items)} / {Join(row.Candidates)} / {Join(row.CandidateLabels)} / {Join(row.CandidateFlags)}");

        static string Text(View[] user, int history, int candidates)
        {
            var ranked = user.AsSpan(history, candidates).ToArray();
            return $"{user[0].User}: {Join(user[..history].Select(view => view.Item))} / {Join(ranked.Select(view => view.Item))} / "
                + $"{Join(ranked.Select(view => view.Feedback > 0 ? 1 : 0))} / {Join(ranked.SelectMany(view => view.Flags))}";
        }

        static string Join<T>(IEnumerable<T> values) => string.Join(' ', values);
    }

    private static LeaveLastOutData Split(int views, View[] log)
        => Context.Data.LeaveLastOut(Context.Data.LoadFromEnumerable(log), new LeaveLastOutOptions { NumberOfLastViews = views, SequenceColumnNames = ["Flags"] });

    private static View[] Views(int user, string feedback)
        => [.. feedback.Select((sign, i) => new View(user, i, i, sign == '+' ? 1 : sign == '-' ? -1 : 0))];

    private static object[] Objects(params object[] values) => values;

    /// <summary>A view with two flags: liked, skipped.</summary>
    private sealed class View(int user, int item, long time, float feedback)
    {
        public int User { get; } = user;

        public int Item { get; } = item;

        public long Time { get; } = time;

        public float Feedback { get; } = feedback;

        [VectorType(2)]
        public float[] Flags { get; } = [feedback > 0 ? 1 : 0, feedback < 0 ? 1 : 0];
    }

    private sealed class SplitRow
    {
        public int User { get; set; }

        public int[] Items { get; set; } = [];

        public int[] Candidates { get; set; } = [];

        public float[] CandidateLabels { get; set; } = [];

        public float[] CandidateFlags { get; set; } = [];
    }
}
