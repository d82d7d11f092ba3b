using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Tests.Feedback;

/// <summary>Rules of flags and of one's own, and evidence that comes as the vectors of a history.</summary>
public sealed class LabelHistoriesTests
{
    private static readonly MLContext _ml = new(seed: 1);

    [Theory]
    [InlineData(0, 0, 20, 1)] // watched
    [InlineData(0, 0, 1, -1)] // skipped
    [InlineData(1, 0, 1, 1)] // liked though skipped
    [InlineData(1, 1, 20, -1)] // hated, whatever else
    public void Flags_come_before_another_rule(float like, float hate, float watchSeconds, float expected)
    {
        var rule = FeedbackRule.Flags(["Like", "Follow"], ["Hate"], FeedbackRule.WatchTime());
        Assert.Equal([expected], Label(rule, new View { Like = like, Hate = hate, WatchSeconds = watchSeconds }));
        Assert.Equal("negative where Hate is set, else positive where Like or Follow is, else " + FeedbackRule.WatchTime(), rule.ToString());
    }

    [Fact]
    public void Flags_alone_leave_the_rest_neither()
        => Assert.Equal([1f, -1, 0], Label(FeedbackRule.Flags(["Like"], ["Hate"]), new View { Like = 1 }, new View { Hate = 1 }, new View()));

    [Fact]
    public void A_rule_behind_flags_learns_as_it_does_alone()
    {
        var views = new[] { new View { Rating = 2 }, new View { Rating = 4 }, new View { Rating = 5, Hate = 1 } };
        Assert.Equal([-1f, 1, -1], Label(FeedbackRule.Flags([], ["Hate"], FeedbackRule.RatingMedian()), views));
    }

    [Fact]
    public void A_rule_of_ones_own_gives_signs()
    {
        var rule = FeedbackRule.Custom(row => row[0] > 30 ? 7 : row[1] > 0 ? -0.5f : 0, "WatchSeconds", "Hate");
        Assert.Equal([1f, -1, 0], Label(rule, new View { WatchSeconds = 40 }, new View { Hate = 1 }, new View()));
        var error = Assert.Throws<InvalidDataException>(() => Label(FeedbackRule.Custom(row => row[0] / row[0], "Like"), new View()));
        Assert.Contains("NaN for row 1", error.Message);
    }

    [Fact]
    public void Histories_are_labelled_item_by_item_as_interactions_are()
    {
        View[] views = [new() { WatchSeconds = 1 }, new() { WatchSeconds = 15 }, new() { WatchSeconds = 5 }, new() { WatchSeconds = 19 }];
        History[] histories = [Of(views[..3]), Of([]), Of(views[3..])];
        float[] expected = Label(FeedbackRule.WatchTime(), views);

        var view = _ml.Data.LoadFromEnumerable(histories);
        var estimator = _ml.Transforms.LabelFeedback(FeedbackRule.WatchTime());
        var labelled = estimator.Fit(view).Transform(view);

        Assert.Equal([expected[..3], [], expected[3..]], labelled.GetColumn<float[]>("Feedback"));
        // a chain for serving: what an application logs goes in
        using var engine = _ml.Model.CreatePredictionEngine<History, Labelled>(estimator.Fit(view));
        Assert.Equal(expected[..3], engine.Predict(histories[0]).Feedback);
        estimator.Append(_ml.Transforms.CopyColumns("Copy", "Feedback")).Fit(view);

        static History Of(View[] views) => new()
        {
            WatchSeconds = [.. views.Select(item => item.WatchSeconds)],
            DurationSeconds = [.. views.Select(item => item.DurationSeconds)],
            Rating = [.. views.Select(item => item.Rating)],
        };
    }

    [Fact]
    public void A_median_is_over_all_items_of_all_histories()
    {
        var view = _ml.Data.LoadFromEnumerable([new History { Rating = [1, 5] }, new History { Rating = [2, 4, 3] }]);
        var labelled = _ml.Transforms.LabelFeedback(FeedbackRule.RatingMedian()).Fit(view).Transform(view);
        Assert.Equal([[-1f, 1], [-1, 1, 1]], labelled.GetColumn<float[]>("Feedback"));
    }

    [Fact]
    public void Vectors_of_several_lengths_are_refused()
    {
        var view = _ml.Data.LoadFromEnumerable([new History { WatchSeconds = [1, 2], DurationSeconds = [3] }]);
        var labelled = _ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(view).Transform(view);
        var error = Assert.Throws<InvalidDataException>(() => labelled.GetColumn<float[]>("Feedback").Count());
        Assert.Contains("1 values in column 'DurationSeconds' and 2 in column 'WatchSeconds'", error.Message);
    }

    [Fact]
    public void Scalars_beside_vectors_are_refused()
    {
        var view = _ml.Data.LoadFromEnumerable([new Mixed()]);
        var error = Assert.Throws<ArgumentException>(() => _ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(view));
        Assert.Contains("'DurationSeconds'", error.Message);
        Assert.Contains("a vector of Single", error.Message);
    }

    [Fact]
    public void Wrong_rules_are_refused()
    {
        Assert.Contains("needs a column", Assert.Throws<ArgumentException>(() => FeedbackRule.Flags([], [])).Message);
        Assert.Contains("'Like' is to be positive and negative", Assert.Throws<ArgumentException>(() => FeedbackRule.Flags(["Like"], ["Like"])).Message);
        Assert.Throws<ArgumentException>(() => FeedbackRule.Flags([""], []));
        Assert.Throws<ArgumentNullException>(() => FeedbackRule.Flags(null!, []));
        Assert.Throws<ArgumentNullException>(() => FeedbackRule.Custom(null!, "Like"));
        Assert.Contains("needs a column", Assert.Throws<ArgumentException>(() => FeedbackRule.Custom(row => 1)).Message);
    }

    private static float[] Label(FeedbackRule rule, params View[] views)
    {
        var view = _ml.Data.LoadFromEnumerable(views);
        return [.. _ml.Transforms.LabelFeedback(rule).Fit(view).Transform(view).GetColumn<float>("Feedback")];
    }

    private sealed class View
    {
        public float WatchSeconds { get; set; } = 5;

        public float DurationSeconds { get; set; } = 20;

        public float Rating { get; set; }

        public float Like { get; set; }

        public float Follow { get; set; }

        public float Hate { get; set; }
    }

    private sealed class History
    {
        public float[] WatchSeconds { get; set; } = [];

        public float[] DurationSeconds { get; set; } = [];

        public float[] Rating { get; set; } = [];
    }

    private sealed class Labelled
    {
        public float[] Feedback { get; set; } = [];
    }

    private sealed class Mixed
    {
        public float[] WatchSeconds { get; set; } = [1];

        public float DurationSeconds { get; set; } = 2;
    }
}
