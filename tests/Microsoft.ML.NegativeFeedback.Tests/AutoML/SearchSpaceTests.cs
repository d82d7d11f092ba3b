using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Sweeps;
using Microsoft.ML.NegativeFeedback.Trials;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Tests.AutoML;

/// <summary>The search spaces that the attributes of the trainers' options span, and those that users give.</summary>
public class SearchSpaceTests
{
    private readonly MLContext _ml = new(seed: 1);

    private SweepableEstimator Sweepable(SequenceTrainerOptions options) => options switch
    {
        PnfRecTrainer.Options pnfRec => _ml.Auto().PnfRec(pnfRec),
        SasRecTrainer.Options sasRec => _ml.Auto().SasRec(sasRec),
        _ => _ml.Auto().Sine((SineTrainer.Options)options),
    };

    public static TheoryData<SequenceTrainerOptions> Options =>
    [
        new PnfRecTrainer.Options(),
        new PnfRecTrainer.Options { EmbeddingWidth = 231, NumberOfBlocks = 3, LearningRate = 3e-3, NegativeWeight = 0 },
        new SasRecTrainer.Options(),
        new SasRecTrainer.Options { Variant = SasRecVariant.Contrastive, ContrastiveWeight = 1, EmbeddingWidth = 8 },
        new SineTrainer.Options(),
        new SineTrainer.Options { NumberOfSubInterests = 7, SameInterestWeight = 0.75 },
    ];

    [Theory]
    [MemberData(nameof(Options))]
    public void A_sweep_starts_from_the_options_that_are_given(SequenceTrainerOptions options)
    {
        var space = Sweepable(options).SearchSpace;
        var start = space.SampleFromFeatureSpace(space.Default);

        Assert.True(space.Count >= 3);
        foreach (string name in space.Keys)
        {
            double expected = Convert.ToDouble(options.GetType().GetProperty(name)!.GetValue(options));
            Assert.Equal(expected, start[name].AsType<double>(), 1e-9);
        }
    }

    [Fact]
    public void The_attributes_start_from_the_defaults_of_the_papers()
    {
        Check(new PnfRecTrainer.Options(), new SearchSpace<PnfRecTrainer.Options>());
        Check(new SasRecTrainer.Options(), new SearchSpace<SasRecTrainer.Options>());
        var sine = new SearchSpace<SineTrainer.Options>();
        // its width of 50 is a default of its own
        sine.Remove(nameof(SineTrainer.Options.EmbeddingWidth));
        Check(new SineTrainer.Options(), sine);

        static void Check(SequenceTrainerOptions defaults, SearchSpace.SearchSpace space)
        {
            var start = space.SampleFromFeatureSpace(space.Default);
            Assert.All(space.Keys, name => Assert.Equal(
                Convert.ToDouble(defaults.GetType().GetProperty(name)!.GetValue(defaults)), start[name].AsType<double>(), 1e-9));
        }
    }

    [Fact]
    public void A_value_that_is_no_choice_becomes_one_in_its_place()
    {
        var widths = (ChoiceOption)_ml.Auto().PnfRec(new() { EmbeddingWidth = 231 }).SearchSpace["EmbeddingWidth"];

        Assert.Equal([32, 64, 128, 231, 256], widths.Choices.Select(width => width.AsType<int>()));
    }

    [Fact]
    public void A_value_out_of_its_range_leaves_the_start_where_it_is()
    {
        var space = _ml.Auto().PnfRec(new() { LearningRate = 0.5 }).SearchSpace;

        Assert.Equal(1e-3, space.SampleFromFeatureSpace(space.Default)["LearningRate"].AsType<double>(), 1e-9);
    }

    [Fact]
    public void What_the_paper_tunes_is_swept()
        => Assert.Equal(["ContrastiveWeight", "EmbeddingWidth", "LearningRate", "NegativeWeight", "NumberOfBlocks"], _ml.Auto().PnfRec().SearchSpace.Keys.Order());

    [Theory]
    [InlineData(SasRecVariant.PositiveItems, false)]
    [InlineData(SasRecVariant.WholeSequence, false)]
    [InlineData(SasRecVariant.Contrastive, true)]
    public void The_weight_of_a_contrast_is_swept_where_there_is_one(SasRecVariant variant, bool isSwept)
        => Assert.Equal(isSwept, _ml.Auto().SasRec(new() { Variant = variant }).SearchSpace.ContainsKey(nameof(SasRecTrainer.Options.ContrastiveWeight)));

    [Fact]
    public void The_attributes_do_for_estimators_that_AutoML_makes_itself()
    {
        SasRecTrainer.Options? made = null;
        var sweepable = _ml.Auto().CreateSweepableEstimator(
            (context, options) => context.Recommendation().Trainers.SasRec(made = options), new SearchSpace<SasRecTrainer.Options>());

        sweepable.BuildFromOption(_ml, sweepable.SearchSpace.SampleFromFeatureSpace([0.5, 0.99, 0.5, 0]));

        // in the order of the names: contrast, width, learning rate, blocks
        Assert.NotNull(made);
        Assert.Equal(0.5, made.ContrastiveWeight);
        Assert.Equal(256, made.EmbeddingWidth);
        Assert.Equal(1e-3, made.LearningRate, 1e-9);
        Assert.Equal(1, made.NumberOfBlocks);
        Assert.Equal(500, made.BatchSize);
    }

    private sealed class OwnSpace
    {
        [Choice(ContrastSimilarity.Dot, ContrastSimilarity.Cosine)]
        public ContrastSimilarity Similarity { get; set; }

