using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Sequences;

public sealed class WindowSequencesTests
{
    private static readonly MLContext Context = new(seed: 1);

    // user 7 comes first though user 3 is older; times out of order; two ties of user 7 at time 5
    private static readonly LogRow[] Log =
    [
        new(7, 10, 5, 1), new(3, 20, 1, -1), new(7, 11, 5, -1), new(7, 12, 2, 1), new(3, 21, 4, 1),
        new(7, 13, 9, 0), new(3, 22, 6, -1), new(7, 14, 8, -1), new(9, 30, 1, 1),
    ];

    [Fact]
    public void AUserIsARowOldestFirst()
    {
        var rows = Rows(new WindowSequencesOptions());
        Assert.Equal([7, 3, 9], rows.Select(row => row.User));
        Assert.Equal([12, 10, 11, 14, 13], rows[0].Items);
        Assert.Equal([1, 1, -1, -1, 0], rows[0].Feedback);
        Assert.Equal([20, 21, 22], rows[1].Items);
        Assert.Equal([-1, 1, -1], rows[1].Feedback);
        Assert.Equal([30], rows[2].Items);
    }

    [Fact]
    public void WithoutATimeTheOrderOfTheLogHolds()
        => Assert.Equal([10, 11, 12, 13, 14], Rows(new WindowSequencesOptions { TimestampColumnName = null })[0].Items);

    [Fact]
    public void TheLastOfAllInteractionsAreKept()
    {
        var rows = Rows(new WindowSequencesOptions { MaximumLength = 2 });
        Assert.Equal([14, 13], rows[0].Items);
        Assert.Equal([21, 22], rows[1].Items);
        Assert.Equal([30], rows[2].Items);
    }

    [Fact]
    public void TheLastOfEachFeedbackAreKept()
    {
        var rows = Rows(new WindowSequencesOptions { MaximumLengthPerFeedback = 1 });
        Assert.Equal([10, 14, 13], rows[0].Items);
        Assert.Equal([1, -1, 0], rows[0].Feedback);
        Assert.Equal([21, 22], rows[1].Items);
    }

    [Fact]
    public void WindowsOverlapAndReachBackToTheFirst()
    {
        var rows = Rows(new WindowSequencesOptions { MaximumLength = 3, Stride = 2 });
        Assert.Equal([7, 7, 3, 9], rows.Select(row => row.User));
        Assert.Equal([12, 10, 11], rows[0].Items);
        Assert.Equal([11, 14, 13], rows[1].Items);
        Assert.Equal([-1, -1, 0], rows[1].Feedback);
        Assert.Equal([20, 21, 22], rows[2].Items);
    }

    [Fact]
    public void UsersWithTooLittleAreLeftOut()
    {
        Assert.Equal([7, 3], Rows(new WindowSequencesOptions { MinimumInteractionCount = 3 }).Select(row => row.User));
        Assert.Equal([7], Rows(new WindowSequencesOptions { MinimumPositiveCount = 2 }).Select(row => row.User));
        Assert.Equal([7, 3], Rows(new WindowSequencesOptions { MinimumNegativeCount = 1 }).Select(row => row.User));
        Assert.Equal([7, 3], Rows(new WindowSequencesOptions { MinimumNegativeCount = 2, MaximumLength = 1 }).Select(row => row.User));
    }

    [Fact]
    public void TimesStandBesideTheItems()
    {
        var view = Window(new WindowSequencesOptions { TimesColumnName = "Times", MaximumLengthPerFeedback = 1 });
        Assert.Equal([5L, 8L, 9L], ((object[])DataViewRows.Of(view, "Times")[0][0]!).Cast<long>());
    }

