using Microsoft.ML.Runtime;

namespace Microsoft.ML.SearchSpace.Option;

/// <summary>One of given values.</summary>
public sealed class ChoiceOption : OptionBase
{
    public ChoiceOption(params object[] choices)
    {
        Contracts.CheckParam(choices.Length > 0 && choices.Distinct().Count() == choices.Length, nameof(choices), "Choices must be there, and differ.");
        Choices = [.. choices.Select(Parameter.FromValue)];
        Default = new double[FeatureSpaceDim];
    }

    public ChoiceOption(object[] choices, object defaultChoice)
        : this(choices)
    {
        if (defaultChoice is not null)
            Default = MappingToFeatureSpace(Parameter.FromValue(defaultChoice));
    }

    public Parameter[] Choices { get; }

    /// <summary>None where there is nothing to choose.</summary>
    public override int FeatureSpaceDim => Choices.Length == 1 ? 0 : 1;

    public override Parameter SampleFromFeatureSpace(double[] values)
        => values.Length == 0 ? Choices[0] : Choices[Math.Min((int)(float)(values[0] * Choices.Length), Choices.Length - 1)];

    public override double[] MappingToFeatureSpace(Parameter param)
    {
        int index = Array.IndexOf(Choices, param);
        Contracts.CheckParam(index >= 0, nameof(param), $"{param} is none of the choices.");
        return FeatureSpaceDim == 0 ? [] : [(double)index / Choices.Length];
    }
}
