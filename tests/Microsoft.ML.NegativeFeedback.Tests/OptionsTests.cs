using System.Reflection;
using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Tests.AutoML;
using Microsoft.ML.NegativeFeedback.Tests.Evaluation;
using Microsoft.ML.NegativeFeedback.Tests.Scoring;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Microsoft.ML.NegativeFeedback.Tuning;

namespace Microsoft.ML.NegativeFeedback.Tests;

/// <summary>Whoever takes options keeps a copy: one object, changed in a loop, gives as many different trainers, estimators and views.</summary>
public class OptionsTests
{
    private static readonly MLContext Ml = new(seed: 1);

    private static IDataView Histories => Ml.Data.LoadFromEnumerable(ToyFeed.Histories(8, seed: 1));

    private static IDataView Log
    {
        get
        {
            var log = Ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 60, VideoCount = 40 });
            return Ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3)).Fit(log).Transform(log);
        }
    }

    /// <summary>Every entry point that takes options, by their type.</summary>
    internal static readonly (Type Options, Func<object, object> Take)[] Takers =
    [
        Taker<PnfRecTrainer.Options>(options => Ml.Recommendation().Trainers.PnfRec(options)),
        Taker<SasRecTrainer.Options>(options => Ml.Recommendation().Trainers.SasRec(options)),
        Taker<SineTrainer.Options>(options => Ml.Recommendation().Trainers.Sine(options)),
        Taker<BaselineTrainer.Options>(options => Ml.Recommendation().Trainers.Baseline(options)),
        Taker<MultiFeedbackTrainer.Options>(options => Ml.Recommendation().Trainers.MultiFeedback(NameTasks(options))),
        Taker<PnfRecTrainer.Options>(options => Ml.Auto().PnfRec(options)),
        Taker<SasRecTrainer.Options>(options => Ml.Auto().SasRec(options)),
        Taker<SineTrainer.Options>(options => Ml.Auto().Sine(options)),
        Taker<BaselineTrainer.Options>(options => Ml.Auto().Baseline(options)),
        Taker<MultiFeedbackTrainer.Options>(options => Ml.Auto().MultiFeedback(NameTasks(options))),
        Taker<WindowSequencesOptions>(options => Ml.Transforms.WindowSequences(options)),
        Taker<WindowSequencesOptions>(options => Ml.Transforms.WindowSequences(options).Fit(Log).Transform(Log)),
        Taker<WatchFeedbackOptions>(options => Ml.Transforms.LabelWatchFeedback(options: options)),
        Taker<WatchFeedbackOptions>(options => Ml.Transforms.LabelWatchFeedback(options: options).Fit(Log)),
        Taker<SampleNegativesOptions>(options => Ml.Transforms.SampleNegatives(options)),
        Taker<SampleNegativesOptions>(options => Ml.Transforms.Conversion.MapValueToKey("Items").Append(Ml.Transforms.SampleNegatives(options)).Fit(Histories)),
        Taker<ShortVideoFeedOptions>(options => Ml.Data.SimulateShortVideoFeed(options)),
        Taker<ShortVideoFeedOptions>(options => Ml.Data.SimulateShortVideoUsers(options)),
        Taker<ShortVideoFeedOptions>(options => Ml.Data.SimulateShortVideos(options)),
        Taker<TemporalSplitOptions>(options => Ml.Data.TemporalSplit(Log, options)),
        Taker<LeaveLastOutOptions>(options => Ml.Data.LeaveLastOut(Log, options)),
        Taker<FeedbackAnalysisOptions>(options => Ml.Data.AnalyzeFeedback(Log, options)),
        Taker<MultiFeedbackEvaluationOptions>(options =>
        {
            RankedRow.NameTasks(options.TaskNames);
            return Ml.Recommendation().EvaluateMultiFeedback(RankedRow.View(Ml, RankedRow.Few), options);
        }),
        Taker<DiversityOptions>(options => Ml.Recommendation().EvaluateDiversity(RankedRow.View(Ml, RankedRow.Few), ItemCategory.View(Ml, "v0", "v1", "v2"), options)),
        Taker<LiftOptions>(options =>
        {
            RankedRow.NameTasks(options.TaskNames);
            return Ml.Recommendation().CompareModels(RankedRow.View(Ml, RankedRow.Few), RankedRow.View(Ml, RankedRow.Few), options);
        }),
        Taker<ScoringOptions>(options => new ScoringFixture().CreateTransformer().With(options)),
        Taker<RecommendationMetricOptions>(options => Ml.Auto().CreateExperiment().SetRecommendationMetric(options)),
        Taker<RecommenderSweepOptions>(options => Ml.Auto().CreateExperiment().SetRecommendationMetric(options)),
        Taker<RecommenderSweepOptions>(options => new NextItemTrialRunner(Ml, SweepFeed.Pipeline(Ml, new()), Histories, Histories, options)),
        Taker<PnfRecTuningOptions>(options => new PnfRecTuning(Ml.Auto(), Histories, Histories, options)),
    ];

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Takers.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void What_takes_options_does_not_keep_them(int taker)
    {
        object options = Activator.CreateInstance(Takers[taker].Options)!;
        var kept = new HashSet<object>(ReferenceEqualityComparer.Instance) { options };
        foreach (var property in options.GetType().GetProperties().Where(property => property.CanWrite))
        {
            object? value = property.GetValue(options);
            if (value is IReadOnlyList<string> or IReadOnlyList<double>)
                property.SetValue(options, value = value is IReadOnlyList<string> ? new List<string>() : new List<double> { 0.1, 0.2 });
            if (value is System.Collections.IList or SequenceTrainerOptions)
                kept.Add(value);
        }

        object taken = Takers[taker].Take(options);

        Assert.DoesNotContain(Reachable(taken), kept.Contains);
    }

    // a sweep looks at the options of its trainers when it makes them
    public static TheoryData<int> CasesOfTypes
        => [.. Takers.DistinctBy(taker => taker.Options).Where(taker => taker.Options.Assembly == typeof(SequenceTrainerOptions).Assembly).Select(taker => Array.IndexOf(Takers, taker))];

    [Theory]
    [MemberData(nameof(CasesOfTypes))]
    public void The_option_that_names_no_column_is_named(int taker)
    {
        var (type, take) = Takers[taker];
        foreach (var property in type.GetProperties().Where(property => property.CanWrite && property.Name.Contains("ColumnName", StringComparison.Ordinal)))
        {
            object options = Activator.CreateInstance(type)!;
            bool isList = property.PropertyType != typeof(string);
            if (isList && property.GetValue(options) is null)
                continue;
            property.SetValue(options, isList ? null : " ");
            var error = Assert.ThrowsAny<ArgumentException>(() => take(options));
            Assert.Equal(property.Name, error.ParamName);
        }
    }

    [Fact]
    public void Every_kind_of_options_is_looked_at()
    {
        var all = new[] { typeof(SequenceTrainerOptions).Assembly, typeof(RecommendationMetricOptions).Assembly }.SelectMany(assembly => assembly.GetExportedTypes())
            .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && !type.IsAbstract);
        Assert.Equal(all.Select(type => type.FullName).Order(), Takers.Select(taker => taker.Options.FullName).Distinct().Order());
    }

    [Fact]
    public void One_object_changed_in_a_loop_gives_as_many_trainers()
    {
        var rows = Histories;
        var keyed = Ml.Transforms.Conversion.MapValueToKey("Items").Fit(rows).Transform(rows);
        var options = TrainerTests.Small(new PnfRecTrainer.Options { MaximumNumberOfEpochs = 1, ValidationFraction = 0 });
        var trainers = new List<PnfRecTrainer>();
        foreach (int recommendations in new[] { 1, 3 })
        {
            options.NumberOfRecommendations = recommendations;
            trainers.Add(Ml.Recommendation().Trainers.PnfRec(options));
        }

        Assert.Equal([1, 3], trainers.Select(trainer => ((Data.VectorDataViewType)trainer.Fit(keyed).Transform(keyed).Schema["Scores"].Type).Size));
    }

    // as many as the lists of numbers have
    private static MultiFeedbackTrainer.Options NameTasks(MultiFeedbackTrainer.Options options)
    {
        if (options.TaskNames is List<string> { Count: 0 } names)
            names.AddRange(["EVV", "GVV"]);
        return options;
    }

    private static (Type, Func<object, object>) Taker<TOptions>(Func<TOptions, object> take) => (typeof(TOptions), options => take((TOptions)options));

    /// <summary>What an object holds, directly or through others.</summary>
    private static HashSet<object> Reachable(object start)
    {
        var found = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>([start]);
        while (open.TryPop(out object? next))
        {
            if (next is string or Pointer or MemberInfo or Module or Assembly || next.GetType().IsPrimitive || (!next.GetType().IsValueType && !found.Add(next)))
                continue;
            if (next is Array array && !array.GetType().GetElementType()!.IsPrimitive)
            {
                foreach (object? element in array)
                    Push(element);
            }

            for (var type = next.GetType(); type is not null && type != typeof(object); type = type.BaseType)
            {
                foreach (var field in type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
                {
                    if (!field.FieldType.IsPointer && !field.FieldType.IsByRefLike && !field.FieldType.IsPrimitive && !field.FieldType.IsEnum)
                        Push(field.GetValue(next));
                }
            }
        }

        return found;

        void Push(object? value)
        {
            if (value is not null)
                open.Push(value);
        }
    }
}