    [Fact]
    public void DatesOrderAsTheyAre()
    {
        var noon = new DateTime(2025, 1, 1, 12, 0, 0, DateTimeKind.Utc);
        var log = Context.Data.LoadFromEnumerable(new[]
        {
            new Dated { Name = "b", Video = "x", At = noon, Feedback = 1, Country = "CH", Weights = [1, 2] },
            new Dated { Name = "a", Video = "y", At = noon, Feedback = -1, Country = "AT", Weights = [3, 4] },
            new Dated { Name = "b", Video = "z", At = noon.AddMilliseconds(-1), Feedback = 1, Country = "DE", Weights = [5, 6] },
        });
        var options = new WindowSequencesOptions
        {
            UserColumnName = "Name",
            ItemColumnName = "Video",
            TimestampColumnName = "At",
            TimesColumnName = "Times",
            PassThroughColumnNames = ["Country", "Weights"],
        };
        var view = Window(options, log);

        var rows = DataViewRows.Of(view);
        Assert.Equal(["Name", "Items", "Feedback", "Times", "Country", "Weights"], view.Schema.Select(column => column.Name));
        long ms = new DateTimeOffset(noon).ToUnixTimeMilliseconds();
        static object[] Of(params object[] values) => values;
        Assert.Equal(["b", Of("z", "x"), Of(1f, 1f), Of(ms - 1, ms), "CH", Of(1f, 2f)], rows[0]);
        Assert.Equal(["a", Of("y"), Of(-1f), Of(ms), "AT", Of(3f, 4f)], rows[1]);
    }

    [Fact]
    public void DatesWithinAMillisecondKeepTheirOrder()
    {
        var start = new DateTime(1969, 12, 31, 23, 59, 59, DateTimeKind.Utc);
        var log = Context.Data.LoadFromEnumerable(new[] { 30, 10, 20, 0 }.Select(ticks => new Dated
        {
            Name = "a",
            Video = $"{ticks}",
            At = start.AddTicks(ticks),
            Feedback = 1,
        }));
        var options = new WindowSequencesOptions { UserColumnName = "Name", ItemColumnName = "Video", TimestampColumnName = "At", TimesColumnName = "Times" };
        var row = Assert.Single(DataViewRows.Of(Window(options, log), "Items", "Times"));
        Assert.Equal(["0", "10", "20", "30"], (object[])row[0]!);
        Assert.Equal([-1000L, -1000L, -1000L, -1000L], ((object[])row[1]!).Cast<long>());
    }

    [Fact]
    public void ALogThatIsMendedIsReadAgain()
    {
        var rows = Log.Append(new LogRow(7, 1, 1, float.NaN)).ToList();
        var view = Window(new WindowSequencesOptions(), Context.Data.LoadFromEnumerable(rows.AsEnumerable()));
        Assert.Throws<InvalidDataException>(() => DataViewRows.Of(view));
        rows.RemoveAt(rows.Count - 1);
        Assert.NotEmpty(DataViewRows.Of(view));
    }

    [Fact]
    public void KeysKeepTheirTypeAndTheirValues()
    {
        var log = Context.Data.LoadFromEnumerable(Log);
        var chain = Context.Transforms.Conversion.MapValueToKey("User").Append(Context.Transforms.Conversion.MapValueToKey("Item"))
            .Append(new WindowSequencesEstimator(Context, new WindowSequencesOptions()))
            .Append(Context.Transforms.Conversion.MapKeyToValue("User"))
            .Append(Context.Transforms.Conversion.MapKeyToValue("Names", "Items"));
        var view = chain.Fit(log).Transform(log);
        Assert.Equal(new KeyDataViewType(typeof(uint), 9), ((VectorDataViewType)view.Schema["Items"].Type).ItemType);
        Assert.Equal([7, 3, 9], DataViewRows.Of(view, "User").Select(row => row[0]));
        Assert.Equal(new object[] { 12, 10, 11, 14, 13 }, DataViewRows.Of(view, "Names")[0][0]);
    }

    [Fact]
    public void AnUnknownItemStaysAsTheMissingKey()
    {
        var log = Context.Data.LoadFromEnumerable(Log);
        var keys = Context.Transforms.Conversion.MapValueToKey("Item").Fit(Context.Data.LoadFromEnumerable(Log.Take(4)));
        var rows = DataViewRows.Of(Window(new WindowSequencesOptions(), keys.Transform(log)), "Items");
        Assert.Equal(new object?[] { 4u, 1u, 3u, null, null }, (object?[])rows[0][0]!);
    }

