using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;
using Microsoft.ML.NegativeFeedback.Tests.Sequences;

namespace Microsoft.ML.NegativeFeedback.Tests.Feedback;

public sealed class LabelWatchFeedbackTests
{
    private static readonly MLContext Context = new(seed: 1);

    private static readonly Arbitrary<View[]> Logs = (
        from item in Gen.Choose(1, 6)
        from watched in Gen.Choose(0, 12)
        from duration in Gen.Elements(0f, 5f, 10f, 15f, 20f, 60f)
        select new View(item, watched / 2f, duration)).NonEmptyListOf().Select(list => list.ToArray()).ToArbitrary();

    [Fact]
    public void OfAVideosOwnViewsAndOfSeconds()
    {
        View[] log = [.. new float[] { 1, 2, 4, 8, 16 }.Select(watched => new View(1, watched, 20))];
        var model = Fit(log, new WatchFeedbackOptions { MinimumViewCount = 5 });
        Assert.Equal(1, model.VideoCount);

        // 3 of 5 views are the first to be half or more; 60 % are 3 as well
        Assert.Equal(["001", "001", "000", "110", "110"], Flags(model, log));
        Assert.Equal(["001", "000", "000", "110"], Flags(model, [new(1, 2.99f, 20), new(1, 3, 20), new(1, 4, 20), new(1, 4.01f, 20)]));
        View[] ten = [.. Enumerable.Range(1, 10).Select(watched => new View(1, watched, 20))];
        Assert.Equal(
            ["001", "001", "000", "000", "000", "100", "110", "110", "110", "110"],
            Flags(Fit(ten, new WatchFeedbackOptions { MinimumViewCount = 10 }), ten));
    }

    [Fact]
    public void ViewsOfOneLengthAreNotLongerThanEachOther()
    {
        View[] tied = [.. Enumerable.Repeat(new View(1, 7, 20), 30)];
        Assert.All(Flags(Fit(tied), tied), flags => Assert.Equal("000", flags));
        View[] alone = [new(1, 7, 20)];
        var model = Fit(alone, new WatchFeedbackOptions { MinimumViewCount = 1 });
        Assert.Equal(["000", "110"], Flags(model, [alone[0], new(1, 7.5f, 20)]));
    }

    [Fact]
    public void SharesAreDecimals()
    {
        // 0.55 · 20 is 11, and a little more in binary fractions: the view that is longer than 11 of 20 reaches it
        View[] log = [.. Enumerable.Range(1, 20).Select(watched => new View(1, 10 + watched, 60))];
        var model = Fit(log, new WatchFeedbackOptions { EngagedViewQuantile = 0.55, FocusedViewQuantile = 0.55 });
        Assert.Equal(["000", "110"], Flags(model, [new(1, 21, 60), new(1, 22, 60)]));
    }

    [Fact]
    public void AVideoWithFewViewsIsComparedWithItsDurationBucket()
    {
        View[] log =
        [
            .. Enumerable.Range(1, 4).Select(watched => new View(1, watched, 10)), // 1, 2, 3, 4 s of short ones
            .. Enumerable.Range(1, 4).Select(watched => new View(2, 10 * watched, 60)), // 10 to 40 s of long ones
            new(3, 100, 0),
        ];
        var options = new WatchFeedbackOptions { DurationBoundsSeconds = [10, 60, 600], SkipSeconds = 0, MinimumViewCount = 5 };
        var model = Fit(log, options);
        Assert.Equal(0, model.VideoCount);
        Assert.Equal([10f, 60f, 600f], model.DurationBoundsSeconds);

        // a bound belongs to the bucket below it
        Assert.Equal(["000", "110"], Flags(model, [new(9, 2, 10), new(9, 4, 10)]));
        Assert.Equal(["000", "100", "110"], Flags(model, [new(9, 20, 10.5f), new(9, 30, 60), new(9, 31, 60)]));

        // unknown durations are among themselves; where a bucket has no views all count: 1 2 3 4 10 20 30 40 100
        Assert.Equal(["000", "110"], Flags(model, [new(9, 100, 0), new(9, 101, 0)]));
        Assert.Equal(["000", "100", "100", "110"], Flags(model, [new(9, 10, 700), new(9, 11, 700), new(9, 20, 61), new(9, 21, 700)]));

        // with enough views of its own it is compared with those, whatever its duration
        options.MinimumViewCount = 4;
        Assert.Equal(["110"], Flags(Fit(log, options), [new(1, 4, 60)]));
    }

