namespace Microsoft.ML.NegativeFeedback.Tests.Trainers;

/// <summary>What no trainer can work with is refused when the trainer is made, with the option, its value and what it may be.</summary>
public class OptionLimitTests
{
    private static readonly (string Option, object Value)[] Wrong =
    [
        ("MaximumSequenceLength", 0), ("MaximumSequenceLength", 10_001), ("MaximumSequenceLength", int.MaxValue),
        ("EmbeddingWidth", 0), ("EmbeddingWidth", 4_097), ("EmbeddingWidth", int.MaxValue),
        ("NumberOfBlocks", 0), ("NumberOfBlocks", 101),
        ("NumberOfThreads", 0), ("NumberOfThreads", 1_025), ("NumberOfThreads", int.MaxValue),
        ("Device", (TrainingDevice)9), ("EarlyStoppingMetric", (EarlyStoppingMetric)9),
        ("NumberOfRecommendations", 0), ("BatchSize", 0), ("MaximumNumberOfEpochs", 0), ("EarlyStoppingPatience", 0), ("ValidationCutoff", 0),
        ("LearningRate", double.NaN), ("LearningRate", 0.0), ("LearningRate", double.PositiveInfinity), ("LearningRate", 1.5),
        ("DropoutRate", double.NaN), ("DropoutRate", 1.0), ("DropoutRate", -0.1),
        ("ValidationFraction", double.NaN), ("ValidationFraction", 1.0),
        ("GradientClippingNorm", double.NaN), ("GradientClippingNorm", 0.0), ("GradientClippingNorm", double.MaxValue),
    ];

    private static readonly string[] Names =
    [
        "ItemsColumnName", "FeedbackColumnName", "RecommendedItemsColumnName", "ScoresColumnName", "CandidatesColumnName", "CandidateScoresColumnName", "TargetItemColumnName",
        "TargetFeedbackColumnName", "ValidationCandidatesColumnName", "CandidateLabelsColumnName", "CheckpointPath",
    ];

    public static TheoryData<string> Trainers => ["PnfRec", "SasRec", "Sine", "Baseline", "MultiFeedback"];

    [Theory]
    [MemberData(nameof(Trainers))]
    public void Values_out_of_range_are_refused(string trainer)
        => Assert.All(Wrong, wrong =>
        {
            var error = Assert.Throws<ArgumentOutOfRangeException>(() => Create(trainer, wrong.Option, wrong.Value));
            Assert.Equal(wrong.Option, error.ParamName);
            Assert.Equal(wrong.Value, error.ActualValue);
            Assert.Contains("must be ", error.Message);
        });

    [Theory]
    [InlineData("PnfRec", "NegativeWeight")]
    [InlineData("PnfRec", "ContrastiveWeight")]
    [InlineData("SasRec", "ContrastiveWeight")]
    [InlineData("Baseline", "ContrastWeight")]
    [InlineData("MultiFeedback", "SampledItemWeight")]
    public void A_weight_that_no_Single_can_hold_is_refused(string trainer, string option)
        => Assert.Contains("Single", Assert.Throws<ArgumentOutOfRangeException>(option, () => Create(trainer, option, 1e39)).Message);

    [Theory]
    [MemberData(nameof(Trainers))]
    public void Empty_names_are_refused(string trainer)
        => Assert.All(Names.SelectMany(name => new[] { (name, ""), (name, " ") }), wrong =>
            Assert.Equal(wrong.name, Assert.Throws<ArgumentException>(() => Create(trainer, wrong.name, wrong.Item2)).ParamName));

    [Theory]
    [MemberData(nameof(Trainers))]
    public void A_name_that_is_given_twice_is_refused(string trainer)
        => Assert.Contains("different names", Assert.Throws<ArgumentException>(() => Create(trainer, "ScoresColumnName", "RecommendedItems")).Message);

    [Fact]
    public void Options_of_SINE_alone_have_limits_too()
    {
        Assert.Equal(101, Assert.Throws<ArgumentOutOfRangeException>(() => Create("Sine", "NumberOfSubInterests", 101)).ActualValue);
        Assert.Throws<ArgumentException>(() => Create("Sine", "SubInterestWeightsColumnName", ""));
    }

    [Theory]
    [MemberData(nameof(Trainers))]
    public void The_largest_values_are_taken(string trainer)
    {
        foreach (var (option, value) in new[] { ("MaximumSequenceLength", 10_000), ("EmbeddingWidth", 4_096), ("NumberOfBlocks", 100), ("NumberOfThreads", 1_024), ("BatchSize", int.MaxValue) })
            Assert.NotNull(Create(trainer, option, value));
    }

    private static NextItemTrainer Create(string trainer, string option, object value)
    {
        var trainers = new MLContext(seed: 1).Recommendation().Trainers;
        return trainer switch
        {
            "PnfRec" => trainers.PnfRec(With(new PnfRecTrainer.Options())),
            "SasRec" => trainers.SasRec(With(new SasRecTrainer.Options())),
            "Sine" => trainers.Sine(With(new SineTrainer.Options())),
            "MultiFeedback" => trainers.MultiFeedback(With(new MultiFeedbackTrainer.Options())),
            _ => trainers.Baseline(With(new BaselineTrainer.Options())),
        };

        TOptions With<TOptions>(TOptions options)
            where TOptions : class
        {
            typeof(TOptions).GetProperty(option)!.SetValue(options, value);
            return options;
        }
    }
}
