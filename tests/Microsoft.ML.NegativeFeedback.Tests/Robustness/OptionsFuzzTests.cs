using System.Globalization;
using System.Reflection;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.Tests.Datasets;
using Microsoft.ML.NegativeFeedback.Tests.Trainers;
using Xunit.Abstractions;

namespace Microsoft.ML.NegativeFeedback.Tests.Robustness;

/// <summary>
/// Options of any kind with one or two values that nobody foresaw: who takes them works to the end, or refuses them by an exception that names the option or repeats its value.
/// </summary>
public sealed class OptionsFuzzTests(ITestOutputHelper output)
{
    private static readonly MLContext Ml = new(seed: 1);

    [Fact]
    public void Every_entry_point_takes_options_or_names_the_one_that_is_wrong()
    {
        var fuzzing = new Fuzzing("options", output).Run(300, random =>
        {
            var (type, take) = OptionsTests.Takers[random.Next(OptionsTests.Takers.Length)];
            object options = Activator.CreateInstance(type)!;
            var drawn = FuzzOptions.Change(options, random, random.Next(1, 3), FuzzOptions.StaysModest);
            return new FuzzCase(notes =>
            {
                notes.Add($"{type.FullName}: {string.Join(", ", drawn)}");
                take(options);
                return "";
            }, error => error is InvalidDataException /* the data lack what another column or number asks for */ || drawn.Any(change => change.IsNamedBy(error.Message)) ? null : "it names no option that was changed");
        });
        Assert.True(fuzzing.AcceptedCount > 0);
    }

    public static TheoryData<string> Trainers => ["PnfRec", "SasRec", "Sine", "Baseline", "MultiFeedback"];

    [Theory]
    [MemberData(nameof(Trainers))]
    public void Trainers_train_or_name_the_option_that_is_wrong(string trainer)
    {
        var rows = Ml.Data.LoadFromEnumerable(ToyFeed.Histories(24, seed: 1));
        // what a trainer is told to read as candidates is there
        var keyed = Ml.Transforms.Conversion.MapValueToKey("Items").Append(Ml.Transforms.CopyColumns("Candidates", "Items")).Fit(rows).Transform(rows);
        var ranked = new RankedFeed(Ml, rows: 24);
        var trainers = Ml.Recommendation().Trainers;
        var fuzzing = new Fuzzing($"options of {trainer}", output).Run(24, random => trainer switch
        {
            "PnfRec" => Case(TrainerTests.Small(new PnfRecTrainer.Options()), options => trainers.PnfRec(options), keyed, random),
            "SasRec" => Case(TrainerTests.Small(new SasRecTrainer.Options()), options => trainers.SasRec(options), keyed, random),
            "Sine" => Case(TrainerTests.Small(new SineTrainer.Options()), options => trainers.Sine(options), keyed, random),
            "Baseline" => Case(TrainerTests.Small(new BaselineTrainer.Options()), options => trainers.Baseline(options), keyed, random),
            _ => Case(ranked.Options(), options => trainers.MultiFeedback(options), ranked.Train, random),
        });
        Assert.True(fuzzing.AcceptedCount > 0);
    }

    private static FuzzCase Case<TOptions>(TOptions options, Func<TOptions, NextItemTrainer> create, IDataView rows, Random random)
        where TOptions : SequenceTrainerOptions
    {
        options.MaximumNumberOfEpochs = 1;
        var drawn = FuzzOptions.Change(options, random, random.Next(1, 4), FuzzOptions.TrainsInNoTime);
        return new FuzzCase(notes =>
        {
            notes.Add(string.Join(", ", drawn));
            var trainer = create(options);
            using var model = trainer.Fit(rows);
            var scored = model.Transform(rows);
            string[] scores = [.. new[] { options.ScoresColumnName, options.CandidateScoresColumnName }.Where(name => scored.Schema.GetColumnOrNull(name)?.Type is VectorDataViewType { ItemType.RawType: var type } && type == typeof(float))];
            Assert.All(DataViewRows.Of(scored, scores).SelectMany(row => row).SelectMany(values => (object?[])values!), score => Assert.False(float.IsNaN((float)score!), "A score is NaN."));
            return "trained";
        }, error => error is InvalidOperationException /* a training that diverged does not know why */ || drawn.Any(change => change.IsNamedBy(error.Message)) ? null : "it names no option that was changed");
    }
}

/// <summary>An option that was changed.</summary>
internal sealed record ChangedOption(string Name, object? Value)
{
    /// <summary>Whether a message names the option, or repeats what it was set to.</summary>
    public bool IsNamedBy(string message)
        => message.Contains(Name, StringComparison.OrdinalIgnoreCase)
            || Texts.Any(text => message.Contains(text.Length > 1 ? text : $"'{text}'", StringComparison.OrdinalIgnoreCase));

