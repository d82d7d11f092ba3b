using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>Reads and writes the options of a trainer by their names, which are the names of a search space.</summary>
internal static partial class OptionValues
{
    /// <summary>Every name of a search space must be that of an option that can hold its values, or of a place in one that is a list of numbers: "FusionWeights[2]".</summary>
    /// <exception cref="ArgumentException">One is not, or it has a choice that the option cannot hold.</exception>
    public static void Check(SearchSpace.SearchSpace searchSpace, SequenceTrainerOptions template)
    {
        var type = template.GetType();
        foreach (var (name, option) in searchSpace)
        {
            var (property, place) = Find(type, name)
                ?? throw new ArgumentException($"The search space has '{name}', which is no option of {type.DeclaringType?.Name ?? type.Name} that can be swept. "
                    + $"Those are: {string.Join(", ", PropertiesOf(type).Select(NameOf).OfType<string>())}.", nameof(searchSpace));
            if (place is { } index && (IReadOnlyList<double>?)property.GetValue(template) is var list && index >= (list?.Count ?? 0))
            {
                throw new ArgumentException($"The search space has '{name}', but {property.Name} {(list is null ? "is null: give the template values to start from" : $"has {list.Count} values")}.",
                    nameof(searchSpace));
            }

            if (ValueType(property) == typeof(int) && option is UniformNumericOption and not UniformIntOption)
            {
                throw new ArgumentException($"The search space has real numbers for '{name}', which takes whole ones: use UniformIntOption, ChoiceOption or [Range] with whole "
                    + "bounds.", nameof(searchSpace));
            }

            var valueType = place is null ? ValueType(property) : typeof(double);
            bool isNumber = valueType == typeof(int) || valueType == typeof(double);
            if (option is ChoiceOption choices)
            {
                CheckChoices(name, choices, valueType);
            }
            else if (!isNumber || option is not UniformNumericOption)
            {
                throw new ArgumentException($"The search space of '{name}' is a {option.GetType().Name}, and none of its values one of the option's: use ChoiceOption{(isNumber ? " or a range of numbers" : "")}.",
                    nameof(searchSpace));
            }
        }
    }

    private static void CheckChoices(string name, ChoiceOption option, Type type)
    {
        foreach (var choice in option.Choices)
        {
            if (IsConvertible(choice, type))
                continue;
            string kind = type == typeof(int) ? "no whole number" : type == typeof(double) ? "no number" : type == typeof(bool) ? "neither true nor false"
                : $"none of {string.Join(", ", Enum.GetNames(type))}";
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"The search space of '{name}' has the choice {PipelineParameters.ValueOf(choice)}, which is {kind}: give choices that the option can hold."), "searchSpace");
        }
    }

    private static bool IsConvertible(Parameter choice, Type type)
    {
        try
        {
            return Convert(choice, type) is var value && (!type.IsEnum || Enum.IsDefined(type, value));
        }
        // what a parameter that is no such value throws is AutoML's to choose
        catch (Exception)
        {
            return false;
        }
    }

    /// <summary>Sets the options that a point of a search space names.</summary>
    public static void Set(SequenceTrainerOptions options, Parameter point)
    {
        foreach (string name in point.Keys)
        {
            var (property, place) = Find(options.GetType(), name)!.Value;
            property.SetValue(options, place is { } index ? With(property, options, index, point[name].AsType<double>()) : Convert(point[name], ValueType(property)));
        }
    }

    // another list: options that are copied share theirs
    private static double[] With(PropertyInfo property, SequenceTrainerOptions options, int place, double value)
    {
        double[] values = [.. (IReadOnlyList<double>)property.GetValue(options)!];
        values[place] = value;
        return values;
    }

    private static (PropertyInfo Property, int? Place)? Find(Type options, string name)
    {
        var match = NameOfPlace().Match(name);
        string propertyName = match.Success ? match.Groups[1].Value : name;
        var property = PropertiesOf(options).FirstOrDefault(property => property.Name == propertyName && (match.Success ? IsList(property.PropertyType) : IsSweepable(property.PropertyType)));
        return property is null ? null : (property, match.Success ? int.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture) : null);
    }

    [GeneratedRegex(@"^(\w+)\[([0-9]{1,4})\]$", RegexOptions.CultureInvariant)]
    private static partial Regex NameOfPlace();

    private static bool IsList(Type type) => type == typeof(IReadOnlyList<double>);

    private static string? NameOf(PropertyInfo property) => IsSweepable(property.PropertyType) ? property.Name : IsList(property.PropertyType) ? $"{property.Name}[0]" : null;

    /// <summary>A value of a search space as that of an option.</summary>
    public static object Convert(Parameter value, Type type)
        => type == typeof(int) ? value.AsType<int>()
            : type == typeof(double) ? value.AsType<double>()
            : type == typeof(bool) ? value.AsType<bool>()
            : Enum.Parse(type, value.AsType<string>());

    private static bool IsSweepable(Type type)
        => (Nullable.GetUnderlyingType(type) ?? type) is { } value && (value == typeof(int) || value == typeof(double) || value == typeof(bool) || value.IsEnum);

    private static Type ValueType(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static IEnumerable<PropertyInfo> PropertiesOf(Type options)
        => options.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanRead && property.CanWrite);
}

/// <summary>The parameters of a pipeline, which AutoML keeps by step: "e0", "e1" …, with the steps that are taken under "_SCHEMA_".</summary>
internal static class PipelineParameters
{
    /// <summary>Where a pipeline keeps the steps that are taken.</summary>
    internal const string Schema = "_SCHEMA_";

    /// <summary>The steps that a schema takes.</summary>
    public static string[] StepsOf(Parameter schema) => schema.AsType<string>().Split('*', StringSplitOptions.TrimEntries);

    /// <summary>The values of the steps that are taken, by the names of the options; where two steps have the same name, the later one's is led by its step.</summary>
    public static IReadOnlyDictionary<string, object> Flatten(Parameter pipeline)
    {
        var values = new Dictionary<string, object>();
        foreach (string step in StepsOf(pipeline[Schema]).Where(pipeline.ContainsKey))
        {
            foreach (string name in pipeline[step].Keys.Order(StringComparer.Ordinal))
                values[values.ContainsKey(name) ? $"{step}.{name}" : name] = ValueOf(pipeline[step][name]);
        }

        return values;
    }

    /// <summary>A value as a <see cref="double"/>, <see cref="long"/>, <see cref="bool"/> or <see cref="string"/>.</summary>
    public static object ValueOf(Parameter parameter) => parameter.ParameterType switch
    {
        ParameterType.Integer => parameter.AsType<long>(),
        ParameterType.Number => parameter.AsType<double>(),
        ParameterType.Bool => parameter.AsType<bool>(),
        ParameterType.String => parameter.AsType<string>(),
        _ => parameter.ToString()!,
    };
}
