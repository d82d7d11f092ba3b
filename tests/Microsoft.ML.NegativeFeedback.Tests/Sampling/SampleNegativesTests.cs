using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Sampling;

public sealed class SampleNegativesTests
{
    private static readonly MLContext Context = SequenceRows.Context;
    private static readonly string[] TenItems = SequenceRows.Catalogue(10);

    [Theory]
    [InlineData(NegativeSamplingMethod.Uniform)]
    [InlineData(NegativeSamplingMethod.Popularity)]
    [InlineData(NegativeSamplingMethod.InBatch)]
    public void Every_liked_item_has_its_distinct_unseen_negatives(NegativeSamplingMethod method)
    {
        var rows = SequenceRows.Random();
        var sampled = Context.Transforms.SampleNegatives(method: method, numberOfNegatives: 3).Fit(rows).Transform(rows);
        Assert.Equal(SequenceRows.UserCount, DataViewRows.Of(sampled).Count);
        foreach (var row in DataViewRows.Of(sampled, "Items", "Feedback", "Negatives"))
        {
            var (items, feedback, negatives) = ((object?[])row[0]!, (object?[])row[1]!, (object?[])row[2]!);
            Assert.Equal(3 * feedback.Count(value => value is 1f), negatives.Length);
            Assert.Empty(negatives.Intersect(items));
            Assert.All(negatives, key => Assert.InRange((uint)key!, 1u, (uint)SequenceRows.ItemCount));
            Assert.All(negatives.Chunk(3), chunk => Assert.Equal(3, chunk.Distinct().Count()));
        }
    }

    [Theory]
    [InlineData(NegativeSamplingMethod.Uniform)]
    [InlineData(NegativeSamplingMethod.Popularity)]
    [InlineData(NegativeSamplingMethod.InBatch)]
    public void The_seed_decides(NegativeSamplingMethod method)
    {
        var rows = SequenceRows.Random();
        var first = Sampled(1);
        Assert.Equal(first, Sampled(1));
        var other = Sampled(2);
        int same = first.Count(user => user.Value.SequenceEqual(other[user.Key]));
        // of 300 users, those without a liked item and chance
        Assert.InRange(same, 0, SequenceRows.UserCount / 3);

        Dictionary<int, uint[]> Sampled(int seed) => SequenceRows.NegativesOf(
            Context.Transforms.SampleNegatives(new SampleNegativesOptions { Method = method, Seed = seed }).Fit(rows).Transform(rows));
    }

    [Theory]
    [InlineData(NegativeSamplingMethod.Uniform)]
    [InlineData(NegativeSamplingMethod.Popularity)]
    [InlineData(NegativeSamplingMethod.InBatch)]
    public void A_row_has_its_negatives_however_it_is_read(NegativeSamplingMethod method)
    {
        var rows = SequenceRows.Random();
        var options = new SampleNegativesOptions { Method = method, NumberOfNegatives = 2, ObservedSkipShare = 0.3, BatchSize = 32 };
        var model = Context.Transforms.SampleNegatives(options).Fit(rows);
        var view = model.Transform(rows);
        var expected = SequenceRows.NegativesOf(view);

        var columns = new[] { view.Schema["User"], view.Schema["Negatives"] };
        var cursors = view.GetRowCursorSet(columns, 3);
        Assert.Equal(method == NegativeSamplingMethod.InBatch ? 1 : 3, cursors.Length);
        Assert.Equal(expected, SequenceRows.NegativesOf(cursors));
        Assert.Equal(expected, SequenceRows.NegativesOf(Context.Data.Cache(view)));
        Assert.Equal(expected, SequenceRows.NegativesOf(Context.Data.ShuffleRows(view, seed: 3)));
        using (var cursor = view.GetRowCursor(columns, new Random(4)))
            Assert.Equal(expected, SequenceRows.NegativesOf([cursor]));
        if (method == NegativeSamplingMethod.InBatch)
            return;
        // what a row shares a view with does not matter
        Assert.Equal(expected, SequenceRows.NegativesOf(model.Transform(Context.Data.ShuffleRows(rows, seed: 3))));
        var part = SequenceRows.NegativesOf(model.Transform(Context.Data.SkipRows(rows, 200)));
        Assert.Equal(expected.Where(user => part.ContainsKey(user.Key)), part.OrderBy(user => user.Key));
    }

    [Fact]
    public void Names_of_negatives_come_back_and_single_rows_get_the_same()
    {
        NamedSequence[] rows = [.. Enumerable.Range(1, 5).Select(user => Row(user, (user, 1), (user + 1, -1), (user + 2, 1)))];
        var view = Context.Data.LoadFromEnumerable(rows);
        var model = SequenceRows.Keys(TenItems).Append(Context.Transforms.SampleNegatives(numberOfNegatives: 4))
            .Append(Context.Transforms.Conversion.MapKeyToValue("Names", "Negatives")).Fit(view);
        var expected = Context.Data.CreateEnumerable<SampledSequence>(model.Transform(view), reuseRowObject: false).ToArray();
        using var engine = Context.Model.CreatePredictionEngine<NamedSequence, SampledSequence>(model, new PredictionEngineOptions { OwnsTransformer = false });
        for (int i = rows.Length - 1; i >= 0; i--)
        {
            Assert.Equal(8, expected[i].Names.Length);
            Assert.All(expected[i].Names, name => Assert.Contains(name, TenItems.Except(rows[i].Items)));
            Assert.Equal(expected[i].Names, engine.Predict(rows[i]).Names);
        }
    }

