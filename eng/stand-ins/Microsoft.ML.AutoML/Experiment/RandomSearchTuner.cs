using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Draws points of a search space evenly.</summary>
internal sealed class RandomSearchTuner(SearchSpace.SearchSpace searchSpace, int? seed, bool startsWithDefault = false) : ITuner
{
    private readonly Random _random = seed is { } value ? new Random(value) : new Random();
    private bool _proposesDefault = startsWithDefault;

    public Parameter Propose(TrialSettings settings)
    {
        var point = _proposesDefault
            ? searchSpace.Default
            : [.. Enumerable.Range(0, searchSpace.FeatureSpaceDim).Select(_ => _random.NextDouble())];
        _proposesDefault = false;
        return searchSpace.SampleFromFeatureSpace(point);
    }

    public void Update(TrialResult result)
    {
    }
}
