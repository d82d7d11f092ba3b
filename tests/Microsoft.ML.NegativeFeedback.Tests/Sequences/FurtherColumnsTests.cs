using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

/// <summary>
/// Further columns of sequences. Every row of a log tells its number, from 0, in a Single, a vector, an Int64 and a key, so that each value of a sequence
/// says which row of the log it comes from.
/// </summary>
public sealed class FurtherColumnsTests
{
    private static readonly MLContext Context = new(seed: 1);

    private static readonly string[] Further = ["Weight", "Pair", "Stamp", "Kind"];

    private static readonly Arbitrary<LogRow[]> Logs = (
        from user in Gen.Choose(1, 3)
        from item in Gen.Choose(1, 5)
        from time in Gen.Choose(0, 9)
        from feedback in Gen.Choose(-1, 1)
        select new LogRow(user, item, time, feedback)).ListOf(30).Select(list => list.ToArray()).ToArbitrary();

    [Fact]
    public void ValuesStayBesideTheirItemsInWindows()
        => ForAll(log => new WindowSequencesOptions[]
        {
            new(),
            new() { MaximumLength = 4 },
            new() { MaximumLength = 4, Stride = 3 },
            new() { MaximumLengthPerFeedback = 2 },
            new() { MinimumNegativeCount = 2 },
            new() { TimestampColumnName = null },
        }.All(options =>
        {
            options.SequenceColumnNames = Further;
            options.TimesColumnName = options.TimestampColumnName is null ? null : "Times";
            var plain = new WindowSequencesOptions
            {
                MaximumLength = options.MaximumLength,
                Stride = options.Stride,
                MaximumLengthPerFeedback = options.MaximumLengthPerFeedback,
                MinimumNegativeCount = options.MinimumNegativeCount,
                TimestampColumnName = options.TimestampColumnName,
            };
            var windows = LogRows.Windows(View(log), options);
            var rows = windows.As<FurtherRow>();
            return rows.Select(row => Text(row.Items)).SequenceEqual(LogRows.Windows(View(log), plain).As<Sequence>().Select(row => Text(row.Items)))
                && rows.All(row => IsBeside(log, row))
                && rows.All(row => options.TimesColumnName is null || IsInOrder(log, row.Weight))
                && (options.TimesColumnName is null || windows.As<TimedRow>().All(row => row.Times.SequenceEqual(row.Weight.Select(i => log[(int)i].Time))));
        }));

    [Theory]
    [InlineData(4, 0)]
    [InlineData(0, 2)]
    public void ValuesStayBesideTheirItemsInLeaveLastOut(int maximumPositiveCount, int lastViews)
        => ForAll(log =>
        {
            LeaveLastOutData split;
            try
            {
                split = Context.Data.LeaveLastOut(View(log), new LeaveLastOutOptions
                {
                    SequenceColumnNames = Further,
                    MaximumPositiveCount = maximumPositiveCount,
                    NumberOfLastViews = lastViews,
                });
            }
            catch (InvalidDataException)
            {
                return true; // no user has three positives, or six views
            }

            return split.TrainSet.As<FurtherRow>().All(row => IsBeside(log, row))
                && split.TrainSet.As<CandidateRow>().All(row => row.CandidatePair.Length + row.CandidateWeight.Length == 0)
                && new[] { split.ValidationSet, split.TestSet }.All(set =>
                    set.As<FurtherRow>().All(row => IsBeside(log, row))
                    && set.As<TargetRow>().All(row => IsTheTarget(log, row))
                    && set.As<RankedRow>().All(row => AreTheCandidates(log, row)));
        });

    [Fact]
    public void ValuesStayBesideTheirItemsInTheTemporalSplit()
    {
        int splits = 0;
        ForAll(log =>
        {
            var options = new TemporalSplitOptions
            {
                SequenceColumnNames = Further,
                TimesColumnName = "Times",
                BoundaryQuantile = 0.5,
                MinimumItemCount = 1,
                MinimumUserCount = 1,
                MinimumPositiveCount = 1,
                TestShare = 1,
            };
            TemporalSplitData split;
            try
            {
                split = Context.Data.TemporalSplit(View(log), options);
            }
            catch (InvalidDataException)
            {
                return true; // too little is left, and it says so
            }

            splits++;
            return split.TestSet.As<FurtherRow>().All(row => IsBeside(log, row))
                && split.TestSet.As<TargetRow>().All(row => IsTheTarget(log, row))
                && split.TestSet.As<TimedRow>().All(row => row.Times.SequenceEqual(row.Weight.Select(i => log[(int)i].Time)));
        });
        Assert.True(splits > 10);
    }

