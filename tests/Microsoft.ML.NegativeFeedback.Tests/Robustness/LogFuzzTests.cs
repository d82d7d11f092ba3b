using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>
/// Logs of random schemas and values go through labelling, sequences, splits, sampling and a training of an epoch: it works to the end, or a step says what is wrong with the log.
/// </summary>
public sealed class LogFuzzTests(ITestOutputHelper output)
{
    private static readonly MLContext Ml = new(seed: 1);

    [Fact]
    public void Logs_of_any_schema_are_worked_off_or_refused_with_a_reason()
    {
        var fuzzing = new Fuzzing("logs", output).Run(80, random =>
        {
            var log = FuzzLog.Draw(Ml, random);
            return new FuzzCase(notes =>
            {
                notes.Add(log.Description);
                return Work(log.View(), random, notes);
            }, error => error.Message.Length > 30 ? null : "it says too little");
        });
        Assert.True(fuzzing.AcceptedCount > 0);
    }

    private static string Work(IDataView log, Random random, List<string> notes)
    {
        string ruleName = Choose(random, "watch time", "watch time", "watch time", "rating", "median", "flags", "share", "custom");
        notes.Add($"rule: {ruleName}");
        FeedbackRule rule = ruleName switch
        {
            "watch time" => FeedbackRule.WatchTime(0.5, 3, unknownDuration: Choose(random, Enum.GetValues<UnknownDuration>())),
            "rating" => FeedbackRule.Rating(3),
            "median" => FeedbackRule.RatingMedian(),
            "flags" => FeedbackRule.Flags(["Like"], ["Hate"], FeedbackRule.WatchTime()),
            "share" => FeedbackRule.WatchedShare(),
            _ => FeedbackRule.Custom(row => row[0] > 100 ? 7 : row[0] > 3 ? 1 : -1, "WatchSeconds"),
        };
        var labelled = Ml.Transforms.LabelFeedback(rule).Fit(log).Transform(log);
        string step = Choose(random, "windows", "windows", "temporal", "leave last", "core", "analysis", "watch feedback");
        notes.Add($"step: {step}");
        int few = random.Next(4);
        switch (step)
        {
            case "temporal":
                var split = Ml.Data.TemporalSplit(labelled, new TemporalSplitOptions
                {
                    MinimumItemCount = few,
                    MinimumUserCount = few,
                    MinimumPositiveCount = random.Next(3),
                    BoundaryQuantile = 0.1 + (0.8 * random.NextDouble()),
                    TimesColumnName = random.Next(2) == 0 ? "Times" : null,
                });
                ReadAll(split.TrainSet, split.ValidationSet, split.TestSet);
                return Train(Windows(split.TrainSet, random), split.ValidationSet, random, notes);
            case "leave last":
                var last = Ml.Data.LeaveLastOut(labelled, new LeaveLastOutOptions { MaximumPositiveCount = random.Next(2) * 5, NumberOfLastViews = 0 });
                ReadAll(last.TrainSet, last.ValidationSet, last.TestSet);
                return Train(last.TrainSet, last.ValidationSet, random, notes);
            case "core":
                var core = Ml.Data.FilterCore(labelled, few, few);
                ReadAll(core);
                return Train(Windows(core, random), null, random, notes);
            case "analysis":
                var analysis = Ml.Data.AnalyzeFeedback(labelled, new FeedbackAnalysisOptions { CategoryColumnNames = random.Next(2) == 0 ? [] : ["Category"] });
                Assert.NotNull(analysis.ToString());
                return "analysed";
            case "watch feedback":
                var flagged = Ml.Transforms.LabelWatchFeedback(options: new WatchFeedbackOptions { MinimumViewCount = few + 1, DurationBucketCount = few + 1 }).Fit(labelled).Transform(labelled);
                var views = Ml.Data.LeaveLastOut(flagged, new LeaveLastOutOptions { NumberOfLastViews = few + 1, SequenceColumnNames = ["Flags"] });
                ReadAll(views.TrainSet, views.ValidationSet, views.TestSet);
                return "split";
            default:
                return Train(Windows(labelled, random), null, random, notes);
        }
    }

    private static IDataView Windows(IDataView labelled, Random random)
    {
        var options = new WindowSequencesOptions { MaximumLength = random.Next(3) * 5, MinimumPositiveCount = random.Next(2), TimesColumnName = random.Next(2) == 0 ? "Times" : null };
        options.Stride = options.MaximumLength > 0 ? random.Next(options.MaximumLength) : 0;
        var windows = Ml.Transforms.WindowSequences(options).Fit(labelled).Transform(labelled);
        ReadAll(windows);
        return windows;
    }

