using FsCheck;
using FsCheck.Fluent;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>What holds for every log: FsCheck draws logs with few users, few items and many ties.</summary>
public sealed class WindowSequencesProperties
{
    private static readonly Arbitrary<LogRow[]> Logs = (
        from user in Gen.Choose(1, 4)
        from item in Gen.Choose(1, 9)
        from time in Gen.Choose(0, 6)
        from feedback in Gen.Choose(-1, 1)
        select new LogRow(user, item, time, feedback)).NonEmptyListOf().Select(list => list.ToArray()).ToArbitrary();

    [Fact]
    public void WithoutALimitNothingIsLostAndTiesStayInTheLogsOrder()
        => ForAll(log =>
        {
            var expected = log.GroupBy(row => row.User).Select(rows => (rows.Key, rows.OrderBy(row => row.Time).ToArray()));
            return Windows(log, new WindowSequencesOptions()).Zip(expected).All(pair => IsTheSame(pair.First, pair.Second.Item2))
                && Windows(log, new WindowSequencesOptions()).Sum(row => row.Items.Length) == log.Length;
        });

    [Fact]
    public void TheLastOfEachFeedbackAreASubsequence()
        => ForAll(log => Enumerable.Range(1, 3).All(limit =>
        {
            var whole = Windows(log, new WindowSequencesOptions());
            var cut = Windows(log, new WindowSequencesOptions { MaximumLengthPerFeedback = limit });
            return whole.Count == cut.Count
                && whole.Zip(cut).All(pair => Pairs(pair.Second).SequenceEqual(LastOfEach(Pairs(pair.First), limit)));
        }));

    [Fact]
    public void OverlappingWindowsCoverEveryPlaceAndEndAtTheLast()
        => ForAll(log => new (int Length, int Stride)[] { (1, 1), (3, 1), (3, 2), (5, 4) }.All(option =>
        {
            var whole = Windows(log, new WindowSequencesOptions());
            var windows = Windows(log, new WindowSequencesOptions { MaximumLength = option.Length, Stride = option.Stride })
                .ToLookup(window => window.User);
            return whole.All(row => Covers(Pairs(row), [.. windows[row.User].Select(Pairs)], option.Length, option.Stride));
        }));

    [Fact]
    public void MinimumCountsKeepTheUsersThatHaveThem()
        => ForAll(log =>
        {
            var options = new WindowSequencesOptions { MinimumPositiveCount = 2, MinimumNegativeCount = 1, MinimumInteractionCount = 4 };
            var kept = Windows(log, options);
            var expected = log.GroupBy(row => row.User)
                .Where(rows => rows.Count(row => row.Feedback > 0) >= 2 && rows.Any(row => row.Feedback < 0) && rows.Count() >= 4);
            return kept.Select(row => row.User).SequenceEqual(expected.Select(rows => rows.Key));
        });

    private static bool Covers((int, float)[] whole, (int, float)[][] windows, int length, int stride)
    {
        int end = whole.Length;
        for (int i = windows.Length - 1; i >= 0; i--)
        {
            int start = Math.Max(0, end - length);
            if (!windows[i].SequenceEqual(whole[start..end]) || (start == 0) != (i == 0))
                return false;
            end -= stride;
        }

        return windows.Length > 0;
    }

    private static IEnumerable<(int Item, float Feedback)> LastOfEach((int Item, float Feedback)[] whole, int limit)
        => whole.Where((pair, i) => whole.Skip(i).Count(later => later.Feedback == pair.Feedback) <= limit);

    private static bool IsTheSame(Sequence row, LogRow[] expected)
        => row.User == expected[0].User && Pairs(row).SequenceEqual(expected.Select(one => (one.Item, one.Feedback)));

    private static (int Item, float Feedback)[] Pairs(Sequence row) => [.. row.Items.Zip(row.Feedback)];

    private static List<Sequence> Windows(LogRow[] log, WindowSequencesOptions options)
        => LogRows.Windows(LogRows.View(log), options).As<Sequence>();

    private static void ForAll(Func<LogRow[], bool> holds)
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(40).WithReplay(new Replay(new Rnd(17, 19), null)), Prop.ForAll(Logs, holds));
}
