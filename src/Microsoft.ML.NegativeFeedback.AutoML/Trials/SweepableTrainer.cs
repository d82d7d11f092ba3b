using Microsoft.ML.AutoML;
using Microsoft.ML.SearchSpace;

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
        OptionValues.Check(own, typeof(TOptions));
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