    public override string ToString() => Value is null ? $"{Name} = null" : $"{Name} = {string.Join(", ", Texts.Select(text => $"\"{text}\""))}";

    private IEnumerable<string> Texts => Value switch
    {
        string text => [text],
        System.Collections.IEnumerable list => list.Cast<object?>().Select(value => Convert.ToString(value, CultureInfo.InvariantCulture) ?? ""),
        _ => [Convert.ToString(Value, CultureInfo.InvariantCulture) ?? ""],
    };
}

/// <summary>Values that nobody foresaw.</summary>
internal static class FuzzOptions
{
    private static readonly int[] Integers = [int.MinValue, -1, 0, 1, 2, 3, 7, 100, 65_536, int.MaxValue - 1, int.MaxValue];
    private static readonly double[] Numbers =
        [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MinValue, -1, -0.0, 0, double.Epsilon, 1e-300, 1e-30, 1e-6, 0.3, 0.5, 1 - 1e-17, 1, 2, 1e6, 1e30, 1e300, double.MaxValue];
    private static readonly string?[] Texts =
        [null, "", " ", "\t", "\0", "Items", "Feedback", "User", "Item", "Scores", "Candidates", "Flags", "nowhere", "a.b", "a/b", "ä ö \U0001F600", "half \ud800", new('x', 2_000), "RecommendedItems", "TargetItem"];

    /// <summary>Keeps small what only makes simulated logs, samples and buckets larger.</summary>
    public static bool StaysModest(PropertyInfo option, object? value)
        => option.Name is not ("UserCount" or "VideoCount" or "SessionsPerUser" or "ViewsPerSession" or "CategoryCount" or "TastesPerUser" or "BootstrapCount" or "DurationBucketCount") || value is not int or < 200;

    /// <summary>Keeps small what makes a training longer, unless it is so large that it has to be refused.</summary>
    public static bool TrainsInNoTime(PropertyInfo option, object? value) => option.Name switch
    {
        "EmbeddingWidth" or "ExpertWidth" or "FeatureEmbeddingWidth" => value is not int or <= 8 or > 4_096,
        "MaximumSequenceLength" => value is not int or <= 100 or > 10_000,
        "NumberOfBlocks" or "NumberOfThreads" or "NumberOfSubInterests" or "NumberOfExperts" or "NumberOfSlots" => value is not int or <= 3 or > 1_024,
        "MaximumNumberOfEpochs" => value is not int or <= 3,
        // a file of that name would appear, or is a matter of checkpoints
        "CheckpointPath" => value is not string { Length: > 0 } text || string.IsNullOrWhiteSpace(text) || text.Contains('\0'),
        "WarmStart" => value is null,
        _ => true,
    };

    /// <summary>Changes a few options, each to a value that the limits let pass.</summary>
    public static IReadOnlyList<ChangedOption> Change(object options, Random random, int count, Func<PropertyInfo, object?, bool> isAllowed)
    {
        PropertyInfo[] all = [.. options.GetType().GetProperties().Where(property => property.CanWrite).OrderBy(property => property.Name, StringComparer.Ordinal)];
        var changed = new List<ChangedOption>();
        while (changed.Count < count)
        {
            var option = all[random.Next(all.Length)];
            object? value = Value(option, random);
            if (!isAllowed(option, value))
                continue;
            option.SetValue(options, value);
            changed.RemoveAll(earlier => earlier.Name == option.Name);
            changed.Add(new(option.Name, value));
        }

        return changed;
    }

    private static object? Value(PropertyInfo option, Random random)
    {
        var type = Nullable.GetUnderlyingType(option.PropertyType) ?? option.PropertyType;
        if (type != option.PropertyType && random.Next(4) == 0)
            return null;
        return Type.GetTypeCode(type) switch
        {
            _ when type.IsEnum => Enum.ToObject(type, random.Next(-1, Enum.GetValues(type).Length + 1)),
            TypeCode.Int32 => Any(Integers),
            TypeCode.Int64 => Any<long>(long.MinValue, -1, 0, 1, 1_700_000_000, long.MaxValue),
            TypeCode.Single => (float)Any(Numbers),
            TypeCode.Double => Any(Numbers),
            TypeCode.Boolean => random.Next(2) == 0,
            TypeCode.String => Any(Texts),
            _ when type == typeof(TimeSpan) => Any(TimeSpan.MinValue, TimeSpan.Zero, TimeSpan.FromSeconds(-1), TimeSpan.FromSeconds(1), TimeSpan.MaxValue),
            _ when type.IsAssignableFrom(typeof(string[])) && type != typeof(object) => Many(Texts),
            _ when type.IsAssignableFrom(typeof(double[])) => Many(Numbers),
            _ when type == typeof(IEnumerable<object>) => Many<object?>("a", 1, null, "item 001"),
            _ => type.IsValueType ? Activator.CreateInstance(type) : null,
        };

        T Any<T>(params T[] values) => values[random.Next(values.Length)];

        T[]? Many<T>(params T[] values) => random.Next(5) == 0 ? null : [.. Enumerable.Range(0, random.Next(5)).Select(_ => values[random.Next(values.Length)])];
    }
}
