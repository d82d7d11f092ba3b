using System.Collections;
using System.Reflection;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.SearchSpace;

/// <summary>Named options: what a sweep searches.</summary>
public class SearchSpace : OptionBase, IEnumerable<KeyValuePair<string, OptionBase>>
{
    private readonly Dictionary<string, OptionBase> _options = [];

    public SearchSpace()
    {
    }

    private protected SearchSpace(Type typeInfo)
    {
        foreach (var property in typeInfo.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (OptionOf(property) is { } option)
                _options.Add(property.Name, option);
        }
    }

    public override int FeatureSpaceDim => _options.Values.Sum(option => option.FeatureSpaceDim);

    public override double[] Default => [.. Ordered.SelectMany(pair => pair.Value.Default)];

    public ICollection<string> Keys => _options.Keys;

    public int Count => _options.Count;

    public OptionBase this[string key]
    {
        get => _options[key];
        set => _options[key] = value;
    }

    private IEnumerable<KeyValuePair<string, OptionBase>> Ordered => _options.OrderBy(pair => pair.Key);

    public void Add(string key, OptionBase value) => _options.Add(key, value);

    public bool ContainsKey(string key) => _options.ContainsKey(key);

    public bool Remove(string key) => _options.Remove(key);

    public IEnumerator<KeyValuePair<string, OptionBase>> GetEnumerator() => _options.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public override Parameter SampleFromFeatureSpace(double[] feature)
    {
        var parameter = Parameter.CreateNestedParameter();
        int start = 0;
        foreach (var (name, option) in Ordered)
        {
            parameter[name] = option.SampleFromFeatureSpace(feature.AsSpan(start, option.FeatureSpaceDim).ToArray());
            start += option.FeatureSpaceDim;
        }

        return parameter;
    }

    public override double[] MappingToFeatureSpace(Parameter parameter)
        => [.. Ordered.SelectMany(pair => pair.Value.MappingToFeatureSpace(parameter[pair.Key]))];

    private static OptionBase OptionOf(PropertyInfo property)
    {
        if (property.GetCustomAttribute<ChoiceAttribute>(inherit: false) is { } choice)
            return new ChoiceOption(choice.Candidates, choice.DefaultValue);
        if (property.GetCustomAttribute<BooleanChoiceAttribute>(inherit: false) is { } boolean)
            return new ChoiceOption([true, false], boolean.DefaultValue);
        return property.GetCustomAttribute<RangeAttribute>(inherit: false) switch
        {
            null => null,
            { Min: int min, Max: int max } range => new UniformIntOption(min, max, range.LogBase, (int?)range.Init),
            { Min: double min, Max: double max } range => new UniformDoubleOption(min, max, range.LogBase, (double?)range.Init),
            _ => throw new NotSupportedException($"The range of '{property.Name}' is of no number."),
        };
    }
}

/// <summary>The search space that the attributes of a class's properties span.</summary>
public sealed class SearchSpace<T> : SearchSpace
    where T : class, new()
{
    public SearchSpace()
        : base(typeof(T))
    {
    }
}
