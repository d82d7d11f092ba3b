namespace Microsoft.ML.SearchSpace;

/// <summary>The values that a sweep tries for a property.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Field, Inherited = false, AllowMultiple = false)]
public sealed class ChoiceAttribute : Attribute
{
    public ChoiceAttribute(params object[] candidates)
    {
        Candidates = candidates;
    }

    public ChoiceAttribute(object[] candidates, object defaultValue)
        : this(candidates)
    {
        DefaultValue = defaultValue;
    }

    public object[] Candidates { get; }

    /// <summary>Where a sweep starts; null for the first candidate.</summary>
    public object DefaultValue { get; }
}
