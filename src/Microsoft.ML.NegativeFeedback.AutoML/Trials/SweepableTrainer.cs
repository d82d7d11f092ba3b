using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>A trainer that is made anew for each point of a search space: the options named there get its values, the others those of a template.</summary>
internal sealed class SweepableTrainer : SweepableEstimator
{
    private SweepableTrainer(
        SequenceTrainerOptions template, SearchSpace.SearchSpace searchSpace, Func<MLContext, Parameter, IEstimator<ITransformer>> create)
        : base(create, searchSpace)
    {
        Template = template;
    }

    /// <summary>The options that are not swept.</summary>
    public SequenceTrainerOptions Template { get; }

    /// <summary>A sweepable trainer.</summary>
    /// <param name="template">The options that are not swept; copied.</param>
    /// <param name="searchSpace">The options that are, by their names; copied; null for those that have attributes, starting from the template.</param>
    /// <param name="create">Makes the trainer.</param>
    /// <param name="finish">Called on the options of every trial when the swept ones are set; null for nothing.</param>
    /// <exception cref="ArgumentException">The search space names what is no option.</exception>
    public static SweepableTrainer Create<TOptions>(
        TOptions template, SearchSpace.SearchSpace? searchSpace, Func<MLContext, TOptions, NextItemTrainer> create, Action<TOptions>? finish = null)
        where TOptions : SequenceTrainerOptions, new()
    {
        template = (TOptions)template.Copy();
        var own = new SearchSpace.SearchSpace();
        foreach (var (name, option) in searchSpace ?? TrainerSearchSpace.StartingFrom(template))
            own.Add(name, option);
        OptionValues.Check(own, template);
        return new SweepableTrainer(template, own, (context, point) =>
        {
            var options = (TOptions)template.Copy();
            OptionValues.Set(options, point);
            finish?.Invoke(options);
            TrialSurroundings.Of(context)?.Enter(options);
            return create(context, options);
        });
    }
}

/// <summary>The search space that the attributes of a trainer's options span.</summary>
internal static class TrainerSearchSpace
{
    /// <summary>
    /// The space of these options, starting from their values rather than the attributes': a value that is no choice becomes one, and one out of its range is left for
    /// where the attribute starts.
    /// </summary>
    public static SearchSpace.SearchSpace StartingFrom<TOptions>(TOptions options)
        where TOptions : SequenceTrainerOptions, new()
    {
        var space = new SearchSpace<TOptions>();
        foreach (string name in space.Keys.ToArray())
        {
            var property = typeof(TOptions).GetProperty(name)!;
            space[name] = StartingFrom(space[name], property.GetValue(options)!);
        }

        return space;
    }

    private static OptionBase StartingFrom(OptionBase option, object value) => (option, value) switch
    {
        (ChoiceOption choice, _) => new ChoiceOption([.. choice.Choices.Select(other => OptionValues.Convert(other, value.GetType())).Append(value).Distinct().Order()], value),
        (UniformDoubleOption range, double number) when number >= range.Min && number <= range.Max => new UniformDoubleOption(range.Min, range.Max, range.LogBase, number),
        _ => option,
    };
}

/// <summary>A sweep moves λ₁, λ₂ and λ₃ of SINE one by one, but they sum to one: only their proportions can be swept.</summary>
internal static class SineLossWeights
{
    public static void SumToOne(SineTrainer.Options options)
    {
        double sum = options.SampledLossWeight + options.SkipLossWeight + options.DistanceLossWeight;
        // what sums to nothing is left for the trainer to refuse
        if (!(sum > 0))
            return;
        options.SampledLossWeight /= sum;
        options.SkipLossWeight /= sum;
        options.DistanceLossWeight /= sum;
    }
}

/// <summary>
/// What a sweep of the multi-feedback ranker moves: by default what carries attributes, and γ of GVV, the negative feedback. Of λ only the proportions can be swept, as they sum to one.
/// </summary>
internal static class MultiFeedbackSweep
{
    private const string NegativeTask = "GVV";

    /// <summary>γ of negative feedback is swept from this to 0.</summary>
    private const double LowestFusionWeight = -2, InitialFusionWeight = -1;

    public static SweepableTrainer Create(MultiFeedbackTrainer.Options template, SearchSpace.SearchSpace? searchSpace)
    {
        template = (MultiFeedbackTrainer.Options)template.Copy();
        searchSpace ??= DefaultSpace(template);
        bool sweepsShares = searchSpace.Keys.Any(name => name.StartsWith($"{nameof(template.TaskShares)}[", StringComparison.Ordinal));
        if (sweepsShares)
        {
            template.Balance = TaskBalance.Given;
            int count = template.TaskNames.Count;
            template.TaskShares ??= [.. Enumerable.Repeat(1.0 / count, count)];
        }

        return SweepableTrainer.Create(template, searchSpace, (context, trial) => context.Recommendation().Trainers.MultiFeedback(trial), sweepsShares ? SumToOne : null);
    }

    private static SearchSpace.SearchSpace DefaultSpace(MultiFeedbackTrainer.Options template)
    {
        SearchSpace.SearchSpace space = TrainerSearchSpace.StartingFrom(template);
        int task = template.TaskNames.ToList().IndexOf(NegativeTask);
        if (task >= 0 && task < template.FusionWeights.Count)
        {
            double start = template.FusionWeights[task] is >= LowestFusionWeight and <= 0 and var weight ? weight : InitialFusionWeight;
            space.Add($"{nameof(template.FusionWeights)}[{task}]", new UniformDoubleOption(LowestFusionWeight, 0, logBase: false, start));
        }

        return space;
    }

    private static void SumToOne(MultiFeedbackTrainer.Options options)
    {
        double sum = options.TaskShares!.Sum();
        // what sums to nothing is left for the trainer to refuse
        if (sum > 0)
            options.TaskShares = [.. options.TaskShares!.Select(share => share / sum)];
    }
}
