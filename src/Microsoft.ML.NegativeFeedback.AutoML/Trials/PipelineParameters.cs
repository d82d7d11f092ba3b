using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.NegativeFeedback.Trials;

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

    private static object ValueOf(Parameter parameter) => parameter.ParameterType switch
    {
        ParameterType.Integer => parameter.AsType<long>(),
        ParameterType.Number => parameter.AsType<double>(),
        ParameterType.Bool => parameter.AsType<bool>(),
        ParameterType.String => parameter.AsType<string>(),
        _ => parameter.ToString()!,
    };
}