    private static string Train(IDataView rows, IDataView? validation, Random random, List<string> notes)
    {
        if (random.Next(4) == 0)
        {
            var heldOut = Ml.Transforms.HoldOutLastItem().Fit(rows).Transform(rows);
            ReadAll(heldOut);
            (rows, validation) = random.Next(2) == 0 ? (rows, heldOut) : (heldOut, validation);
        }

        if (((VectorDataViewType)rows.Schema["Items"].Type).ItemType is not KeyDataViewType)
            rows = Ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        if (random.Next(4) == 0)
        {
            var method = Choose(random, Enum.GetValues<NegativeSamplingMethod>());
            notes.Add($"sampling: {method}");
            rows = Ml.Transforms.SampleNegatives(method: method, numberOfNegatives: random.Next(1, 4)).Fit(rows).Transform(rows);
            ReadAll(rows);
        }

        var trainers = Ml.Recommendation().Trainers;
        var network = Choose(random, Enum.GetValues<BaselineNetwork>());
        string name = Choose(random, "PnfRec", "SasRec", "Sine", $"{network}");
        notes.Add($"trainer: {name}");
        NextItemTrainer trainer = name switch
        {
            "PnfRec" => trainers.PnfRec(Tiny(new PnfRecTrainer.Options())),
            "SasRec" => trainers.SasRec(Tiny(new SasRecTrainer.Options { Variant = Choose(random, Enum.GetValues<SasRecVariant>()) })),
            "Sine" => trainers.Sine(Tiny(new SineTrainer.Options())),
            _ => trainers.Baseline(Tiny(new BaselineTrainer.Options { Network = network, CandidatesColumnName = random.Next(2) == 0 ? "Candidates" : null })),
        };
        using var model = trainer.Fit(rows);
        // with candidates, the rows to score must have them
        if (model.GetOutputSchema(rows.Schema).GetColumnOrNull("Scores") is not null)
            ReadAll(model.Transform(rows));
        return "trained";

        TOptions Tiny<TOptions>(TOptions options)
            where TOptions : SequenceTrainerOptions
        {
            TrainerTests.Small(options);
            (options.EmbeddingWidth, options.MaximumSequenceLength, options.BatchSize, options.MaximumNumberOfEpochs, options.NumberOfRecommendations) = (4, 5, 16, 1, random.Next(1, 4));
            options.ValidationSet = random.Next(2) == 0 ? validation : null;
            options.ValidationFraction = random.Next(2) * 0.3;
            return options;
        }
    }

    private static void ReadAll(params IDataView?[] views)
    {
        foreach (var view in views.OfType<IDataView>())
            DataViewRows.Of(view);
    }

    private static T Choose<T>(Random random, params T[] values) => values[random.Next(values.Length)];
}

/// <summary>A log in memory whose columns have drawn types and values.</summary>
internal sealed record FuzzLog(string Description, Func<IDataView> View)
{
    private static readonly Type[] Identifiers = [typeof(int), typeof(uint), typeof(long), typeof(ulong), typeof(float), typeof(byte), typeof(bool), typeof(DateTime)];
    private static readonly Type[] Times = [typeof(DateTime), typeof(int), typeof(float), typeof(string), typeof(DateTimeOffset)];

