using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Trials;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Sweeps;

/// <summary>
/// Proposes every combination of a pipeline's values; where there is a choice of steps, those of each choice in turn. AutoML's own grid gives the schema of a pipeline,
/// which has no dimension, a coordinate all the same, so that every other option gets its neighbour's.
/// </summary>
internal sealed class GridTuner : ITuner
{
    private const int StepsOfRange = 11;
    private readonly Parameter[] _points;
    private int _next;

    /// <param name="pipeline">The pipeline.</param>
    /// <param name="limit">How many points will be asked for: of many values there are more combinations than memory holds.</param>
    public GridTuner(SweepablePipeline pipeline, int limit)
    {
        var space = pipeline.SearchSpace;
        _points = [.. PointsOf(space[PipelineParameters.Schema]).SelectMany(schema => PointsOf(space, schema)).Take(limit)];
    }

    /// <summary>The number of combinations, or that limit.</summary>
    public int Count => _points.Length;

    /// <summary>The next point; after the last the first again.</summary>
    public Parameter Propose(TrialSettings settings)
        => Parameter.CreateNestedParameter(KeyValuePair.Create(NextItemTrialRunner.PipelineParameter, _points[_next++ % _points.Length]));

    public void Update(TrialResult result)
    {
    }

    /// <summary>The points of a pipeline's schema: steps that it does not take stay where they start.</summary>
    private static IEnumerable<Parameter> PointsOf(SearchSpace.SearchSpace pipeline, Parameter schema)
    {
        var taken = PipelineParameters.StepsOf(schema).ToHashSet();
        return Combinations(pipeline.Select(step => KeyValuePair.Create(step.Key,
            step.Key == PipelineParameters.Schema ? [schema]
                : taken.Contains(step.Key) ? PointsOf(step.Value)
                : [step.Value.SampleFromFeatureSpace(step.Value.Default)])));
    }

    private static IEnumerable<Parameter> Combinations(IEnumerable<KeyValuePair<string, IEnumerable<Parameter>>> values) => values.Aggregate(
        (IEnumerable<KeyValuePair<string, Parameter>[]>)[[]],
        (points, entry) => points.SelectMany(point => entry.Value.Select(
            value => (KeyValuePair<string, Parameter>[])[.. point, KeyValuePair.Create(entry.Key, value)])),
        points => points.Select(Parameter.CreateNestedParameter));

    private static IEnumerable<Parameter> PointsOf(OptionBase option) => option switch
    {
        ChoiceOption choice => choice.Choices,
        SearchSpace.SearchSpace space => Combinations(space.Select(entry => KeyValuePair.Create(entry.Key, PointsOf(entry.Value)))),
        _ => Enumerable.Range(0, StepsOfRange).Select(step => option.SampleFromFeatureSpace([(double)step / (StepsOfRange - 1)])).Distinct(),
    };
}