    [Fact]
    public void TheShapeThatIsPromisedIsTheSchemaThatComes()
    {
        var log = Context.Data.LoadFromEnumerable(Log);
        var keyed = Context.Transforms.Conversion.MapValueToKey("Item").Fit(log).Transform(log);
        var options = new WindowSequencesOptions { TimesColumnName = "Times", PassThroughColumnNames = ["Time"] };
        var estimator = new WindowSequencesEstimator(Context, options);
        var promised = estimator.GetOutputSchema(ShapeOf(keyed.Schema));
        var model = estimator.Fit(keyed);
        var schema = model.GetOutputSchema(keyed.Schema);
        Assert.Equal(schema.Select(Describe), model.Transform(keyed).Schema.Select(Describe));
        Assert.Equal(ShapeOf(schema).Select(Describe), promised.Select(Describe));
        Assert.False(model.IsRowToRowMapper);
        Assert.Throws<InvalidOperationException>(() => model.GetRowToRowMapper(keyed.Schema));
        Assert.Throws<NotSupportedException>(() => Context.Model.Save(model, keyed.Schema, new MemoryStream()));

        static string Describe<T>(T column) => column switch
        {
            DataViewSchema.Column real => $"{real.Name} {real.Type}",
            SchemaShape.Column shape => $"{shape.Name} {shape.Kind} {shape.ItemType} {shape.IsKey} {shape.Annotations.Count}",
            _ => "",
        };
    }

