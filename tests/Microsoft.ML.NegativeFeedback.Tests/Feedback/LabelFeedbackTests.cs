using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;

namespace Microsoft.ML.NegativeFeedback.Tests.Feedback;

public sealed class LabelFeedbackTests
{
    private static readonly MLContext Context = new(seed: 1);

    [Theory]
    [InlineData(10, 20, 1)] // half
    [InlineData(9.9, 20, 0)]
    [InlineData(3, 20, 0)]
    [InlineData(2.9, 20, -1)]
    [InlineData(2.5, 5, 1)] // half of a short video, though under three seconds
    [InlineData(0, 20, -1)]
    public void WatchTime(float watchSeconds, float durationSeconds, float expected)
    {
        var view = new View { WatchSeconds = watchSeconds, DurationSeconds = durationSeconds };
        Assert.Equal([expected], Label(FeedbackRule.WatchTime(), view));
    }

    [Theory]
    [InlineData(UnknownDuration.Neither, 1, 0)]
    [InlineData(UnknownDuration.Neither, 30, 0)]
    [InlineData(UnknownDuration.SecondsDecide, 1, -1)]
    [InlineData(UnknownDuration.SecondsDecide, 30, 0)]
    public void AnUnknownDurationIsWhatTheRuleSays(UnknownDuration unknownDuration, float watchSeconds, float expected)
    {
        var rule = FeedbackRule.WatchTime(unknownDuration: unknownDuration);
        var views = new[]
        {
            new View { WatchSeconds = watchSeconds, DurationSeconds = 0 },
            new View { WatchSeconds = 10 },
            new View { WatchSeconds = 1 },
        };
        Assert.Equal([expected, 1, -1], Label(rule, views));
    }

    [Fact]
    public void AnUnknownDurationIsRefusedOtherwise()
    {
        var views = new[] { new View(), new View { DurationSeconds = 0 } };
        var error = Assert.Throws<InvalidDataException>(() => Label(FeedbackRule.WatchTime(), views));
        Assert.Contains("'DurationSeconds' is 0 in row 2", error.Message);
        Assert.Contains("FilterRowsByColumn", error.Message);
        Assert.Contains("unknownDuration", error.Message);
    }

    [Theory]
    [InlineData(50, 1)]
    [InlineData(49.9, 0)]
    [InlineData(15, 0)]
    [InlineData(14.9, -1)]
    public void WatchedShareInPerCent(float share, float expected)
        => Assert.Equal([expected], Label(FeedbackRule.WatchedShare(50, 15), new View { WatchedShare = share }));

    [Fact]
    public void RatingFromAThreshold()
        => Assert.Equal([-1f, 1f, 1f], Label(FeedbackRule.Rating(3.5), Ratings(3, 3.5f, 4)));

    [Fact]
    public void ARatingAtTheThresholdIsPositiveWhateverItsDecimals()
    {
        for (int tenths = 0; tenths <= 100; tenths++)
        {
            var rule = FeedbackRule.Rating(tenths / 10.0);
            Assert.Equal([-1f, 1f, 1f], Label(rule, Ratings((tenths - 1) / 10f, tenths / 10f, (tenths + 1) / 10f)));
            Assert.Contains(FormattableString.Invariant($"at least {tenths / 10.0},"), rule.ToString());
        }
    }

    [Fact]
    public void AViewAtTheShareIsPositiveWhateverTheDecimals()
    {
        // whole seconds, and milliseconds as logs have them: 432 s are 0.72 of 600 s
        foreach (decimal duration in new[] { 600m, 100m, 37m, 45.9m, 10.13m, 123.4m })
        {
            for (int hundredths = 1; hundredths <= 150; hundredths++)
            {
                decimal seconds = hundredths / 100m * duration;
                if (decimal.Round(seconds, 3) != seconds)
                    continue;
                var rule = FeedbackRule.WatchTime(hundredths / 100.0, skipSeconds: 0);
                var views = new[] { seconds - 0.001m, seconds, seconds + 0.001m }
                    .Select(watched => new View { WatchSeconds = (float)watched, DurationSeconds = (float)duration }).ToArray();
                Assert.Equal([0f, 1f, 1f], Label(rule, views));
            }
        }
    }

