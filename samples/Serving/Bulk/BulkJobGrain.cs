using System.Security.Cryptography;
using System.Text;
using Orleans.Concurrency;
using Orleans.Runtime;
using Serving.Users;

namespace Serving.Bulk;

/// <summary>What is to be scored over night: every partition of a folder, as samples/BulkScoring does it in one process. All silos see the same paths.</summary>
/// <param name="Model">A chain from item numbers to item numbers, saved by <c>ml.Model.SaveAtomically</c>.</param>
/// <param name="Histories">A folder with partitions of users, *.parquet.</param>
/// <param name="Output">The folder for the partitions of recommendations.</param>
/// <param name="K">Items recommended to each user.</param>
[GenerateSerializer, Immutable, Alias("serving.bulk")]
internal sealed record BulkJob([property: Id(0)] string Model, [property: Id(1)] string Histories, [property: Id(2)] string Output, [property: Id(3)] int K)
{
    /// <summary>Jobs with the same output are one job.</summary>
    public string Id => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Output)))[..12];

    /// <summary>The partitions, in an order that does not change.</summary>
    public string[] Partitions() => [.. Directory.EnumerateFiles(Histories, "*.parquet").Order(StringComparer.Ordinal)];
}

/// <summary>How a job stands.</summary>
[GenerateSerializer, Immutable, Alias("serving.bulkStatus")]
internal sealed record BulkStatus(
    [property: Id(0)] string State, [property: Id(1)] int Partitions, [property: Id(2)] int Finished, [property: Id(3)] int FoundFinished, [property: Id(4)] long Users, [property: Id(5)] string? Error)
{
    public const string Unknown = "unknown", Running = "running", Done = "finished", Failed = "failed";
}

/// <summary>A job, wherever it lives in the cluster. It is asked for by its <see cref="BulkJob.Id"/>.</summary>
internal interface IBulkJobGrain : IGrainWithStringKey
{
    /// <summary>Begins a job, or goes on with it: partitions whose output is whole are left alone. Null: another with the same output runs.</summary>
    Task<BulkStatus?> Start(BulkJob job);

    /// <summary>How it stands. A job whose silo was killed goes on from here.</summary>
    [AlwaysInterleave]
    Task<BulkStatus> GetStatus();
}

/// <summary>What is kept of a job.</summary>
[GenerateSerializer, Alias("serving.bulkState")]
internal sealed class BulkState
{
    [Id(0)]
    public BulkJob? Job { get; set; }

    /// <summary>Of the last run that ended; null while one is under way.</summary>
    [Id(1)]
    public BulkStatus? Ended { get; set; }
}

/// <summary>Hands out the partitions of a job, as many at a time as there are silos, until all are scored.</summary>
internal sealed class BulkJobGrain(
    [PersistentState("bulk", UserGrain.Storage)] IPersistentState<BulkState> state, IGrainFactory grains, ILogger<BulkJobGrain> log) : Grain, IBulkJobGrain
{
    // a silo that dies takes its partition with it, and the next attempt goes to another
    private const int Attempts = 5;

    private static readonly TimeSpan Breath = TimeSpan.FromSeconds(2);

    private Task _run = Task.CompletedTask;
    private int _partitions, _finished, _foundFinished;
    private long _users;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State is { Job: { } job, Ended: null })
            Run(job);
        return Task.CompletedTask;
    }

    public async Task<BulkStatus?> Start(BulkJob job)
    {
        if (!_run.IsCompleted && state.State.Ended is null)
            return job == state.State.Job ? await GetStatus() : null;
        // one that has ended may still be storing that
        await _run;
        await Store(job);
        Run(job);
        return await GetStatus();
    }

    public Task<BulkStatus> GetStatus()
        => Task.FromResult(state.State.Ended ?? Status(state.State.Job is null ? BulkStatus.Unknown : BulkStatus.Running));

    private async Task Store(BulkJob job)
    {
        var (formerJob, formerEnd) = (state.State.Job, state.State.Ended);
        try
        {
            (state.State.Job, state.State.Ended) = (job, null);
            await state.WriteStateAsync();
        }
        catch
        {
            // Whether it was written nobody knows; the next activation reads what is there, and runs it. Until then nothing is said to run that does not.
            (state.State.Job, state.State.Ended) = (formerJob, formerEnd);
            DeactivateOnIdle();
            throw;
        }
    }

    private void Run(BulkJob job)
    {
        (_partitions, _finished, _foundFinished, _users) = (0, 0, 0, 0);
        // on this grain's scheduler, between its calls
        _run = RunToItsEnd(job);
    }

    private async Task RunToItsEnd(BulkJob job)
    {
        BulkStatus ended;
        try
        {
            var waiting = new Queue<string>(job.Partitions());
            _partitions = waiting.Count;
            int silos = (await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true)).Count;
            await Task.WhenAll(Enumerable.Range(0, Math.Max(silos, 1)).Select(_ => Work(job, waiting)));
            ended = Status(BulkStatus.Done);
        }
        catch (Exception error)
        {
            log.LogError("The job {Output} failed: {Reason}", job.Output, error.Message);
            ended = Status(BulkStatus.Failed, error.Message);
        }

        state.State.Ended = ended;
        try
        {
            await state.WriteStateAsync();
        }
        catch (Exception error)
        {
            // the next activation goes over it once more, and finds the outputs whole
            log.LogWarning("The end of the job {Output} could not be stored: {Reason}", job.Output, error.Message);
        }
    }

    private async Task Work(BulkJob job, Queue<string> waiting)
    {
        while (waiting.TryDequeue(out string? input))
        {
            DelayDeactivation(TimeSpan.FromHours(1));
            var scored = await Score(job, input);
            (_finished, _users, _foundFinished) = (_finished + 1, _users + scored.Users, _foundFinished + (scored.WasThere ? 1 : 0));
        }
    }

    private async Task<ScoredPart> Score(BulkJob job, string input)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await grains.GetGrain<IPartitionGrain>(input).Score(job, input);
            }
            catch (Exception error) when (error is OrleansException or TimeoutException && attempt < Attempts)
            {
                log.LogWarning("{Input} was not scored in attempt {Attempt}: {Reason}", input, attempt, error.Message);
                await Task.Delay(Breath);
            }
        }
    }

    private BulkStatus Status(string state, string? error = null) => new(state, _partitions, _finished, _foundFinished, _users, error);
}
