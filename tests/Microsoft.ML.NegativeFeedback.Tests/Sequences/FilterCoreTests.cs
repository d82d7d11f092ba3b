using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

public sealed class FilterCoreTests
{
    private static readonly MLContext Context = new(seed: 1);

    private static readonly Arbitrary<LogRow[]> Logs = (
        from user in Gen.Choose(1, 4)
        from item in Gen.Choose(1, 4)
        from time in Gen.Choose(0, 99)
        select new LogRow(user, item, time, 1)).NonEmptyListOf().Select(list => list.ToArray()).ToArbitrary();

    [Fact]
    public void A_log_that_has_other_rows_the_second_time_is_refused()
    {
        foreach (int change in new[] { -1, 1 })
        {
            var log = Enumerable.Range(0, 8).Select(i => new LogRow(i % 2, i / 4, i, 1)).ToList();
            var core = Context.Data.FilterCore(Context.Data.LoadFromEnumerable(log), 2, 2);
            if (change > 0)
                log.Add(new LogRow(0, 0, 9, 1));
            else
                log.RemoveAt(7);
            string message = Assert.Throws<InvalidDataException>(() => core.GetColumn<long>("Time").Count()).Message;
            Assert.Contains(change > 0 ? "more rows than the 8" : "fewer rows than the 8", message);
            Assert.Contains("Data.Cache", message);
        }
    }

    [Fact]
    public void WhatFallsTakesOthersAlong()
    {
        // 3 falls for its single row, item 30 with it, then user 2 who has one row left; 1 and 4 stay with items 10 and 20
        LogRow[] log =
        [
            new(1, 10, 0, 1), new(2, 30, 1, -1), new(4, 20, 2, 1), new(3, 30, 3, 1), new(1, 20, 4, 0), new(2, 20, 5, 1), new(4, 10, 6, -1),
        ];
        var core = Context.Data.FilterCore(LogRows.View(log), 2, 2);
        Assert.Equal([0L, 2, 4, 6], core.GetColumn<long>("Time"));
        Assert.Equal([1f, 1, 0, -1], core.GetColumn<float>("Feedback"));
        Assert.Equal(4, core.GetRowCount());
        Assert.False(core.CanShuffle);
    }

    [Fact]
    public void ItIsTheUnionOfAllPartsInWhichEveryoneHasEnough()
        => ForAll((log, perUser, perItem) => Core(log, perUser, perItem).SequenceEqual(LargestCore(log, perUser, perItem)));

    [Fact]
    public void FilteringAgainChangesNothing()
        => ForAll((log, perUser, perItem) =>
        {
            var core = Core(log, perUser, perItem);
            return core.Count == 0 || Core([.. core.Select(row => log[row])], perUser, perItem).Count == core.Count;
        });

    [Fact]
    public void TheOrderOfTheRowsDoesNotMatter()
        => ForAll((log, perUser, perItem) =>
        {
            int[] order = [.. Enumerable.Range(0, log.Length)];
            new Random(log.Length).Shuffle(order);
            var shuffled = Core([.. order.Select(row => log[row])], perUser, perItem).Select(row => order[row]);
            return shuffled.Order().SequenceEqual(Core(log, perUser, perItem));
        });

    [Fact]
    public void AChainUnravelsFromItsEnd()
    {
        // user i has the items i and i + 1: the first item falls, user 0 with it, and so on to a pair that holds itself
        const int Length = 50_000;
        var log = Enumerable.Range(0, 2 * Length).Select(i => new LogRow(i / 2, (i + 1) / 2, i, 1))
            .Concat(Enumerable.Range(0, 4).Select(i => new LogRow(-1 - i / 2, -1 - i % 2, 2 * Length + i, 1)));
        Assert.Equal(
            Enumerable.Range(2 * Length, 4).Select(time => (long)time),
            Context.Data.FilterCore(LogRows.View(log), 2, 2).GetColumn<long>("Time"));
    }