    [Fact]
    public void TheLeastDifferenceOfTwoNumbersCounts()
    {
        var below = new View { WatchSeconds = MathF.BitDecrement(10), DurationSeconds = 20 };
        Assert.Equal([0f], Label(FeedbackRule.WatchTime(), below));
        // the median lies between the two, and only the higher one reaches it
        float[] ratings = [3.3f, MathF.BitIncrement(3.3f)];
        Assert.Equal([-1f, 1f], Label(FeedbackRule.RatingMedian(), Ratings(ratings)));
    }

    [Theory]
    [InlineData(new float[] { 1, 5, 4, 4, 2 }, new float[] { -1, 1, 1, 1, -1 })] // 4
    [InlineData(new float[] { 3, 4, 1, 5 }, new float[] { -1, 1, -1, 1 })] // (3 + 4) / 2
    [InlineData(new float[] { 2 }, new float[] { 1 })]
    public void TheMedianOfTheDataIsTheThreshold(float[] ratings, float[] expected)
        => Assert.Equal(expected, Label(FeedbackRule.RatingMedian(), Ratings(ratings)));

    [Fact]
    public void TheLearnedThresholdIsToldAndStaysForOtherData()
    {
        var model = new LabelFeedbackEstimator(FeedbackRule.RatingMedian()).Fit(Context.Data.LoadFromEnumerable(Ratings(1, 4, 5)));
        Assert.Equal("positive where Rating is at least 4, else negative", model.Rule.ToString());
        var other = model.Transform(Context.Data.LoadFromEnumerable(Ratings(3, 4)));
        Assert.Equal([-1f, 1f], other.GetColumn<float>("Feedback"));
    }

    [Theory]
    [InlineData(float.NaN, 10, "WatchSeconds")]
    [InlineData(float.PositiveInfinity, 10, "WatchSeconds")]
    [InlineData(-1, 10, "WatchSeconds")]
    [InlineData(1, -10, "DurationSeconds")]
    [InlineData(1, float.NaN, "DurationSeconds")]
    public void ImpossibleTimesAreRefused(float watchSeconds, float durationSeconds, string column)
    {
        var views = new[] { new View(), new View { WatchSeconds = watchSeconds, DurationSeconds = durationSeconds } };
        var error = Assert.Throws<InvalidDataException>(() => Label(FeedbackRule.WatchTime(), views));
        Assert.Contains($"'{column}'", error.Message);
        Assert.Contains("row 2", error.Message);
    }

    [Fact]
    public void RatingsThatAreNoNumberAreRefused()
    {
        var error = Assert.Throws<InvalidDataException>(() => Label(FeedbackRule.Rating(4), Ratings(3, float.NaN)));
        Assert.Contains("'Rating'", error.Message);
        var median = new LabelFeedbackEstimator(FeedbackRule.RatingMedian());
        error = Assert.Throws<InvalidDataException>(() => median.Fit(Context.Data.LoadFromEnumerable(Ratings(3, float.NaN))));
        Assert.Contains("row 2", error.Message);
    }

    [Fact]
    public void NegativeSharesAreRefused()
        => Assert.Throws<InvalidDataException>(() => Label(FeedbackRule.WatchedShare(), new View { WatchedShare = -0.1f }));

    [Fact]
    public void AnEmptyLogIsRefused()
    {
        var empty = Context.Data.LoadFromEnumerable(Array.Empty<View>());
        foreach (var rule in new[] { FeedbackRule.WatchTime(), FeedbackRule.RatingMedian() })
            Assert.Contains("empty", Assert.Throws<InvalidDataException>(() => new LabelFeedbackEstimator(rule).Fit(empty)).Message);
    }