    [Fact]
    public void BucketsHaveEquallyManyViews()
    {
        View[] log = [.. Enumerable.Range(1, 12).Select(duration => new View(duration, 1, duration)), new(99, 1, 0)];
        Assert.Equal([3f, 6f, 9f], Fit(log, new WatchFeedbackOptions { DurationBucketCount = 4 }).DurationBoundsSeconds);
        Assert.Empty(Fit(log, new WatchFeedbackOptions { DurationBucketCount = 1 }).DurationBoundsSeconds);
        View[] one = [.. Enumerable.Repeat(new View(1, 1, 15), 8), new(2, 1, 20)];
        Assert.Equal([15f], Fit(one, new WatchFeedbackOptions { DurationBucketCount = 4 }).DurationBoundsSeconds);
        Assert.Empty(Fit([new(1, 1, 0)]).DurationBoundsSeconds);
    }

    [Fact]
    public void EveryViewIsWhatCountingSays()
        => Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(new Replay(new Rnd(17, 19), null)),
            Prop.ForAll(Logs, log =>
            {
                var options = new WatchFeedbackOptions { MinimumViewCount = 3, DurationBoundsSeconds = [10, 15], EngagedViewQuantile = 0.4, FocusedViewQuantile = 0.8 };
                View[] asked = [.. log, new(77, 2, 5), new(77, 2.5f, 12), new(77, 6, 300)];
                return Flags(Fit(log, options), asked).SequenceEqual(asked.Select(view => Count(log, view)));
            }));

    [Fact]
    public void HistoriesAreLabelledAsTheirViewsAre()
    {
        var log = Feed(400);
        var view = Context.Data.LoadFromEnumerable(log);
        History[] histories =
        [
            .. log.Chunk(7).Select(part => new History
            {
                Item = [.. part.Select(one => one.Item)],
                WatchSeconds = [.. part.Select(one => one.WatchSeconds)],
                DurationSeconds = [.. part.Select(one => one.DurationSeconds)],
            }),
            new(),
        ];
        var rows = Context.Data.LoadFromEnumerable(histories);
        var fromViews = Context.Transforms.LabelWatchFeedback().Fit(view);
        var fromHistories = Context.Transforms.LabelWatchFeedback().Fit(rows);
        var expected = fromViews.Transform(view).GetColumn<float[]>("Flags").Chunk(7).Select(part => part.SelectMany(flags => flags).ToArray()).Append([]);
        Assert.Equal(expected, fromViews.Transform(rows).GetColumn<float[]>("Flags"));
        Assert.Equal(expected, fromHistories.Transform(rows).GetColumn<float[]>("Flags"));
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single), fromViews.Transform(rows).Schema["Flags"].Type);
    }

    [Fact]
    public void TextAndKeysTellVideosApart()
    {
        var log = Feed(300);
        var view = Context.Data.LoadFromEnumerable(log);
        var texts = Context.Transforms.Conversion.ConvertType("Item", outputKind: DataKind.String).Fit(view).Transform(view);
        var keys = Context.Transforms.Conversion.MapValueToKey("Item").Fit(view).Transform(view);
        var expected = Flags(Fit(log), log);
        Assert.Equal(expected, Text(Context.Transforms.LabelWatchFeedback().Fit(texts).Transform(texts)));
        Assert.Equal(expected, Text(Context.Transforms.LabelWatchFeedback().Fit(keys).Transform(keys)));

        // a key that is missing is no video: it goes with its duration
        var few = Context.Transforms.Conversion.MapValueToKey("Item").Fit(Context.Data.LoadFromEnumerable(log.Take(1))).Transform(view);
        Assert.InRange(Context.Transforms.LabelWatchFeedback().Fit(few).VideoCount, 0, 1);
        var nameless = Context.Data.LoadFromEnumerable(Enumerable.Repeat(new Named { Item = "" }, 30).Append(new Named { Item = "a" }));
        Assert.Equal(0, Context.Transforms.LabelWatchFeedback().Fit(nameless).VideoCount);

        var model = Context.Transforms.LabelWatchFeedback().Fit(keys);
        string message = Assert.Throws<ArgumentException>(() => model.Transform(view)).Message;
        Assert.Contains("'Item' has items of type Int32", message);
    }

    [Fact]
    public void KeysOfAnotherMappingAreRefused()
    {
        var view = Context.Data.LoadFromEnumerable(new Named[] { new() { Item = "a" }, new() { Item = "b" } });
        var turned = Context.Data.LoadFromEnumerable(new Named[] { new() { Item = "b" }, new() { Item = "a" } });
        var keys = Context.Transforms.Conversion.MapValueToKey("Item");
        var model = Context.Transforms.LabelWatchFeedback().Fit(keys.Fit(view).Transform(view));
        Assert.Equal(2, Text(model.Transform(keys.Fit(view).Transform(turned))).Count());
        string message = Assert.Throws<ArgumentException>(() => model.Transform(keys.Fit(turned).Transform(turned))).Message;
        Assert.Contains("'Item' has 'b' at key 1, where LabelWatchFeedback learned 'a'", message);
    }

    [Fact]
    public void BucketsBeyondTheViewsAreNone()
    {
        View[] log = [new(1, 1, 10), new(1, 2, 20), new(1, 3, 30)];
        Assert.Equal([10f, 20f], Fit(log, new WatchFeedbackOptions { DurationBucketCount = int.MaxValue }).DurationBoundsSeconds);
    }

    [Fact]
    public void TheFlagsAreNamedAndTheShapeIsTheOnePromised()
    {
        var view = Context.Data.LoadFromEnumerable(Feed(50));
        var estimator = Context.Transforms.LabelWatchFeedback("Kinds");
        var schema = estimator.Fit(view).Transform(view).Schema;
        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 3), schema["Kinds"].Type);
        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["Kinds"].Annotations.GetValue("SlotNames", ref names);
        Assert.Equal(["EVV", "FVV", "GVV"], names.DenseValues().Select(name => name.ToString()));
        // who is given the names may write over what holds them
        VBufferEditor.Create(ref names, 3).Values.Fill("other".AsMemory());
        schema["Kinds"].Annotations.GetValue("SlotNames", ref names);
        Assert.Equal(["EVV", "FVV", "GVV"], names.DenseValues().Select(name => name.ToString()));
        var promised = estimator.GetOutputSchema(ShapeOf(view.Schema)).Single(column => column.Name == "Kinds");
        var got = SchemaShapes.Of(schema["Kinds"]);
        Assert.Equal((got.Kind, got.ItemType, got.IsKey), (promised.Kind, promised.ItemType, promised.IsKey));
        Assert.Equal(got.Annotations.Select(one => (one.Name, one.Kind, one.ItemType)), promised.Annotations.Select(one => (one.Name, one.Kind, one.ItemType)));

        var histories = Context.Data.LoadFromEnumerable(new[] { new History() });
        Assert.Equal(
            SchemaShape.Column.VectorKind.VariableVector,
            estimator.GetOutputSchema(ShapeOf(histories.Schema)).Single(column => column.Name == "Kinds").Kind);
    }

    [Fact]
    public void AnyWayOfReadingGivesTheSameFlags()
    {
        var log = Feed(500);
        var view = Context.Data.LoadFromEnumerable(log);
        var chain = Context.Transforms.LabelWatchFeedback().Append(Context.Transforms.CopyColumns("Copy", "Flags"));
        var model = chain.Fit(view);
        var expected = Text(model.Transform(view));
        Assert.Equal(expected, Text(model.Transform(Context.Data.Cache(view))));
        Assert.Equal(expected, Text(chain.Fit(Context.Data.ShuffleRows(view, seed: 3)).Transform(view)));
        Assert.Equal(expected.Order(), Text(Context.Data.ShuffleRows(model.Transform(view), seed: 3)).Order());
        var parts = Context.Data.TrainTestSplit(view, 0.3, seed: 1);
        Assert.Equal(
            expected.Order(), Text(model.Transform(parts.TrainSet)).Concat(Text(model.Transform(parts.TestSet))).Order());

        var cached = model.Transform(Context.Data.Cache(view));
        var cursors = cached.GetRowCursorSet([cached.Schema["Flags"]], 3);
        var read = new List<string>[cursors.Length];
        Parallel.For(0, cursors.Length, i =>
        {
            using var cursor = cursors[i];
            read[i] = [.. DataViewRows.Read(cursor, [cached.Schema["Flags"]]).Select(row => string.Concat((object[])row[0]!))];
        });
        Assert.Equal(expected.Order(), read.SelectMany(part => part).Order());

        using var engine = Context.Model.CreatePredictionEngine<View, Labelled>(model);
        Assert.Equal(expected.Take(50), log.Take(50).Select(one => string.Concat(engine.Predict(one).Flags)));
        Assert.Contains("label in code", Assert.Throws<NotSupportedException>(
            () => Context.Model.Save(Fit(log), view.Schema, new MemoryStream())).Message);
    }

    [Fact]
    public void FlagsStayBesideTheItemsOfSequences()
    {
        var log = Feed(200);
        var view = Context.Data.LoadFromEnumerable(log);
        var chain = Context.Transforms.LabelWatchFeedback()
            .Append(Context.Transforms.LabelFeedback(FeedbackRule.WatchTime(unknownDuration: UnknownDuration.Neither)))
            .Append(Context.Transforms.WindowSequences(new WindowSequencesOptions { SequenceColumnNames = ["Flags", "WatchSeconds"], TimestampColumnName = null }));
        var rows = chain.Fit(view).Transform(view).As<Sequence>();
        var flags = Flags(Fit(log), log).Zip(log).ToLookup(pair => pair.Second.User, pair => pair.First);
        Assert.Equal(rows.Select(row => string.Concat(flags[row.User])), rows.Select(row => string.Concat(row.Flags)));
    }

    [Theory]
    [InlineData(float.NaN, 10, "'WatchSeconds' is NaN in row 2")]
    [InlineData(float.PositiveInfinity, 10, "'WatchSeconds' is Infinity in row 2")]
    [InlineData(-1, 10, "'WatchSeconds' is -1 in row 2")]
    [InlineData(1, float.NaN, "'DurationSeconds' is NaN in row 2")]
    [InlineData(1, float.NegativeInfinity, "'DurationSeconds' is -Infinity in row 2")]
    [InlineData(1, -10, "'DurationSeconds' is -10 in row 2")]
    public void ImpossibleTimesAreRefused(float watchSeconds, float durationSeconds, string message)
    {
        View[] log = [new(1, 1, 10), new(1, watchSeconds, durationSeconds)];
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Fit(log)).Message);
        var model = Fit([log[0]]);
        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Flags(model, log)).Message);
    }

    [Fact]
    public void AnEmptyLogIsRefused()
    {
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => Fit([])).Message);
        var histories = Context.Data.LoadFromEnumerable(new[] { new History() });
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => Context.Transforms.LabelWatchFeedback().Fit(histories)).Message);
    }

    [Fact]
    public void HistoriesOfDifferentLengthsAreRefused()
    {
        var histories = Context.Data.LoadFromEnumerable(new[] { new History { Item = [1, 2], WatchSeconds = [1, 2], DurationSeconds = [1] } });
        string message = Assert.Throws<InvalidDataException>(() => Context.Transforms.LabelWatchFeedback().Fit(histories)).Message;
        Assert.Contains("Row 1 has 2 values in column 'Item', 2 in 'WatchSeconds' and 1 in 'DurationSeconds'", message);
    }

    [Fact]
    public void MissingAndWrongColumnsAreNamed()
    {
        Refused(new WatchFeedbackOptions { ItemColumnName = "Video" }, "'Video' is missing");
        Refused(new WatchFeedbackOptions { ItemColumnName = "At" }, "'At'");
        Refused(new WatchFeedbackOptions { WatchSecondsColumnName = "Played" }, "'Played' is missing");
        Refused(new WatchFeedbackOptions { WatchSecondsColumnName = "User" }, "'User'");
        Refused(new WatchFeedbackOptions { DurationSecondsColumnName = "Length" }, "'Length' is missing");
        Refused(new WatchFeedbackOptions { DurationSecondsColumnName = "Pair" }, "must all be scalars");

        static void Refused(WatchFeedbackOptions options, string message)
        {
            var view = Context.Data.LoadFromEnumerable(new[] { new Odd() });
            var estimator = Context.Transforms.LabelWatchFeedback(options: options);
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => estimator.Fit(view)).Message);
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => estimator.GetOutputSchema(ShapeOf(view.Schema))).Message);
        }
    }

    [Fact]
    public void OptionsOutOfRangeAreRefused()
    {
        Refused(new WatchFeedbackOptions { DurationBoundsSeconds = [15, 15.0000001] }, "rising");
        Refused(new WatchFeedbackOptions { EngagedViewQuantile = 0 }, "EngagedViewQuantile must be above 0 and below 1");
        Refused(new WatchFeedbackOptions { EngagedViewQuantile = double.NaN }, "EngagedViewQuantile");
        Refused(new WatchFeedbackOptions { FocusedViewQuantile = 1 }, "FocusedViewQuantile must be above 0 and below 1");
        Refused(new WatchFeedbackOptions { EngagedViewQuantile = 0.7 }, "at most FocusedViewQuantile, 0.6");
        Refused(new WatchFeedbackOptions { SkipSeconds = -1 }, "SkipSeconds");
        Refused(new WatchFeedbackOptions { SkipSeconds = 1e39 }, "SkipSeconds");
        Refused(new WatchFeedbackOptions { SkipSeconds = double.PositiveInfinity }, "SkipSeconds");
        Refused(new WatchFeedbackOptions { MinimumViewCount = 0 }, "MinimumViewCount must be at least 1");
        Refused(new WatchFeedbackOptions { DurationBucketCount = 0 }, "DurationBucketCount must be at least 1");
        Refused(new WatchFeedbackOptions { DurationBoundsSeconds = [10, 10] }, "rising");
        Refused(new WatchFeedbackOptions { DurationBoundsSeconds = [0, 10] }, "above 0");
        Refused(new WatchFeedbackOptions { DurationBoundsSeconds = [double.NaN] }, "finite");
        Refused(new WatchFeedbackOptions { ItemColumnName = "" }, "empty");
        Refused(new WatchFeedbackOptions { WatchSecondsColumnName = "Item" }, "different names");
        Assert.Contains("empty", Assert.Throws<ArgumentException>(() => Context.Transforms.LabelWatchFeedback(" ")).Message);

        static void Refused(WatchFeedbackOptions options, string message)
            => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => Context.Transforms.LabelWatchFeedback(options: options)).Message);
    }

    [Fact]
    public void CancellationEndsFitting()
    {
        var options = new WatchFeedbackOptions { CancellationToken = new CancellationToken(canceled: true) };
        Assert.Throws<OperationCanceledException>(() => Fit(Feed(10), options));
    }

    /// <summary>The definition, by counting those that are shorter; 3 views make a video's own, bounds are 10 and 15 s, shares 2 and 4 fifths.</summary>
    private static string Count(View[] log, View view)
    {
        static int Bucket(View one) => one.DurationSeconds == 0 ? 0 : one.DurationSeconds <= 10 ? 1 : one.DurationSeconds <= 15 ? 2 : 3;
        var others = log.Where(one => one.Item == view.Item).ToArray();
        if (others.Length < 3)
            others = [.. log.Where(one => Bucket(one) == Bucket(view))];
        if (others.Length == 0)
            others = log;
        int shorter = others.Count(one => one.WatchSeconds < view.WatchSeconds);
        return $"{(5 * shorter >= 2 * others.Length ? 1 : 0)}{(5 * shorter >= 4 * others.Length ? 1 : 0)}{(view.WatchSeconds < 3 ? 1 : 0)}";
    }

    /// <summary>Few videos with many views, many with few.</summary>
    private static View[] Feed(int count)
    {
        var random = new Random(5);
        return
        [
            .. Enumerable.Range(0, count).Select(_ =>
            {
                int item = (int)(60 * Math.Pow(random.NextDouble(), 3)) + 1;
                return new View(item, random.Next(0, 60) / 2f, item % 7 * 5) { User = random.Next(1, 5) };
            }),
        ];
    }

    private static SchemaShape ShapeOf(DataViewSchema schema) => new(schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column)));

    private static LabelWatchFeedbackTransformer Fit(View[] log, WatchFeedbackOptions? options = null)
        => Context.Transforms.LabelWatchFeedback(options: options).Fit(Context.Data.LoadFromEnumerable(log));

    private static List<string> Flags(LabelWatchFeedbackTransformer model, View[] views) => Text(model.Transform(Context.Data.LoadFromEnumerable(views)));

    private static List<string> Text(IDataView labelled) => [.. labelled.GetColumn<float[]>("Flags").Select(flags => string.Concat(flags))];

    private sealed class View
    {
        public View()
        {
        }

        public View(int item, float watchSeconds, float durationSeconds) => (Item, WatchSeconds, DurationSeconds) = (item, watchSeconds, durationSeconds);

        public int User { get; set; }

        public int Item { get; set; }

        public float WatchSeconds { get; set; }

        public float DurationSeconds { get; set; }
    }

    private sealed class Labelled
    {
        public float[] Flags { get; set; } = [];
    }

    private sealed class Sequence
    {
        public int User { get; set; }

        public float[] Flags { get; set; } = [];
    }

    private sealed class Named
    {
        public string Item { get; set; } = "";

        public float WatchSeconds { get; set; }

        public float DurationSeconds { get; set; }
    }

    private sealed class History
    {
        public int[] Item { get; set; } = [];

        public float[] WatchSeconds { get; set; } = [];

        public float[] DurationSeconds { get; set; } = [];
    }

    private sealed class Odd
    {
        public int User { get; set; }

        public int Item { get; set; }

        public DateTime At { get; set; }

        public float WatchSeconds { get; set; }

        public float DurationSeconds { get; set; }

        [VectorType(2)]
        public float[] Pair { get; set; } = [0, 0];
    }
}
