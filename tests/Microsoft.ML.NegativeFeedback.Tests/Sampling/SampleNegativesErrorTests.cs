using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Tests.Sampling;

public sealed class SampleNegativesErrorTests
{
    private static readonly MLContext Context = SequenceRows.Context;
    private static readonly string[] SixItems = SequenceRows.Catalogue(6);

    [Fact]
    public void More_negatives_than_unseen_items_are_refused_with_the_row_and_its_count()
    {
        var view = SequenceRows.Of(SixItems, Row("item 1"), Row("item 1", "item 2", "item 3", "item 4"));
        foreach (var method in Enum.GetValues<NegativeSamplingMethod>())
        {
            var sampled = Context.Transforms.SampleNegatives(method: method, numberOfNegatives: 3).Fit(view).Transform(view);
            string message = Assert.Throws<InvalidOperationException>(() => SequenceRows.NegativesOf(sampled)).Message;
            Assert.Contains("Row 2 asks for more negatives than there are unseen items", message);
            Assert.Contains("4 of 6 items, which leaves 2", message);
            Assert.Contains("NumberOfNegatives to 2", message);
        }
    }

    [Fact]
    public void A_cursor_that_cannot_be_made_closes_its_source()
    {
        var view = SequenceRows.Of(SixItems, Row("item 1"));
        var source = new UnreadableView(view);
        var sampled = Context.Transforms.SampleNegatives(method: NegativeSamplingMethod.InBatch).Fit(view).Transform(source);
        Assert.Throws<IOException>(() => sampled.GetRowCursor(sampled.Schema));
        Assert.Equal((1, 1), (source.Opened, source.Closed));
    }

    [Fact]
    public void A_set_of_cursors_that_cannot_be_made_closes_its_sources()
    {
        var view = SequenceRows.Of(SixItems, Row("item 1"));
        var source = new UnreadableView(view);
        var sampled = Context.Transforms.SampleNegatives(method: NegativeSamplingMethod.Uniform).Fit(view).Transform(source);
        Assert.Throws<IOException>(() => sampled.GetRowCursorSet(sampled.Schema, 3));
        Assert.Equal(3, source.Opened);
        Assert.True(source.Closed >= 3, $"{source.Closed} are closed");
    }

    [Fact]
    public void A_row_that_has_every_item_is_refused()
    {
        var view = SequenceRows.Of(SixItems, Row(SixItems));
        var sampled = Context.Transforms.SampleNegatives().Fit(view).Transform(view);
        Assert.Contains("leaves 0", Assert.Throws<InvalidOperationException>(() => SequenceRows.NegativesOf(sampled)).Message);
    }

    [Fact]
    public void More_negatives_than_any_row_can_leave_are_refused_before_reading()
    {
        var view = SequenceRows.Of(SixItems, Row("item 1"));
        string message = Assert.Throws<ArgumentOutOfRangeException>(
            () => Context.Transforms.SampleNegatives(numberOfNegatives: 6).Fit(view)).Message;
        Assert.Contains("6 items", message);
        Assert.Contains("at most 5", message);
    }