    // what is expected most of the time, so that most logs come far
    public static FuzzLog Draw(MLContext ml, Random random)
    {
        var user = random.Next(3) > 0 ? typeof(string) : Identifiers[random.Next(Identifiers.Length)];
        var item = random.Next(3) > 0 ? typeof(string) : Identifiers[random.Next(Identifiers.Length)];
        var time = random.Next(4) > 0 ? typeof(long) : Times[random.Next(Times.Length)];
        var watched = random.Next(12) > 0 ? typeof(float) : typeof(double);
        // how many values in a hundred are strange, in most logs none
        int strange = random.Next(3) > 0 ? 0 : random.Next(1, 10);
        var method = typeof(FuzzLog).GetMethod(nameof(RowsOf), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(user, item, time, watched);
        int count = random.Next(12) switch { 0 => 0, 1 => random.Next(1, 4), _ => random.Next(40, 200) };
        var rows = (IDataView)method.Invoke(null, BindingFlags.DoNotWrapExceptions, null, [ml, random, count, strange], null)!;
        string[] columns = [.. rows.Schema.Select(column => column.Name)];
        string damaged = columns[random.Next(columns.Length)];
        string damage = random.Next(14) switch { 0 => "dropped", 1 => "to keys", 2 => "to a vector", 3 => "renamed", 4 => "twice", _ => "none" };
        return new($"{count} rows, User {user.Name}, Item {item.Name}, Time {time.Name}, WatchSeconds {watched.Name}, {strange} % strange, damage: {(damage == "none" ? damage : $"{damaged} {damage}")}",
            () => Damage(ml, rows, damage, damaged));
    }

    private static IDataView Damage(MLContext ml, IDataView rows, string damage, string column)
    {
        IEstimator<ITransformer>? step = damage switch
        {
            "dropped" => ml.Transforms.DropColumns(column),
            "to keys" => ml.Transforms.Conversion.MapValueToKey(column),
            "to a vector" => ml.Transforms.Concatenate(column, column),
            "renamed" => ml.Transforms.CopyColumns(column.ToLowerInvariant(), column).Append(ml.Transforms.DropColumns(column)),
            // hides the column of that name, as a second mapping does
            "twice" => ml.Transforms.CopyColumns(column, rows.Schema[^1].Name),
            _ => null,
        };
        return step is null ? rows : step.Fit(rows).Transform(rows);
    }

    private static IDataView RowsOf<TUser, TItem, TTime, TWatched>(MLContext ml, Random random, int count, int strange)
    {
        long start = random.Next(3) == 0 ? 0 : 1_700_000_000;
        bool isSorted = random.Next(2) == 0;
        var rows = Enumerable.Range(0, count).Select(i => new FuzzedView<TUser, TItem, TTime, TWatched>
        {
            User = Value<TUser>(random.Next(8)),
            Item = Value<TItem>(random.Next(14)),
            Time = Value<TTime>(start + (isSorted ? i : random.Next(50))),
            WatchSeconds = Value<TWatched>(random.Next(20)),
            DurationSeconds = Value<float>(random.Next(5, 20)),
            Rating = Value<float>(random.Next(1, 6)),
            Like = random.Next(2),
            Hate = random.Next(8) == 0 ? 1 : 0,
            WatchedShare = Value<float>(random.Next(2)),
            Category = $"category {i % 3}",
        }).ToArray();
        if (count > 0 && random.Next(4) == 0)
            rows = [.. rows, .. rows];
        return ml.Data.LoadFromEnumerable(rows);

        T Value<T>(long usual)
        {
            bool isStrange = random.Next(100) < strange;
            object value = default(T) switch
            {
                null => isStrange ? OneOf("", " ", "\0", "NaN", new string('x', 10_000), "\ud800", null!) : $"id{usual}",
                int => isStrange ? OneOf(int.MinValue, int.MaxValue, -1, 0) : (int)usual,
                uint => isStrange ? OneOf(uint.MaxValue, 0u) : (uint)usual,
                long => isStrange ? OneOf(long.MinValue, long.MaxValue, -1L, 0L) : usual,
                ulong => isStrange ? OneOf(ulong.MaxValue, 0ul) : (ulong)usual,
                float => isStrange ? OneOf(float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, -1f, -0f, float.Epsilon) : (float)usual,
                double => isStrange ? OneOf(double.NaN, double.PositiveInfinity, -1.0) : (double)usual,
                byte => (byte)usual,
                bool => usual % 2 == 0,
                DateTime => isStrange ? OneOf(DateTime.MinValue, DateTime.MaxValue) : DateTime.UnixEpoch.AddSeconds(usual),
                DateTimeOffset => DateTimeOffset.UnixEpoch.AddSeconds(usual),
                _ => throw new NotSupportedException($"{typeof(T)}"),
            };
            return (T)value;
        }

        object OneOf(params object[] values) => values[random.Next(values.Length)];
    }
}

/// <summary>A row of such a log.</summary>
internal sealed class FuzzedView<TUser, TItem, TTime, TWatched>
{
    public TUser User { get; set; } = default!;

    public TItem Item { get; set; } = default!;

    public TTime Time { get; set; } = default!;

    public TWatched WatchSeconds { get; set; } = default!;

    public float DurationSeconds { get; set; }

    public float Rating { get; set; }

    public float Like { get; set; }

    public float Hate { get; set; }

    public float WatchedShare { get; set; }

    public string Category { get; set; } = "";
}