    [Fact]
    public void ShapesAreThoseOfTheLog()
    {
        var view = View([new(1, 1, 1, 1), new(1, 2, 2, -1), new(1, 3, 3, 1), new(1, 4, 4, 1), new(1, 5, 5, -1)]);
        var kind = (KeyDataViewType)view.Schema["Kind"].Type;
        var estimator = Context.Transforms.WindowSequences(new WindowSequencesOptions { SequenceColumnNames = Further, PassThroughColumnNames = ["Time"] });
        var windows = estimator.Fit(view).Transform(view).Schema;
        Assert.Equal(["User", "Items", "Feedback", .. Further, "Time"], windows.Select(column => column.Name));
        PrimitiveDataViewType[] types = [NumberDataViewType.Single, NumberDataViewType.Single, NumberDataViewType.Int64, kind];
        Assert.Equal(types.Select(type => new VectorDataViewType(type)), Further.Select(name => windows[name].Type));
        Assert.Equal(["k0", "k1", "k2"], BoxedValues.KeyValues(windows["Kind"])!);

        var promised = estimator.GetOutputSchema(new SchemaShape(view.Schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column))));
        Assert.Equal(windows.Select(column => Describe(SchemaShapes.Of(column))), promised.Select(Describe));

        var split = Context.Data.LeaveLastOut(view, new LeaveLastOutOptions { SequenceColumnNames = Further }).TestSet.Schema;
        Assert.Equal(types.Select(type => new VectorDataViewType(type)), Further.Select(name => split[$"Candidate{name}"].Type));
        Assert.Equal(Further.Select(name => view.Schema[name].Type), Further.Select(name => split[$"Target{name}"].Type));
        Assert.Equal(["k0", "k1", "k2"], BoxedValues.KeyValues(split["TargetKind"])!);
        Assert.Equal(["k0", "k1", "k2"], BoxedValues.KeyValues(split["CandidateKind"])!);
        Assert.Equal(NumberDataViewType.Int64, split["TargetTime"].Type);

        static string Describe(SchemaShape.Column shape) => $"{shape.Name} {shape.Kind} {shape.ItemType} {shape.IsKey} {shape.Annotations.Count}";
    }

    [Fact]
    public void TheTargetsTimeComesWithTheTimes()
    {
        var log = View([new(1, 1, 1, 1), new(1, 2, 2, 1), new(1, 3, 3, 1)]);
        var named = Context.Data.LeaveLastOut(log, new LeaveLastOutOptions { TargetTimeColumnName = "When" });
        Assert.Equal([3L], named.TestSet.GetColumn<long>("When"));
        Assert.Equal([2L], named.ValidationSet.GetColumn<long>("When"));
        Assert.Null(Context.Data.LeaveLastOut(log, new LeaveLastOutOptions { TimesColumnName = null }).TestSet.Schema.GetColumnOrNull("TargetTime"));
    }

    [Fact]
    public void MissingKeysStayMissing()
    {
        var log = View([new(1, 1, 1, 1), new(1, 2, 2, 1), new(1, 3, 3, 1)]);
        var keys = Context.Transforms.Conversion.MapValueToKey("Kind", "Name").Fit(Context.Data.TakeRows(log, 1));
        var rows = LogRows.Windows(keys.Transform(log), new WindowSequencesOptions { SequenceColumnNames = ["Kind"] });
        Assert.Equal([1u, null, null], (object?[])DataViewRows.Of(rows, "Kind")[0][0]!);
    }

    [Theory]
    [InlineData("Age", "'Age' is missing")]
    [InlineData("Name", "'Name' has type String")]
    [InlineData("Many", "'Many' has type Vector<Single>")]
    [InlineData("Whole", "'Whole' has type Int32")]
    [InlineData("Wide", "'Wide' has type Key<UInt64")]
    public void ColumnsThatCannotBeKeptAreNamed(string name, string message)
    {
        var view = View([new(1, 1, 1, 1)]);
        var typed = Context.Transforms.Conversion.ConvertType("Whole", "Stamp", DataKind.Int32)
            .Append(Context.Transforms.Conversion.ConvertType("Wide", "Kind", DataKind.UInt64)).Fit(view).Transform(view);
        var windows = Context.Transforms.WindowSequences(new WindowSequencesOptions { SequenceColumnNames = [name] });
        Assert.Contains(message, Assert.Throws<ArgumentException>(() => windows.Fit(typed)).Message);
        var shape = new SchemaShape(typed.Schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column)));
        Assert.Contains(message.Split(' ')[0], Assert.Throws<ArgumentException>(() => windows.GetOutputSchema(shape)).Message);
        Assert.Contains(message, Assert.Throws<ArgumentException>(
            () => Context.Data.TemporalSplit(typed, new TemporalSplitOptions { SequenceColumnNames = [name] })).Message);
        Assert.Contains(message, Assert.Throws<ArgumentException>(
            () => Context.Data.LeaveLastOut(typed, new LeaveLastOutOptions { SequenceColumnNames = [name] })).Message);
    }

    [Fact]
    public void NamesThatMeetAreRefused()
    {
        Refused(() => Context.Transforms.WindowSequences(new WindowSequencesOptions { SequenceColumnNames = ["Feedback"] }), "'Feedback'");
        Refused(() => Context.Transforms.WindowSequences(new WindowSequencesOptions { SequenceColumnNames = ["Pair", "Pair"] }), "'Pair'");
        Refused(
            () => Context.Transforms.WindowSequences(new WindowSequencesOptions { SequenceColumnNames = ["Pair"], PassThroughColumnNames = ["Pair"] }),
            "'Pair'");
        Refused(() => Context.Transforms.WindowSequences(new WindowSequencesOptions { SequenceColumnNames = [" "] }), "empty");
        var log = View([new(1, 1, 1, 1)]);
        Refused(() => Context.Data.LeaveLastOut(log, new LeaveLastOutOptions { SequenceColumnNames = ["Time"] }), "'TargetTime'");
        Refused(() => Context.Data.LeaveLastOut(log, new LeaveLastOutOptions { SequenceColumnNames = ["Labels"] }), "'CandidateLabels'");
        Refused(() => Context.Data.LeaveLastOut(log, new LeaveLastOutOptions { TargetTimeColumnName = "Items" }), "'Items'");
        Refused(() => Context.Data.TemporalSplit(log, new TemporalSplitOptions { SequenceColumnNames = ["Item"] }), "'TargetItem'");
        Refused(() => Context.Data.TemporalSplit(log, new TemporalSplitOptions { TimesColumnName = "Items" }), "'Items'");

        static void Refused(Func<object> make, string message) => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(make).Message);
    }

    [Theory]
    [InlineData(float.NaN, 0, "'Weight' is NaN in row 2")]
    [InlineData(0, float.NegativeInfinity, "'Pair' is -Infinity in row 2")]
    public void NumbersThatAreNoneAreRefused(float weight, float pair, string message)
    {
        var log = Context.Data.LoadFromEnumerable(new[] { new FurtherLogRow(), new FurtherLogRow { Weight = weight, Pair = [0, pair] } });
        string[] names = ["Weight", "Pair"];
        var windows = LogRows.Windows(log, new WindowSequencesOptions { SequenceColumnNames = names });
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => DataViewRows.Of(windows)).Message);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(
            () => Context.Data.LeaveLastOut(log, new LeaveLastOutOptions { SequenceColumnNames = names })).Message);
        Assert.NotEmpty(DataViewRows.Of(LogRows.Windows(log, new WindowSequencesOptions())));
    }

    private static IDataView View(LogRow[] log)
    {
        var rows = Context.Data.LoadFromEnumerable(log.Select((row, i) => new FurtherLogRow
        {
            User = row.User,
            Item = row.Item,
            Time = row.Time,
            Feedback = row.Feedback,
            Weight = i,
            Pair = [i, i % 2 == 0 ? 0 : -i],
            Stamp = 10L * i,
            Name = $"k{i % 3}",
        }).ToArray());
        return Context.Transforms.Conversion.MapValueToKey("Kind", "Name").Fit(rows).Transform(rows);
    }

    private static bool IsBeside(LogRow[] log, FurtherRow row)
    {
        int[] from = [.. row.Weight.Select(weight => (int)weight)];
        return from.All(i => log[i].User == row.User)
            && row.Items.SequenceEqual(from.Select(i => log[i].Item))
            && row.Feedback.SequenceEqual(from.Select(i => log[i].Feedback))
            && row.Pair.SequenceEqual(from.SelectMany(PairOf))
            && row.Stamp.SequenceEqual(from.Select(i => 10L * i))
            && row.Kind.SequenceEqual(from.Select(i => (uint)(i % 3) + 1));
    }

    /// <summary>By time, and at one time as the log has them.</summary>
    private static bool IsInOrder(LogRow[] log, float[] rows)
        => rows.Zip(rows.Skip(1)).All(pair => (log[(int)pair.First].Time, pair.First).CompareTo((log[(int)pair.Second].Time, pair.Second)) < 0);

    private static string Text(int[] items) => string.Join(' ', items);

    private static bool IsTheTarget(LogRow[] log, TargetRow row)
    {
        int from = (int)row.TargetWeight;
        return (log[from].Item, log[from].Feedback, log[from].Time, 10L * from, (uint)(from % 3) + 1)
                == (row.TargetItem, row.TargetFeedback, row.TargetTime, row.TargetStamp, row.TargetKind)
            && row.TargetPair.SequenceEqual(PairOf(from));
    }

    private static bool AreTheCandidates(LogRow[] log, RankedRow row)
    {
        int[] from = [.. row.CandidateWeight.Select(weight => (int)weight)];
        return from[0] == (int)row.TargetWeight
            && row.Candidates.SequenceEqual(from.Select(i => log[i].Item))
            && row.CandidateLabels.SequenceEqual(from.Select(i => log[i].Feedback > 0 ? 1f : 0))
            && row.CandidatePair.SequenceEqual(from.SelectMany(PairOf))
            && row.CandidateStamp.SequenceEqual(from.Select(i => 10L * i))
            && row.CandidateKind.SequenceEqual(from.Select(i => (uint)(i % 3) + 1));
    }

    private static float[] PairOf(int i) => [i, i % 2 == 0 ? 0 : -i];

    private static void ForAll(Func<LogRow[], bool> holds)
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(40).WithReplay(new Replay(new Rnd(17, 19), null)), Prop.ForAll(Logs, holds));

    private sealed class FurtherLogRow
    {
        public int User { get; set; }

        public int Item { get; set; }

        public long Time { get; set; }

        public float Feedback { get; set; }

        public float Weight { get; set; }

        [VectorType(2)]
        public float[] Pair { get; set; } = [0, 0];

        public long Stamp { get; set; }

        public string Name { get; set; } = "";

        [VectorType]
        public float[] Many { get; set; } = [];
    }

    private sealed class FurtherRow
    {
        public int User { get; set; }

        public int[] Items { get; set; } = [];

        public float[] Feedback { get; set; } = [];

        public float[] Weight { get; set; } = [];

        public float[] Pair { get; set; } = [];

        public long[] Stamp { get; set; } = [];

        [KeyType(3)]
        public uint[] Kind { get; set; } = [];
    }

    private sealed class TimedRow
    {
        public float[] Weight { get; set; } = [];

        public long[] Times { get; set; } = [];
    }

    private sealed class TargetRow
    {
        public int TargetItem { get; set; }

        public float TargetFeedback { get; set; }

        public long TargetTime { get; set; }

        public float TargetWeight { get; set; }

        [VectorType(2)]
        public float[] TargetPair { get; set; } = [];

        public long TargetStamp { get; set; }

        [KeyType(3)]
        public uint TargetKind { get; set; }
    }

    private class CandidateRow
    {
        public int[] Candidates { get; set; } = [];

        public float[] CandidateLabels { get; set; } = [];

        public float[] CandidateWeight { get; set; } = [];

        public float[] CandidatePair { get; set; } = [];

        public long[] CandidateStamp { get; set; } = [];

        [KeyType(3)]
        public uint[] CandidateKind { get; set; } = [];
    }

    private sealed class RankedRow : CandidateRow
    {
        public float TargetWeight { get; set; }
    }
}