    [Fact]
    public void Missing_and_wrong_columns_are_named()
    {
        var names = Context.Data.LoadFromEnumerable([Row("item 1")]);
        Refused(new SampleNegativesOptions(), names, "MapValueToKey");
        var keys = SequenceRows.Of(SixItems, Row("item 1"));
        Refused(new SampleNegativesOptions { ItemsColumnName = "Videos" }, keys, "'Videos' is missing");
        Refused(new SampleNegativesOptions { FeedbackColumnName = "Likes" }, keys, "'Likes' is missing");
        Refused(new SampleNegativesOptions { FeedbackColumnName = "User" }, keys, "'User'");

        var model = Context.Transforms.SampleNegatives().Fit(keys);
        Assert.Contains("'Items'", Assert.Throws<ArgumentException>(() => model.Transform(names)).Message);

        static void Refused(SampleNegativesOptions options, IDataView data, string message)
        {
            var estimator = Context.Transforms.SampleNegatives(options);
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => estimator.Fit(data)).Message);
            var shape = new SchemaShape(data.Schema.Select(column => SchemaShapes.Of(column)));
            Assert.Contains(message, Assert.Throws<ArgumentException>(() => estimator.GetOutputSchema(shape)).Message);
        }
    }

    [Fact]
    public void Options_out_of_range_are_refused()
    {
        Refused(new SampleNegativesOptions { NumberOfNegatives = 0 }, "NumberOfNegatives");
        Refused(new SampleNegativesOptions { BatchSize = 0 }, "BatchSize");
        Refused(new SampleNegativesOptions { PopularityExponent = -1 }, "PopularityExponent");
        Refused(new SampleNegativesOptions { ObservedSkipShare = 1.5 }, "ObservedSkipShare");
        Refused(new SampleNegativesOptions { Method = (NegativeSamplingMethod)5 }, "Method");
        Refused(new SampleNegativesOptions { NegativesColumnName = "" }, "empty");
        Refused(new SampleNegativesOptions { NegativesColumnName = "Items" }, "different names");
        Assert.Throws<ArgumentNullException>(() => Context.Transforms.SampleNegatives((SampleNegativesOptions)null!));

        static void Refused(SampleNegativesOptions options, string message)
            => Assert.Contains(message, Assert.ThrowsAny<ArgumentException>(() => Context.Transforms.SampleNegatives(options)).Message);
    }

    [Fact]
    public void Feedback_that_does_not_match_the_items_is_refused()
    {
        var longer = Row("item 1");
        longer.Feedback = [1, 1];
        Refused(longer, "1 values in column 'Items' and 2 in 'Feedback'");
        var broken = Row("item 1", "item 2");
        broken.Feedback[1] = float.NaN;
        Refused(broken, "'Feedback' of row 2 has the feedback NaN");

        static void Refused(NamedSequence row, string message)
        {
            var view = SequenceRows.Of(SixItems, Row("item 1"), row);
            foreach (var method in Enum.GetValues<NegativeSamplingMethod>())
            {
                var sampled = Context.Transforms.SampleNegatives(method: method).Fit(view).Transform(view);
                Assert.Contains(message, Assert.Throws<InvalidDataException>(() => SequenceRows.NegativesOf(sampled)).Message);
            }
        }
    }

    [Fact]
    public void Popularity_of_nothing_is_refused()
    {
        var options = new SampleNegativesOptions { Method = NegativeSamplingMethod.Popularity };
        var view = SequenceRows.Of(SixItems, Row("stranger"));
        Assert.Contains("no known item",
            Assert.Throws<InvalidDataException>(() => Context.Transforms.SampleNegatives(options).Fit(view)).Message);
    }

    [Fact]
    public void Keys_of_another_dictionary_are_refused()
    {
        var view = SequenceRows.Of(SixItems, Row("item 1"));
        var more = SequenceRows.Of(SequenceRows.Catalogue(7), Row("item 1"));
        var other = SequenceRows.Of([.. SixItems[..5], "item 66"], Row("item 1"));
        var uniform = Context.Transforms.SampleNegatives().Fit(view);
        Assert.Contains("7 keys, but SampleNegatives was fitted on 6",
            Assert.Throws<ArgumentException>(() => uniform.Transform(more)).Message);
        var popularity = Context.Transforms.SampleNegatives(method: NegativeSamplingMethod.Popularity).Fit(view);
        Assert.Contains("'item 66' at key 6", Assert.Throws<ArgumentException>(() => popularity.Transform(other)).Message);
        // who counts nothing needs no more than as many items
        Assert.Single(SequenceRows.NegativesOf(uniform.Transform(other)));
    }

    [Fact]
    public void In_batch_maps_no_single_row_and_nothing_is_saved()
    {
        var view = SequenceRows.Of(SixItems, Row("item 1"));
        var inBatch = Context.Transforms.SampleNegatives(method: NegativeSamplingMethod.InBatch).Fit(view);
        Assert.False(inBatch.IsRowToRowMapper);
        Assert.Contains("In-batch", Assert.Throws<InvalidOperationException>(() => inBatch.GetRowToRowMapper(view.Schema)).Message);
        var uniform = Context.Transforms.SampleNegatives().Fit(view);
        Assert.True(uniform.IsRowToRowMapper);
        foreach (var model in new[] { inBatch, uniform })
        {
            Assert.Contains("training data",
                Assert.Throws<NotSupportedException>(() => Context.Model.Save(model, view.Schema, new MemoryStream())).Message);
        }
    }

    private static NamedSequence Row(params string[] items)
        => new() { User = items.Length, Items = items, Feedback = [.. items.Select(_ => 1f)] };
}