    [Fact]
    public void TextAndKeysAreCountedAsNumbersAre()
    {
        var rows = Context.Data.LoadFromEnumerable(
            new Named[] { new("a", "x"), new("a", "y"), new("b", "x"), new("a", "x"), new("b", "x") });
        Assert.Equal([new Named("a", "x"), new("b", "x"), new("a", "x"), new("b", "x")], Read(Context.Data.FilterCore(rows, 2, 2)));
        var keyed = Context.Transforms.Conversion.MapValueToKey("User").Append(Context.Transforms.Conversion.MapValueToKey("Item"))
            .Fit(rows).Transform(rows);
        var core = Context.Data.FilterCore(keyed, 2, 2);
        Assert.Equal([1u, 2, 1, 2], core.GetColumn<uint>("User"));
        Assert.Equal(keyed.Schema["Item"].Type, core.Schema["Item"].Type);

        static IEnumerable<Named> Read(IDataView view)
            => DataViewRows.Of(view, "User", "Item").Select(row => new Named((string)row[0]!, (string)row[1]!));
    }

    [Fact]
    public void WhatCannotBeFilteredIsRefused()
    {
        var log = LogRows.View([new(1, 1, 0, 1), new(1, 2, 1, 1)]);
        Assert.Equal(2, Context.Data.FilterCore(log, 2, 0).GetRowCount());
        Refused<InvalidDataException>(() => Context.Data.FilterCore(log), "10 interactions each on items with 10");
        Refused<InvalidDataException>(() => Context.Data.FilterCore(LogRows.View([])), "empty");
        Refused<ArgumentException>(() => Context.Data.FilterCore(log, userColumnName: "Viewer"), "'Viewer' is missing");
        Refused<ArgumentException>(() => Context.Data.FilterCore(log, itemColumnName: " "), "column name");
        Refused<ArgumentOutOfRangeException>(() => Context.Data.FilterCore(log, -1), "minimumInteractionsPerUser");
        Refused<ArgumentOutOfRangeException>(() => Context.Data.FilterCore(log, 1, -1), "minimumInteractionsPerItem");
        var sequences = LogRows.Windows(log, new WindowSequencesOptions());
        Refused<ArgumentException>(() => Context.Data.FilterCore(sequences, itemColumnName: "Items"), "'Items' has type");
        var unnamed = Context.Data.LoadFromEnumerable(new Named[] { new("a", "x"), new("a", "") });
        Refused<InvalidDataException>(() => Context.Data.FilterCore(unnamed), "'Item' is missing in row 2");

        static void Refused<TException>(Action filter, string message)
            where TException : Exception
            => Assert.Contains(message, Assert.ThrowsAny<TException>(filter).Message);
    }

    [Fact]
    public void FilteringCanBeCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var log = LogRows.View(Enumerable.Range(0, 100).Select(row =>
        {
            if (row == 50)
                cancellation.Cancel();
            Assert.InRange(row, 0, 51);
            return new LogRow(row % 10, row / 10, row, 1);
        }));
        Assert.Throws<OperationCanceledException>(() => Context.Data.FilterCore(log, 2, 2, cancellationToken: cancellation.Token));
    }

    /// <summary>The rows that stay, by their places in the log.</summary>
    private static List<int> Core(LogRow[] log, int perUser, int perItem)
    {
        var rows = log.Select((row, place) => new LogRow(row.User, row.Item, place, row.Feedback));
        try
        {
            return [.. Context.Data.FilterCore(LogRows.View(rows), perUser, perItem).GetColumn<long>("Time").Select(place => (int)place)];
        }
        catch (InvalidDataException)
        {
            return [];
        }
    }

    /// <summary>By the definition: every set of users and items in which all have enough, put together.</summary>
    private static List<int> LargestCore(LogRow[] log, int perUser, int perItem)
    {
        var kept = new SortedSet<int>();
        for (int set = 0; set < 256; set++)
        {
            int[] rows = [.. Enumerable.Range(0, log.Length).Where(row => Has(set, log[row].User - 1) && Has(set, log[row].Item + 3))];
            if (rows.CountBy(row => log[row].User).All(count => count.Value >= perUser)
                && rows.CountBy(row => log[row].Item).All(count => count.Value >= perItem))
            {
                kept.UnionWith(rows);
            }
        }

        return [.. kept];

        static bool Has(int set, int place) => (set >> place & 1) == 1;
    }

    private static void ForAll(Func<LogRow[], int, int, bool> holds)
        => Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(new Replay(new Rnd(17, 19), null)),
            Prop.ForAll(Logs, log => new[] { (2, 2), (1, 3), (4, 2), (3, 3) }.All(minimum => holds(log, minimum.Item1, minimum.Item2))));

    private sealed record Named(string User, string Item)
    {
        public Named()
            : this("", "")
        {
        }

        public string User { get; set; } = User;

        public string Item { get; set; } = Item;
    }
}
