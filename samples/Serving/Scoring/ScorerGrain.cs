using System.Collections.Immutable;
using Orleans.Concurrency;
using Serving.Users;

namespace Serving.Scoring;

/// <summary>Scores on the silo where it is called: requests, and whatever else of the cluster has histories to score.</summary>
internal interface IScorerGrain : IGrainWithIntegerKey
{
    /// <summary>The best items of a history; null: too many are waiting, come again later.</summary>
    Task<RecommendedList?> Score(ImmutableArray<WatchedView> views);
}

/// <summary>A stateless worker, one a silo, that takes calls while it works: what arrives within a few milliseconds is scored as one batch.</summary>
[StatelessWorker(1), Reentrant]
internal sealed class ScorerGrain(ModelHolder model, ServiceSettings settings, ServiceMetrics metrics, TimeProvider clock) : Grain, IScorerGrain
{
    private readonly BatchQueue<ViewedRow, RecommendedList> _queue = new(
        histories => metrics.MeasureBatch(histories.Count, () => model.Use(served => served.Score(histories))),
        new BatchLimits(TimeSpan.FromMilliseconds(settings.GatherMilliseconds), settings.Batch, settings.Queue), clock);

    public async Task<RecommendedList?> Score(ImmutableArray<WatchedView> views)
        => _queue.TryAdd(ViewedRow.Of(views)) is { } answer ? await answer : null;
}