    [Fact]
    public void MissingAndWrongColumnsAreNamed()
    {
        var data = Context.Data.LoadFromEnumerable(Ratings(3));
        var missing = new LabelFeedbackEstimator(FeedbackRule.Rating(4, "Stars"));
        Assert.Contains("'Stars' is missing", Assert.Throws<ArgumentException>(() => missing.Fit(data)).Message);
        var wrong = new LabelFeedbackEstimator(FeedbackRule.Rating(4, "User"));
        Assert.Contains("'User'", Assert.Throws<ArgumentException>(() => wrong.Fit(data)).Message);
        Assert.Contains("'User'", Assert.Throws<ArgumentException>(() => wrong.Append(missing).Fit(data)).Message);
        var model = new LabelFeedbackEstimator(FeedbackRule.Rating(4)).Fit(data);
        var other = Context.Data.LoadFromEnumerable(new[] { new Named { Name = "a" } });
        Assert.Contains("'Rating' is missing", Assert.Throws<ArgumentException>(() => model.Transform(other)).Message);
        Assert.Contains("'Rating' is missing", Assert.Throws<ArgumentException>(() => model.GetOutputSchema(other.Schema)).Message);
    }

    [Fact]
    public void ParametersOutOfRangeAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedbackRule.WatchTime(positiveShare: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedbackRule.WatchTime(skipSeconds: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedbackRule.WatchTime(unknownDuration: (UnknownDuration)3));
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedbackRule.WatchTime(skipSeconds: 1e39)); // no Single
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedbackRule.WatchedShare(1e39, 0.6));
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedbackRule.WatchedShare(0.5, 0.6));
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedbackRule.Rating(double.NaN));
        Assert.Throws<ArgumentException>(() => FeedbackRule.RatingMedian(""));
        Assert.Throws<ArgumentException>(() => new LabelFeedbackEstimator(FeedbackRule.Rating(4), " "));
    }

    [Fact]
    public void ARulesTextSaysWhatAnUnknownDurationIs()
        => Assert.EndsWith(", neither where DurationSeconds is 0", FeedbackRule.WatchTime(unknownDuration: UnknownDuration.Neither).ToString());

    [Fact]
    public void AChainAndAPredictionEngineLabelSingleRows()
    {
        var data = Context.Data.LoadFromEnumerable(Ratings(2, 4, 5));
        var model = new LabelFeedbackEstimator(FeedbackRule.RatingMedian())
            .Append(Context.Transforms.CopyColumns("Copy", "Feedback")).Fit(data);
        using var engine = Context.Model.CreatePredictionEngine<View, Labelled>(model, new PredictionEngineOptions { OwnsTransformer = false });
        Assert.Equal(1, engine.Predict(new View { Rating = 4 }).Copy);
        Assert.Equal(-1, engine.Predict(new View { Rating = 3 }).Copy);
    }

    [Fact]
    public void PassedThroughColumnsAreReadWithoutTheEvidence()
    {
        // a rating that cannot be labelled does not matter to someone who reads the users alone
        var labelled = new LabelFeedbackEstimator(FeedbackRule.Rating(4)).Fit(Context.Data.LoadFromEnumerable(Ratings(1)))
            .Transform(Context.Data.LoadFromEnumerable(Ratings(float.NaN)));
        Assert.Equal([[0]], DataViewRows.Of(labelled, "User"));
    }

    private static IEnumerable<float> Label(FeedbackRule rule, params View[] views)
    {
        var data = Context.Data.LoadFromEnumerable(views);
        return [.. new LabelFeedbackEstimator(rule).Fit(data).Transform(data).GetColumn<float>("Feedback")];
    }

    private static View[] Ratings(params float[] ratings) => [.. ratings.Select(rating => new View { Rating = rating })];

    private sealed class View
    {
        public int User { get; set; }

        public float WatchSeconds { get; set; }

        public float DurationSeconds { get; set; } = 10;

        public float WatchedShare { get; set; }

        public float Rating { get; set; }
    }

    private sealed class Named
    {
        public string Name { get; set; } = "";
    }

    private sealed class Labelled
    {
        public float Copy { get; set; }
    }
}