    [Fact]
    public void CursorsShareTheRowsOut()
    {
        var log = Context.Data.LoadFromEnumerable(Enumerable.Range(0, 1000).Select(i => new LogRow(i % 300, i, i, 1)));
        var view = Window(new WindowSequencesOptions(), log);
        var columns = view.Schema.ToArray();
        var expected = DataViewRows.Of(view);
        Assert.Equal(300, view.GetRowCount());

        var cursors = view.GetRowCursorSet(columns, 3);
        Assert.Equal(3, cursors.Length);
        var parts = new List<(long Batch, ulong Id, object?[] Row)>[cursors.Length];
        Parallel.For(0, cursors.Length, i =>
        {
            using var cursor = cursors[i];
            parts[i] = [];
            var user = BoxedValues.Scalar(cursor, columns[0]);
            var items = BoxedValues.Vector(cursor, columns[1]);
            var idGetter = cursor.GetIdGetter();
            DataViewRowId id = default;
            while (cursor.MoveNext())
            {
                idGetter(ref id);
                parts[i].Add((cursor.Batch, id.Low, [user(), items()]));
            }
        });
        Assert.Equal(5, parts.SelectMany(part => part.Select(row => row.Batch).Distinct()).Count());
        var merged = parts.SelectMany(part => part).OrderBy(row => row.Batch).ToList();
        Assert.Equal(expected.Select(row => row[..2]), merged.Select(row => row.Row));
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (ulong)i), merged.Select(row => row.Id));

        using var shuffled = view.GetRowCursor(columns, new Random(1));
        var order = DataViewRows.Read(shuffled, columns).Select(row => (int)row[0]!).ToList();
        Assert.NotEqual(Enumerable.Range(0, 300), order);
        Assert.Equal(Enumerable.Range(0, 300), order.Order());
    }

    [Fact]
    public void TheLogIsReadOnce()
    {
        int reads = 0;
        IEnumerable<LogRow> Counted()
        {
            reads++;
            foreach (var interaction in Log)
                yield return interaction;
        }

        var view = Window(new WindowSequencesOptions(), Context.Data.LoadFromEnumerable(Counted()));
        Assert.Equal(0, reads);
        Assert.Null(view.GetRowCount());
        Assert.Equal(DataViewRows.Of(view), DataViewRows.Of(view));
        Assert.Equal(1, reads);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(0.5f)]
    [InlineData(2f)]
    public void FeedbackThatIsNoneIsRefused(float feedback)
    {
        var log = Context.Data.LoadFromEnumerable(new[] { Log[0], new LogRow(42, 1, 1, feedback) });
        var error = Assert.Throws<InvalidDataException>(() => Rows(new WindowSequencesOptions(), log));
        Assert.Contains("'Feedback'", error.Message);
        Assert.Contains("row 2", error.Message);
        Assert.Contains("user 42", error.Message);
    }

    [Fact]
    public void AnEmptyLogAndAMissingUserAreRefused()
    {
        var empty = Context.Data.LoadFromEnumerable(Array.Empty<LogRow>());
        Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => Rows(new WindowSequencesOptions(), empty)).Message);
        var nameless = Context.Data.LoadFromEnumerable(new[] { new Dated { Name = "a" }, new Dated { Name = "" } });
        var options = new WindowSequencesOptions { UserColumnName = "Name", ItemColumnName = "Video", TimestampColumnName = null };
        var error = Assert.Throws<InvalidDataException>(() => DataViewRows.Of(Window(options, nameless)));
        Assert.Contains("'Name' is missing in row 2", error.Message);
        // numbers that are none are nobody's, and not all one user's
        AssertNoUser(Context.Data.LoadFromEnumerable(new[] { 1f, float.NaN, float.NaN }.Select(user => new { User = user, Item = 1, Time = 1L, Feedback = 1f })));
        AssertNoUser(Context.Data.LoadFromEnumerable(new[] { 1d, double.NaN, double.NaN }.Select(user => new { User = user, Item = 1, Time = 1L, Feedback = 1f })));

        static void AssertNoUser(IDataView log) => Assert.Contains("'User' is missing in row 2",
            Assert.Throws<InvalidDataException>(() => DataViewRows.Of(Window(new WindowSequencesOptions(), log))).Message);
    }

    [Fact]
    public void MissingAndWrongColumnsAreNamed()
    {
        var log = Context.Data.LoadFromEnumerable(Log);
        Refused(new WindowSequencesOptions { UserColumnName = "Viewer" }, "'Viewer' is missing");
        Refused(new WindowSequencesOptions { ItemColumnName = "Weights" }, "'Weights'");
        Refused(new WindowSequencesOptions { TimestampColumnName = "Video" }, "'Video'");
        Refused(new WindowSequencesOptions { FeedbackColumnName = "Video" }, "'Video'");
        Refused(new WindowSequencesOptions { PassThroughColumnNames = ["Age"] }, "'Age' is missing");

        var model = new WindowSequencesEstimator(Context, new WindowSequencesOptions()).Fit(log);
        var other = Context.Data.LoadFromEnumerable(new[] { new Dated() });
        Assert.Contains("'User' is missing", Assert.Throws<ArgumentException>(() => model.Transform(other)).Message);

        static void Refused(WindowSequencesOptions options, string message)
        {
            var data = Context.Data.LoadFromEnumerable(new[] { new Wide() });
            var estimator = new WindowSequencesEstimator(Context, options);
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => estimator.Fit(data)).Message);
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => estimator.GetOutputSchema(ShapeOf(data.Schema))).Message);
        }
    }

    [Fact]
    public void OptionsThatContradictEachOtherAreRefused()
    {
        Refused(new WindowSequencesOptions { MaximumLength = -1 }, "MaximumLength");
        Refused(new WindowSequencesOptions { MaximumLength = 5, MaximumLengthPerFeedback = 5 }, "not both");
        Refused(new WindowSequencesOptions { Stride = 1 }, "Stride");
        Refused(new WindowSequencesOptions { MaximumLength = 5, Stride = 6 }, "Stride");
        Refused(new WindowSequencesOptions { MaximumLengthPerFeedback = 5, Stride = 1 }, "Stride");
        Refused(new WindowSequencesOptions { ItemsColumnName = "User" }, "'User'");
        Refused(new WindowSequencesOptions { PassThroughColumnNames = ["Items"] }, "'Items'");
        Refused(new WindowSequencesOptions { TimesColumnName = "Times", TimestampColumnName = null }, "'Times'");
        Refused(new WindowSequencesOptions { UserColumnName = "" }, "empty");

        static void Refused(WindowSequencesOptions options, string message)
            => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => new WindowSequencesEstimator(Context, options)).Message);
    }

    private static SchemaShape ShapeOf(DataViewSchema schema)
        => new(schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column)));

    private static IDataView Window(WindowSequencesOptions options, IDataView? log = null)
        => LogRows.Windows(log ?? LogRows.View(Log), options);

    private static List<Sequence> Rows(WindowSequencesOptions options, IDataView? log = null) => Window(options, log).As<Sequence>();

    private sealed class Dated
    {
        public string Name { get; set; } = "";

        public string Video { get; set; } = "";

        public DateTime At { get; set; }

        public float Feedback { get; set; }

        public string Country { get; set; } = "";

        [VectorType(2)]
        public float[] Weights { get; set; } = [0, 0];
    }

    private sealed class Wide
    {
        public int User { get; set; }

        public int Item { get; set; }

        public long Time { get; set; }

        public float Feedback { get; set; }

        public string Video { get; set; } = "";

        [VectorType(2)]
        public float[] Weights { get; set; } = [0, 0];
    }
}