        [BooleanChoice(false)]
        public bool SeparatePositionEmbeddings { get; set; }

        [Range(5, 20, 10)]
        public int MaximumSequenceLength { get; set; }

        [Range(0.5, 2.0)]
        public double GradientClippingNorm { get; set; }
    }

    [Fact]
    public void A_class_of_ones_own_can_span_the_space()
    {
        var template = new PnfRecTrainer.Options { BatchSize = 17 };
        var trial = new TrialSurroundings(new RecommendationMetricOptions(), _ml.Data.LoadFromEnumerable(SweepFeed.Evaluation(1, seed: 1)), default);
        trial.AttachTo(_ml);
        var sweepable = _ml.Auto().PnfRec(template, new SearchSpace<OwnSpace>());
        template.BatchSize = 18;

        // in the order of the names: norm, length, separate positions (true first), similarity
        sweepable.BuildFromOption(_ml, sweepable.SearchSpace.SampleFromFeatureSpace([0.5, 0.5, 0, 0.99]));

        var made = Assert.IsType<PnfRecTrainer.Options>(trial.TrainerOptions);
        Assert.Equal(1.25, made.GradientClippingNorm);
        Assert.Equal(12, made.MaximumSequenceLength);
        Assert.True(made.SeparatePositionEmbeddings);
        Assert.Equal(ContrastSimilarity.Cosine, made.Similarity);
        Assert.Equal(17, made.BatchSize);
    }

    public static TheoryData<string, OptionBase, string> WrongOptions => new()
    {
        { "Alpha", new UniformDoubleOption(0, 1), "NegativeWeight" },
        { "ItemsColumnName", new ChoiceOption("Items", "Others"), "no option" },
        { "EmbeddingWidth", new UniformDoubleOption(16, 64), "whole" },
        { "EmbeddingWidth", new ChoiceOption(16, 32.5), "'EmbeddingWidth' has the choice 32.5, which is no whole number" },
        { "EmbeddingWidth", new ChoiceOption(16, "wide"), "has the choice wide, which is no whole number" },
        { "NegativeWeight", new ChoiceOption(0.5, "much"), "which is no number" },
        { "SeparatePositionEmbeddings", new ChoiceOption("perhaps"), "which is neither true nor false" },
        { "Similarity", new ChoiceOption("Dot", "Angle"), "which is none of Dot, Cosine" },
        { "Similarity", new UniformDoubleOption(0, 1), "The search space of 'Similarity' is a UniformDoubleOption, and none of its values one of the option's: use ChoiceOption." },
        { "SeparatePositionEmbeddings", new UniformIntOption(0, 1), "use ChoiceOption" },
    };

    [Theory]
    [MemberData(nameof(WrongOptions))]
    public void A_name_that_is_no_option_is_refused(string name, OptionBase option, string hint)
    {
        var error = Assert.Throws<ArgumentException>(() => _ml.Auto().PnfRec(searchSpace: new() { [name] = option }));

        Assert.Contains(name, error.Message);
        Assert.Contains(hint, error.Message);
    }

    [Fact]
    public void Choices_that_an_option_can_hold_are_taken()
        => _ml.Auto().PnfRec(searchSpace: new()
        {
            ["EmbeddingWidth"] = new ChoiceOption(16, 32.0),
            ["NegativeWeight"] = new ChoiceOption(0, 0.5),
            ["SeparatePositionEmbeddings"] = new ChoiceOption(true, false),
            ["Similarity"] = new ChoiceOption("Dot", ContrastSimilarity.Cosine),
        });

    [Fact]
    public void A_grid_of_more_combinations_than_memory_holds_proposes_what_is_asked_for()
    {
        var space = new SearchSpace.SearchSpace();
        foreach (string name in new[] { "NegativeWeight", "ContrastiveWeight", "LearningRate", "DropoutRate", "ValidationFraction" })
            space.Add(name, new UniformDoubleOption(0.1, 0.5));
        foreach (string name in new[] { "MaximumSequenceLength", "BatchSize", "EmbeddingWidth", "NumberOfHeads" })
            space.Add(name, new UniformIntOption(1, 1000));
        var tuner = new GridTuner(_ml.Transforms.Conversion.MapValueToKey("Items").Append(_ml.Auto().PnfRec(searchSpace: space)), limit: 3);
        Assert.Equal(3, Enumerable.Range(0, tuner.Count).Select(id => tuner.Propose(new TrialSettings { TrialId = id }).ToString()).Distinct().Count());
    }

    [Fact]
    public void A_grid_has_every_combination()
    {
        var pipeline = _ml.Transforms.Conversion.MapValueToKey("Items").Append(_ml.Auto().PnfRec(searchSpace: new()
        {
            ["NumberOfBlocks"] = new ChoiceOption(1, 2),
            ["NegativeWeight"] = new UniformDoubleOption(0, 1),
        }));
        var tuner = new GridTuner(pipeline, limit: 100);

        var points = Enumerable.Range(0, tuner.Count)
            .Select(id => PipelineParameters.Flatten(tuner.Propose(new TrialSettings { TrialId = id })[NextItemTrialRunner.PipelineParameter])).ToArray();

        Assert.Equal(22, points.Length);
        Assert.Equal(5, new GridTuner(pipeline, limit: 5).Count);
        Assert.Equal([1, 2], points.Select(point => (long)point["NumberOfBlocks"]).Distinct());
        Assert.Equal(Enumerable.Range(0, 11).Select(step => step / 10.0), points.Take(11).Select(point => Math.Round((double)point["NegativeWeight"], 9)));
    }
}
