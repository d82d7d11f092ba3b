using Microsoft.ML.AutoML;
using Microsoft.ML.NegativeFeedback.Trials;
using Microsoft.ML.SearchSpace;
using Microsoft.ML.SearchSpace.Option;

namespace Microsoft.ML.NegativeFeedback.Sweeps;

/// <summary>
/// Proposes every combination of a pipeline's values. AutoML's own grid gives the schema of a pipeline, which has no dimension, a coordinate all the same, so that every other
/// option gets its neighbour's.
/// </summary>
internal sealed class GridTuner : ITuner
{
    private const int StepsOfRange = 11;
    private readonly Parameter[] _points;
    private int _next;

    public GridTuner(SweepablePipeline pipeline)
    {
        _points = [.. PointsOf(pipeline.SearchSpace)];
    }

    /// <summary>The number of combinations.</summary>
    public int Count => _points.Length;

    /// <summary>The next point; after the last the first again.</summary>
    public Parameter Propose(TrialSettings settings)
        => Parameter.CreateNestedParameter(KeyValuePair.Create(NextItemTrialRunner.PipelineParameter, _points[_next++ % _points.Length]));

    public void Update(TrialResult result)
    {
    }

    private static IEnumerable<Parameter> PointsOf(OptionBase option) => option switch
    {
        ChoiceOption choice => choice.Choices,
        SearchSpace.SearchSpace space => space.Aggregate(
            (IEnumerable<KeyValuePair<string, Parameter>[]>)[[]],
            (points, entry) => points.SelectMany(point => PointsOf(entry.Value).Select(
                value => (KeyValuePair<string, Parameter>[])[.. point, KeyValuePair.Create(entry.Key, value)])),
            points => points.Select(Parameter.CreateNestedParameter)),
        _ => Enumerable.Range(0, StepsOfRange).Select(step => option.SampleFromFeatureSpace([(double)step / (StepsOfRange - 1)])).Distinct(),
    };
}
