namespace Microsoft.ML.SearchSpace.Option;

/// <summary>What a parameter may be, and how that is spread over the unit cube (the feature space).</summary>
public abstract class OptionBase
{
    public abstract int FeatureSpaceDim { get; }

    /// <summary>Where a sweep starts, in the feature space.</summary>
    public virtual double[] Default { get; protected set; }

    public abstract Parameter SampleFromFeatureSpace(double[] values);

    public abstract double[] MappingToFeatureSpace(Parameter value);
}
