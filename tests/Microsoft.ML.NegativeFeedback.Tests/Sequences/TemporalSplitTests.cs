using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Datasets;
using Microsoft.ML.NegativeFeedback.Sequences;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

public sealed class TemporalSplitTests
{
    private static readonly MLContext Context = new(seed: 1);

    /// <summary>
    /// Ten users with the same ten items in different orders, over a hundred moments; every third interaction is negative.
    /// </summary>
    private static readonly LogRow[] Log =
        [.. Enumerable.Range(0, 100).Select(i => new LogRow(i % 10, (i + i / 10) % 10, i, i % 3 == 0 ? -1 : 1))];

    [Fact]
    public void TheBoundaryDividesTrainingFromTheRest()
    {
        var split = Split(Log, new TemporalSplitOptions { BoundaryQuantile = 0.7, MinimumPositiveCount = 1 });
        Assert.Equal(69, split.Counts.Boundary); // 0.7 · 99 = 69.3
        Assert.Equal((100, 69, 31), (split.Counts.Interactions, split.Counts.TrainInteractions, split.Counts.HeldOutInteractions));
        Assert.Equal(Log.Take(69).Select(row => row.Item), split.TrainSet.As<LogRow>().Select(row => row.Item));
        Assert.Equal(69, split.TrainSet.GetRowCount());
        Assert.Equal((10, 5, 5), (split.Counts.HeldOutUsers, split.Counts.ValidationRows, Rows(split.TestSet).Count));
    }

    [Fact]
    public void TheCatalogueHasTheItemsThatTrainingLacksAsWell()
    {
        // item 50 is rare, 60 came after the boundary
        LogRow[] log = [new LogRow(0, 50, -1, 1), .. Log, .. Enumerable.Range(0, 10).Select(user => new LogRow(user, 60, 200, 1))];
        var split = Split(log, new TemporalSplitOptions { BoundaryQuantile = 0.7, MinimumPositiveCount = 1 });
        Assert.DoesNotContain(split.TrainSet.As<LogRow>(), row => row.Item >= 50);
        Assert.Equal([50, .. Enumerable.Range(0, 10), 60], split.Catalogue.GetColumn<int>("Item"));
        var keyed = Context.Transforms.Conversion.MapValueToKey("Item", keyData: split.Catalogue).Fit(split.TrainSet).Transform(split.TrainSet);
        Assert.Equal(12ul, ((KeyDataViewType)keyed.Schema["Item"].Type).Count);
    }

    [Fact]
    public void TheTargetIsTheLastAndTheHistoryEverythingBefore()
    {
        var users = Enumerable.Range(0, 10).Select(user => $"{user}").ToArray();
        var split = Split(Log, new TemporalSplitOptions { BoundaryQuantile = 0.6, TestUsers = users[..6], ValidationUsers = users[6..8] });
        foreach (var row in Rows(split.TestSet))
        {
            var mine = Known(row.User, split.Counts.Boundary);
            Assert.Equal(mine[^1].Item, row.TargetItem);
            Assert.Equal(mine[^1].Feedback, row.TargetFeedback);
            Assert.Equal(mine[..^1].Select(one => one.Item), row.Items);
            Assert.Equal(mine[..^1].Select(one => one.Feedback), row.Feedback);
        }

        foreach (var row in Rows(split.ValidationSet))
        {
            var mine = Known(row.User, split.Counts.Boundary);
            int last = Array.FindLastIndex(mine, one => one.Feedback > 0);
            Assert.Equal((mine[last].Item, 1f), (row.TargetItem, row.TargetFeedback));
            Assert.Equal(mine[..last].Select(one => one.Item), row.Items);
        }

        Assert.Equal([0, 1, 2, 3, 4, 5], Rows(split.TestSet).Select(row => row.User));
        Assert.Equal([6, 7], Rows(split.ValidationSet).Select(row => row.User));
        Assert.Equal(
            Rows(split.TestSet).Count, split.Counts.TestRowsWithPositiveTarget + split.Counts.TestRowsWithNegativeTarget);

        LogRow[] Known(int user, long boundary)
        {
            var trained = Log.Where(row => row.Time < boundary).Select(row => row.Item).ToHashSet();
            return [.. Log.Where(row => row.User == user && trained.Contains(row.Item))];
        }
    }

