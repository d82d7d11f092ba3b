using System.Globalization;
using System.Text.RegularExpressions;
using Common;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;
using Microsoft.ML.NegativeFeedback.Tests.Evaluation;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;

namespace Microsoft.ML.NegativeFeedback.Tests;

/// <summary>The same comes out wherever it runs: under German, and under a culture whose every sign is another, as under none.</summary>
public sealed class CultureTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("culture").FullName;

    public static TheoryData<string> Cultures => ["de-DE", "odd"];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Files_are_read(string culture) => Same(culture, ml =>
    {
        Write("ratings.csv", "userId,movieId,rating,timestamp\n1,1193,3.5,978300760\n1,661,-1e-1,978302109\n");
        Write("interactions.csv", "user_id,item_id,last_watch_dt,total_dur,watched_pct\n176549,9506,2021-05-11,42.5,72.5\n");
        Write("log.csv", "user_id,video_id,time_ms,is_like,is_follow,is_comment,is_forward,is_hate,play_time_ms,duration_ms\n"
            + "0,7,1650564384412,1,0,1,0,0,46186.5,45916\n");
        return string.Join(" | ", new[]
        {
            ml.Data.LoadMovieLens(Path.Combine(_folder, "ratings.csv")),
            ml.Data.LoadKion(_folder),
            ml.Data.LoadKuaiRand(Path.Combine(_folder, "log.csv")),
        }.SelectMany(view => DataViewRows.Of(view)).Select(Text));
    });

    [Theory]
    [MemberData(nameof(Cultures))]
    public void The_feed_is_simulated_labelled_and_split(string culture) => Same(culture, ml =>
    {
        var log = Log(ml);
        var split = ml.Data.TemporalSplit(log);
        var users = ml.Transforms.WindowSequences(maximumLength: 5).Fit(split.TrainSet).Transform(split.TrainSet);
        return string.Join('\n', DataViewRows.Of(log).Concat(DataViewRows.Of(users)).Concat(DataViewRows.Of(split.TestSet)).Select(Text));
    });

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Users_are_given_by_their_text(string culture) => Same(culture, ml =>
    {
        var log = ml.Data.LoadFromEnumerable(Enumerable.Range(0, 400).Select(
            i => new NumberedUser { User = 0.5 - (i % 20), Item = (i + i / 20) % 20, Time = i, Feedback = i % 3 == 0 ? -1 : 1 }));
        var options = new TemporalSplitOptions
        {
            BoundaryQuantile = 0.7,
            TestUsers = [.. Enumerable.Range(0, 9).Select(user => FormattableString.Invariant($"{0.5 - user}"))],
        };
        return string.Join(' ', ml.Data.TemporalSplit(log, options).TestSet.GetColumn<double>("User").Select(user => user.ToString(CultureInfo.InvariantCulture)));
    });

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Rules_metrics_and_messages_are_written(string culture) => Same(culture, ml =>
    {
        var rows = ml.Data.LoadFromEnumerable([new Scored()]);
        var ranked = RankedRow.View(ml, RankedRow.Few);
        Write("ratings.csv", "userId,movieId,rating,timestamp\n1,1193,3.5,-5\n1,1193,\u22123,5\n");
        return string.Join('\n',
            FeedbackRule.Rating(-3.6),
            FeedbackRule.WatchTime(0.72, 2.5),
            FeedbackRule.WatchedShare(0.55, 0.05),
            ml.Recommendation().EvaluateNextItem(rows, 2),
            ml.Recommendation().EvaluateCandidates(rows),
            ml.Recommendation().EvaluateMultiFeedback(ranked),
            ml.Recommendation().EvaluateDiversity(ranked, ItemCategory.View(ml, "v0", "v1", "v2")),
            ml.Recommendation().CompareModels(ranked, RankedRow.View(ml, [.. RankedRow.Few.Select(row => new RankedRow
            {
                User = row.User,
                Probabilities = row.Probabilities,
                CandidateFlags = row.CandidateFlags,
                CandidateScores = [.. row.CandidateScores.Reverse()],
            })]), new LiftOptions { NumberOfRecommendations = 1 }),
            Message(() => DataViewRows.Of(ml.Data.LoadMovieLens(_folder))),
            Message(() => FeedbackRule.WatchedShare(0.5, 0.6)),
            Message(() => LabelOf(new View { WatchedShare = -0.25f })),
            Message(() => ml.Transforms.WindowSequences().Fit(Views(-1.5f)).Transform(Views(-1.5f)).GetColumn<int>("User").ToArray()),
            Message(() => ml.Recommendation().EvaluateCandidates(ml.Data.LoadFromEnumerable([new Scored { CandidateLabels = [0.5f, 1] }]))),
            Message(() => ml.Data.AnalyzeFeedback(Views(1), new FeedbackAnalysisOptions { ActiveNegativeColumnName = "WatchedShare" })));

        object LabelOf(View view)
        {
            var data = ml.Data.LoadFromEnumerable([view]);
            return ml.Transforms.LabelFeedback(FeedbackRule.WatchedShare()).Fit(data).Transform(data).GetColumn<float>("Feedback").ToArray();
        }

        IDataView Views(float feedback) => ml.Data.LoadFromEnumerable([new View { Feedback = feedback, WatchedShare = 0.5f }]);
    });

    [Theory]
    [MemberData(nameof(Cultures))]
    public void Reports_are_written(string culture) => Same(culture, ml =>
    {
        var analysis = ml.Data.AnalyzeFeedback(Log(ml), new FeedbackAnalysisOptions { CategoryColumnNames = ["Category"] });
        var page = new HtmlPage("Lines")
            .AddPlot(ResultPlot.Lines("Lines", "x", "y", [new PlotLine("one", [new(-1.5, 1234.5), new(0.25, -0.125)])]))
            .AddPlot(ResultPlot.Bars("Bars", ["a", "b"], [new PlotBars("one", [0.5, 1234.5])], "share", "N1"));
        return $"{analysis}\n{page}";
    });

    [Theory]
    [MemberData(nameof(Cultures))]
    public void A_model_is_trained_saved_loaded_and_gives_the_same_scores(string culture) => Same(culture, ml =>
    {
        var log = new List<string>();
        ml.Log += (_, message) => log.Add(message.Message);
        var rows = ml.Data.LoadFromEnumerable(ToyFeed.Histories(60, seed: 1));
        var options = TrainerTests.Small(new PnfRecTrainer.Options { CheckpointPath = Path.Combine(_folder, Guid.NewGuid().ToString()) });
        options.MaximumNumberOfEpochs = 2;
        var model = ml.Transforms.Conversion.MapValueToKey("Items")
            .Append(ml.Recommendation().Trainers.PnfRec(options))
            .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems")).Fit(rows);
        var lines = log.Where(line => line.Contains("Epoch")).Select(line => Regex.Replace(line, @"[0-9]+ sequences/s", "")).ToArray();
        Assert.NotEmpty(lines);
        string path = Path.Combine(_folder, "model.zip");
        ml.Model.Save(model, rows.Schema, path);
        using var engine = ml.Model.CreatePredictionEngine<ToyHistory, ToyRecommendation>(ml.Model.Load(path, out _));
        var next = engine.Predict(ToyFeed.Histories(1, seed: 2)[0]);
        return string.Join('\n', [.. lines, Text(next.RecommendedItems), Text([.. next.Scores.Cast<object>()])]);
    });

    private static IDataView Log(MLContext ml)
    {
        var feed = ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 40, VideoCount = 60, MatchShare = 0.55 });
        return ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(0.45, 2.5)).Fit(feed).Transform(feed);
    }

    private static void Same(string culture, Func<MLContext, string> result)
    {
        string expected = Under(CultureInfo.InvariantCulture, result);
        Assert.NotEqual("", expected);
        Assert.Equal(expected, Under(CultureNamed(culture), result));
    }

    private static string Under(CultureInfo culture, Func<MLContext, string> result)
    {
        var before = (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture);
        try
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = (culture, culture);
            return result(new MLContext(seed: 1));
        }
        finally
        {
            (CultureInfo.CurrentCulture, CultureInfo.CurrentUICulture) = before;
        }
    }

    private static CultureInfo CultureNamed(string name)
    {
        try
        {
            if (name != "odd")
                return CultureInfo.GetCultureInfo(name);
        }
        catch (CultureNotFoundException)
        {
            // a system without ICU knows none: the signs are what matters
        }

        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        var numbers = culture.NumberFormat;
        (numbers.NumberDecimalSeparator, numbers.PercentDecimalSeparator) = (",", ",");
        (numbers.NumberGroupSeparator, numbers.PercentGroupSeparator, numbers.PercentPositivePattern) = (".", ".", 0);
        if (name == "odd")
            (numbers.NegativeSign, numbers.NaNSymbol, culture.DateTimeFormat.DateSeparator) = ("\u2212", "keine Zahl", ".");
        return culture;
    }

    private static string Text(object?[] row) => string.Join(' ', row.Select(value => value is object?[] values
        ? $"[{Text(values)}]" : Convert.ToString(value, CultureInfo.InvariantCulture)));

    private static string Message(Func<object> act) => Assert.ThrowsAny<Exception>(act).Message.Split('\n')[0];

    private void Write(string name, string text) => File.WriteAllText(Path.Combine(_folder, name), text);

    private sealed class View
    {
        public int User { get; set; }

        public int Item { get; set; }

        public long Time { get; set; } = -5;

        public float Feedback { get; set; }

        public float WatchedShare { get; set; }
    }

    private sealed class NumberedUser
    {
        public double User { get; set; }

        public int Item { get; set; }

        public long Time { get; set; }

        public float Feedback { get; set; }
    }

    private sealed class Scored
    {
        public int[] RecommendedItems { get; set; } = [1, 2];

        public int TargetItem { get; set; } = 2;

        public float TargetFeedback { get; set; } = 1;

        public float[] CandidateLabels { get; set; } = [1, 0];

        public float[] CandidateScores { get; set; } = [0.5f, -1.5f];
    }
}
