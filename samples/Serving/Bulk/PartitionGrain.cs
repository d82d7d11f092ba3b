using BulkScoring;
using Microsoft.ML;
using Orleans.Placement;

namespace Serving.Bulk;

/// <summary>What became of a partition.</summary>
[GenerateSerializer, Immutable, Alias("serving.scoredPart")]
internal sealed record ScoredPart([property: Id(0)] long Users, [property: Id(1)] bool WasThere);

/// <summary>A partition of users, which is scored on whatever silo it comes to live.</summary>
internal interface IPartitionGrain : IGrainWithStringKey
{
    /// <summary>Scores it, unless its output is whole.</summary>
    [ResponseTimeout("06:00:00")]
    Task<ScoredPart> Score(BulkJob job, string input);
}

[ActivationCountBasedPlacement]
internal sealed class PartitionGrain(BulkScorers scorers) : Grain, IPartitionGrain
{
    public async Task<ScoredPart> Score(BulkJob job, string input)
    {
        var scored = await scorers.Score(job, input);
        DeactivateOnIdle();
        return scored;
    }
}

/// <summary>The models of bulk jobs on this silo; one partition at a time, so that memory and processors are left for requests.</summary>
internal sealed class BulkScorers : IDisposable
{
    private readonly SemaphoreSlim _one = new(1);
    private (string Model, DateTime Written, int K) _key;
    private PartitionScorer? _scorer;

    public async Task<ScoredPart> Score(BulkJob job, string input)
    {
        await _one.WaitAsync();
        try
        {
            // away from the grain's scheduler, which has other grains to serve
            return await Task.Run(async () =>
            {
                var scored = await ScorerOf(job).ScoreAsync(input, Path.Combine(job.Output, Path.GetFileName(input)));
                return new ScoredPart(scored.UserCount, scored.WasThere);
            });
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // exceptions of files do not travel as what they are
            throw new InvalidDataException(error.Message, error);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _scorer?.Dispose();

    private PartitionScorer ScorerOf(BulkJob job)
    {
        var key = (job.Model, File.GetLastWriteTimeUtc(job.Model), job.K);
        if (_scorer is null || key != _key)
        {
            _scorer?.Dispose();
            _scorer = null;
            (_scorer, _key) = (new PartitionScorer(new MLContext(), job.Model, job.K), key);
        }

        return _scorer;
    }
}
