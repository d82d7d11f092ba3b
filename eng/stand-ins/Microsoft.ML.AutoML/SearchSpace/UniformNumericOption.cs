using Microsoft.ML.Runtime;

namespace Microsoft.ML.SearchSpace.Option;

/// <summary>A number of a range, spread evenly, or its logarithm.</summary>
public abstract class UniformNumericOption : OptionBase
{
    public UniformNumericOption(double min, double max, bool logBase = false)
    {
        Contracts.CheckParam(max > min, nameof(max), "The upper bound must be above the lower.");
        Contracts.CheckParam(min > 0 || !logBase, nameof(min), "The lower bound of a logarithm must be above 0.");
        Min = min;
        Max = max;
        LogBase = logBase;
        Default = [0];
    }

    public double Min { get; }

    public double Max { get; }

    /// <summary>Whether the logarithm of the number is what is spread evenly.</summary>
    public bool LogBase { get; }

    public override int FeatureSpaceDim => 1;

    public override Parameter SampleFromFeatureSpace(double[] values)
        => Parameter.FromDouble(LogBase ? Min * Math.Pow(Max / Min, values[0]) : Min + ((Max - Min) * values[0]));

    public override double[] MappingToFeatureSpace(Parameter param)
    {
        double value = param.AsType<double>();
        return [LogBase ? Math.Log(value / Min) / Math.Log(Max / Min) : (value - Min) / (Max - Min)];
    }
}

/// <summary>A real number of a range.</summary>
public sealed class UniformDoubleOption : UniformNumericOption
{
    public UniformDoubleOption(double min, double max, bool logBase = false, double? defaultValue = null)
        : base(min, max, logBase)
    {
        if (defaultValue is { } value)
            Default = MappingToFeatureSpace(Parameter.FromDouble(value));
    }
}

/// <summary>A whole number of a range; the upper bound is met at the very edge of the feature space alone.</summary>
public sealed class UniformIntOption : UniformNumericOption
{
    public UniformIntOption(int min, int max, bool logBase = false, int? defaultValue = null)
        : base(min, max, logBase)
    {
        if (defaultValue is { } value)
            Default = MappingToFeatureSpace(Parameter.FromInt(value));
    }

    public override Parameter SampleFromFeatureSpace(double[] values)
        => Parameter.FromInt((int)Math.Floor(base.SampleFromFeatureSpace(values).AsType<double>()));
}