    [Fact]
    public void NeitherIsNoTarget()
    {
        var log = Log.Select(row => new LogRow(row.User, row.Item, row.Time, row.Time >= 85 ? 0 : 1));
        var split = Split([.. log], new TemporalSplitOptions { BoundaryQuantile = 0.5, TestShare = 1 });
        Assert.All(Rows(split.TestSet), row => Assert.Equal(1, row.TargetFeedback));
        Assert.Equal(10, Rows(split.TestSet).Count);
        Assert.Empty(Rows(split.ValidationSet));
    }

    [Fact]
    public void TheSeedDrawsTheUsers()
    {
        int[] Test(int seed)
            => [.. Rows(Split(Log, new TemporalSplitOptions { Seed = seed, BoundaryQuantile = 0.6 }).TestSet).Select(row => row.User)];
        Assert.Equal(Test(1), Test(1));
        Assert.Contains(Enumerable.Range(2, 5), seed => !Test(seed).SequenceEqual(Test(1)));
    }

    [Fact]
    public void RowsArePartitionedWhateverTheLog()
    {
        var logs = (
            from user in Gen.Choose(1, 5)
            from item in Gen.Choose(1, 6)
            from time in Gen.Choose(0, 12)
            from feedback in Gen.Choose(-1, 1)
            select new LogRow(user, item, time, feedback)).ListOf(40).Select(list => list.ToArray()).ToArbitrary();
        var options = new TemporalSplitOptions { BoundaryQuantile = 0.7, MinimumItemCount = 2, MinimumUserCount = 2 };
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(new Replay(new Rnd(17, 19), null)),
            Prop.ForAll(logs, log => IsPartition(log, options)));
    }

    [Fact]
    public void KeyUsersAreGivenByTheirValues()
    {
        var data = LogRows.View(Log);
        var keyed = Context.Transforms.Conversion.MapValueToKey("User").Fit(data).Transform(data);
        var options = new TemporalSplitOptions { BoundaryQuantile = 0.6, TestUsers = ["4"], PassThroughColumnNames = ["Time"] };
        var split = Context.Data.TemporalSplit(keyed, options);
        var row = Assert.Single(DataViewRows.Of(split.TestSet, "User", "Time"));
        Assert.Equal([5u, 4L], row);
        Assert.Equal(keyed.Schema["User"].Type, split.TestSet.Schema["User"].Type);
    }

    [Fact]
    public void WhatCannotBeSplitIsRefused()
    {
        Refused<InvalidDataException>(Log, new TemporalSplitOptions { MinimumItemCount = 11 }, "No interaction is left");
        Refused<InvalidDataException>(
            [.. Log.Select(row => new LogRow(row.User, row.Item, 5, 1))], new TemporalSplitOptions(), "left to train on");
        Refused<InvalidDataException>(
            [.. Log.Select(row => new LogRow(row.User, row.Item, row.Time, -1))], new TemporalSplitOptions(), "2 positives");
        Refused<InvalidDataException>(Log, new TemporalSplitOptions { TestUsers = ["nobody"] }, "'nobody'");
        Refused<InvalidDataException>(
            [.. Enumerable.Range(0, 20).Select(i => new LogRow(i / 10, i % 10, i, 1))], // one user after the other
            new TemporalSplitOptions { BoundaryQuantile = 0.53, MinimumItemCount = 1 }, "both sides");
        Refused<InvalidDataException>([], new TemporalSplitOptions(), "empty");
        Refused<InvalidDataException>([new LogRow(1, 1, 1, float.NaN)], new TemporalSplitOptions(), "'Feedback'");
        Refused<ArgumentException>(Log, new TemporalSplitOptions { TimestampColumnName = "When" }, "'When' is missing");
        Refused<ArgumentException>(Log, new TemporalSplitOptions { BoundaryQuantile = 1 }, "BoundaryQuantile");
        Refused<ArgumentException>(Log, new TemporalSplitOptions { TestUsers = ["1"], ValidationUsers = ["1"] }, "'1'");
        Refused<ArgumentException>(Log, new TemporalSplitOptions { ValidationUsers = ["1"] }, "TestUsers");
        Refused<ArgumentException>(Log, new TemporalSplitOptions { TestUsers = [] }, "TestUsers is empty");
        Refused<ArgumentException>(Log, new TemporalSplitOptions { TargetItemColumnName = "Items" }, "'Items'");

        static void Refused<TException>(LogRow[] log, TemporalSplitOptions options, string message)
            where TException : Exception
            => Assert.Contains(message, Assert.ThrowsAny<TException>(() => Split(log, options)).Message);
    }

    [Fact]
    public void ABoundaryOfDatesDividesWithinAMillisecond()
    {
        var start = new DateTime(2025, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        var log = Context.Data.LoadFromEnumerable(Log.Select(row => new Dated
        {
            User = row.User,
            Item = row.Item,
            Time = start.AddTicks(row.Time),
            Feedback = row.Feedback,
        }).ToArray());
        var split = Context.Data.TemporalSplit(log, new TemporalSplitOptions { BoundaryQuantile = 0.7, MinimumPositiveCount = 1 });
        Assert.Equal((69, 31), (split.Counts.TrainInteractions, split.Counts.HeldOutInteractions));
        Assert.Equal(new DateTimeOffset(start).ToUnixTimeMilliseconds(), split.Counts.Boundary);
    }

    [Fact]
    public void APartWithoutRowsIsRefusedUnlessNoneIsAskedFor()
    {
        // from the boundary on only users 0 and 1 like anything
        var log = Log.Select(row => new LogRow(row.User, row.Item, row.Time, row.Time < 60 || row.User < 2 ? 1 : -1)).ToArray();
        Refused(new TemporalSplitOptions { TestUsers = ["0", "1"] }, "validation set");
        Refused(new TemporalSplitOptions { TestUsers = ["2", "3"], ValidationUsers = ["0", "1"] }, "test set");
        Refused(new TemporalSplitOptions { TestUsers = ["0"], ValidationUsers = ["3", "4"] }, "validation set");
        Assert.Contains("None of the 1 given validation users", Assert.Throws<InvalidDataException>(() => Halve(new TemporalSplitOptions { TestUsers = ["0"], ValidationUsers = ["nobody"] })).Message);
        Assert.Empty(Rows(Halve(new TemporalSplitOptions { TestUsers = ["0"], ValidationUsers = [] }).ValidationSet));
        Assert.Empty(Rows(Halve(new TemporalSplitOptions { TestShare = 1 }).ValidationSet));
        var untested = Halve(new TemporalSplitOptions { TestShare = 0 });
        Assert.Empty(Rows(untested.TestSet));
        Assert.Equal(2, Rows(untested.ValidationSet).Count);

        TemporalSplitData Halve(TemporalSplitOptions options)
        {
            options.BoundaryQuantile = 0.6;
            return Split(log, options);
        }

        void Refused(TemporalSplitOptions options, string part)
        {
            string message = Assert.Throws<InvalidDataException>(() => Halve(options)).Message;
            Assert.Contains(part, message);
            Assert.Contains("2 positives", message);
        }
    }

    [Fact]
    public void ALogThatGrewAfterwardsIsNoticed()
    {
        var rows = Log.ToList();
        var split = Context.Data.TemporalSplit(LogRows.View(rows.AsEnumerable()), new TemporalSplitOptions { BoundaryQuantile = 0.6 });
        rows.Add(Log[0]);
        Assert.Contains("100", Assert.Throws<InvalidDataException>(() => split.TrainSet.As<LogRow>()).Message);
    }

    [Fact]
    public void AMissingItemIsRefused()
    {
        var named = Context.Data.LoadFromEnumerable(Log.Select((row, i) => new Named { User = row.User, Item = i == 6 ? "" : $"{row.Item}", Time = row.Time, Feedback = row.Feedback }));
        var keyed = Context.Transforms.Conversion.MapValueToKey("Item", keyData: Context.Data.LoadFromEnumerable(Enumerable.Range(0, 9).Select(item => new { Value = $"{item}" })))
            .Fit(named).Transform(named);
        foreach (var log in new[] { named, keyed })
        {
            string message = Assert.Throws<InvalidDataException>(() => Context.Data.TemporalSplit(log, new TemporalSplitOptions { BoundaryQuantile = 0.6 })).Message;
            Assert.Contains("Column 'Item' is missing in row 7", message);
        }
    }

    [Fact]
    public void ASimulatedFeedSplits()
    {
        var feed = new ShortVideoFeed(new ShortVideoFeedOptions { UserCount = 200 });
        var labelled = new LabelFeedbackEstimator(FeedbackRule.WatchTime()).Fit(feed).Transform(feed);
        var counts = Context.Data.TemporalSplit(labelled, new TemporalSplitOptions { Seed = 1 }).Counts;
        Assert.InRange(counts.TrainInteractions / (double)counts.Interactions, 0.899, 0.901);
        Assert.InRange(counts.TestRowsWithPositiveTarget, 5, 100);
        Assert.InRange(counts.TestRowsWithNegativeTarget, 5, 100);
    }

    private static bool IsPartition(LogRow[] log, TemporalSplitOptions options)
    {
        var view = LogRows.View(log);
        var read = InteractionLog.Read(view, options.LogColumns.Require(view.Schema), CancellationToken.None);
        TemporalParts parts;
        try
        {
            parts = new TemporalParts(read, read.GroupByUser(), options, seed: 1, user => $"{user}");
        }
        catch (InvalidDataException)
        {
            return true; // too little is left, and it says so
        }

        var rows = Enumerable.Range(0, log.Length).ToLookup(row => parts[row], row => log[row]);
        var train = rows[TemporalPart.Train].ToArray();
        var heldOut = rows[TemporalPart.Test].Concat(rows[TemporalPart.Validation]).ToArray();
        return train.All(row => row.Time < parts.Counts.Boundary)
            && heldOut.All(row => row.Time >= parts.Counts.Boundary)
            && heldOut.All(row => train.Any(other => other.User == row.User) && train.Any(other => other.Item == row.Item))
            && !rows[TemporalPart.Test].Select(row => row.User).Intersect(rows[TemporalPart.Validation].Select(row => row.User)).Any()
            && train.Length == parts.Counts.TrainInteractions
            && heldOut.Length == parts.Counts.HeldOutInteractions
            && rows[TemporalPart.Dropped].All(row => row.Time >= parts.Counts.Boundary || IsRare(log, row));
    }

    private static bool IsRare(LogRow[] log, LogRow row)
    {
        bool IsCommonItem(int item) => log.Where(other => other.Item == item).Select(other => other.User).Distinct().Count() >= 2;
        return !IsCommonItem(row.Item)
            || log.Where(other => other.User == row.User && IsCommonItem(other.Item)).Select(other => other.Item).Distinct().Count() < 2;
    }

    private static TemporalSplitData Split(LogRow[] log, TemporalSplitOptions options)
        => new MLContext(seed: 1).Data.TemporalSplit(LogRows.View(log), options);

    private static List<Evaluated> Rows(IDataView view) => view.As<Evaluated>();

    private sealed class Named
    {
        public int User { get; set; }

        public string Item { get; set; } = "";

        public long Time { get; set; }

        public float Feedback { get; set; }
    }

    private sealed class Dated
    {
        public int User { get; set; }

        public int Item { get; set; }

        public DateTime Time { get; set; }

        public float Feedback { get; set; }
    }
}