    [Fact]
    public void Popular_items_are_drawn_by_the_power_of_their_counts()
    {
        // item 9 occurs 80 times, item 10 twenty; whoever likes item 1 two thousand times has two thousand draws
        NamedSequence[] rows =
        [
            .. Enumerable.Range(0, 80).Select(user => Row(user, (9, user % 2))),
            .. Enumerable.Range(80, 20).Select(user => Row(user, (10, -1))),
            Row(100, [.. Enumerable.Repeat((1, 1), 2000)]),
        ];
        var view = SequenceRows.Of(TenItems, rows);
        foreach (var (exponent, share) in new[] { (0.0, 0.5), (0.5, 2 / 3.0), (1.0, 0.8) })
        {
            var options = new SampleNegativesOptions { Method = NegativeSamplingMethod.Popularity, PopularityExponent = exponent };
            var drawn = SequenceRows.NegativesOf(Context.Transforms.SampleNegatives(options).Fit(view).Transform(view))[100];
            double nines = drawn.Count(key => key == 9), tens = drawn.Count(key => key == 10);
            // a ninth of the draws each with exponent 0, all of them otherwise
            Assert.InRange(nines + tens, exponent == 0 ? 350 : 2000, exponent == 0 ? 550 : 2000);
            Assert.InRange(nines / (nines + tens), share - 0.1, share + 0.1);
        }
    }

    [Fact]
    public void In_batch_negatives_are_liked_in_the_same_block_of_rows()
    {
        // row r likes item r + 1 and skips item 10; blocks of three rows, the last has one
        NamedSequence[] rows = [.. Enumerable.Range(0, 7).Select(row => Row(row, (row + 1, 1), (10, -1)))];
        var view = SequenceRows.Of(TenItems, rows);
        var options = new SampleNegativesOptions { Method = NegativeSamplingMethod.InBatch, NumberOfNegatives = 2, BatchSize = 3 };
        var negatives = SequenceRows.NegativesOf(Context.Transforms.SampleNegatives(options).Fit(view).Transform(view));
        for (int row = 0; row < 6; row++)
        {
            int first = row / 3 * 3;
            Assert.Equal(Enumerable.Range(first + 1, 3).Where(item => item != row + 1), negatives[row].Order().Select(key => (int)key));
        }

        // alone in its block: from the catalogue
        Assert.Equal(2, negatives[6].Except([7u, 10u]).Count());
    }

    [Fact]
    public void Skips_are_mixed_in_until_they_are_taken()
    {
        var view = SequenceRows.Of(TenItems, Row(1, (1, 1), (2, -1), (3, -1), (3, -1), (4, 0), (1, -1)), Row(2, (5, 1), (6, 0)));
        var options = new SampleNegativesOptions { ObservedSkipShare = 1, NumberOfNegatives = 3 };
        var negatives = SequenceRows.NegativesOf(Context.Transforms.SampleNegatives(options).Fit(view).Transform(view));
        // item 1 is liked as well, so that 2 and 3 are the skips
        Assert.Equal([2u, 3u], negatives[1][..2].Order());
        Assert.InRange(negatives[1][2], 5u, 10u);
        Assert.Empty(negatives[2].Intersect([5u, 6u]));
    }

    [Fact]
    public void Unknown_items_count_for_nothing()
    {
        var view = SequenceRows.Of(TenItems, Row(1, (1, 1), (77, 1), (2, 1)), Row(2, (77, 1)), Row(3), Row(4, (3, -1)));
        var known = SequenceRows.Of(TenItems, Row(1, (1, 1), (2, 1)));
        var model = Context.Transforms.SampleNegatives().Fit(view);
        var negatives = SequenceRows.NegativesOf(model.Transform(view));
        Assert.Equal(SequenceRows.NegativesOf(model.Transform(known))[1], negatives[1]);
        Assert.Equal([2, 0, 0, 0], negatives.OrderBy(user => user.Key).Select(user => user.Value.Length));
    }

    [Theory]
    [InlineData(NegativeSamplingMethod.Uniform)]
    [InlineData(NegativeSamplingMethod.InBatch)]
    public void The_shape_that_is_promised_is_the_schema_that_comes(NegativeSamplingMethod method)
    {
        var rows = SequenceRows.Random();
        var estimator = Context.Transforms.SampleNegatives("Drawn", "Items", method: method);
        var promised = estimator.GetOutputSchema(ShapeOf(rows.Schema));
        var model = estimator.Fit(rows);
        var schema = model.Transform(rows).Schema;
        Assert.Equal(ShapeOf(schema).Select(Describe), promised.Select(Describe));
        Assert.Equal(schema.Select(column => $"{column.Name} {column.Type}"),
            model.GetOutputSchema(rows.Schema).Select(column => $"{column.Name} {column.Type}"));
        Assert.Equal(new VectorDataViewType(new KeyDataViewType(typeof(uint), SequenceRows.ItemCount)), schema["Drawn"].Type);
        Assert.Equal(BoxedValues.KeyValues(schema["Items"]), BoxedValues.KeyValues(schema["Drawn"]));

        static string Describe(SchemaShape.Column shape)
            => $"{shape.Name} {shape.Kind} {shape.ItemType} {shape.IsKey} {string.Join(",", shape.Annotations.Select(other => other.Name))}";
    }

    private static SchemaShape ShapeOf(DataViewSchema schema)
        => new(schema.Where(column => !column.IsHidden).Select(column => SchemaShapes.Of(column)));

    private static NamedSequence Row(int user, params (int Item, int Feedback)[] interactions) => new()
    {
        User = user,
        Items = [.. interactions.Select(one => $"item {one.Item}")],
        Feedback = [.. interactions.Select(one => (float)one.Feedback)],
    };
}
