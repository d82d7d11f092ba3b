using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Trials;

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
