using System.Collections.Concurrent;
using System.Diagnostics;

namespace ServingLoad;

/// <summary>Views while a silo is killed: what was acknowledged must be in the histories afterwards.</summary>
internal sealed class KillCheck(LoadArguments arguments, ServiceClient client, LoadUsers users)
{
    // fewer than a silo keeps of a user
    private const int ViewsPerUser = 40;

    // users who lived on the killed silo are away until the others have voted it dead
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public async Task<bool> Run(int connections, CancellationToken cancellation)
    {
        var acknowledged = new ConcurrentDictionary<string, ConcurrentBag<SentView>>();
        var half = ClosedLoop.After(arguments.Duration / 2);
        var isOver = ClosedLoop.After(arguments.Duration);
        int[] urls = [.. Enumerable.Range(0, connections)];
        string run = $"kill-{Guid.NewGuid():N}"[..13];
        var killing = Kill(half, cancellation);
        var (row, _) = await ClosedLoop.Run($"silo {arguments.ProcessToKill} killed", connections, isOver, async (number, request) =>
        {
            string user = $"{run}-{number}-{request / ViewsPerUser}";
            var view = users.Next(number, request) with { User = user };
            var outcome = await client.Post(view, urls[number]);
            if (outcome == Outcome.Done)
                acknowledged.GetOrAdd(user, _ => []).Add(view);
            else
                await Task.Delay(50); // somewhat more impatient than Retry-After asks
            if (outcome == Outcome.Lost)
                urls[number]++;
            return (outcome, false);
        });
        await killing;
        Console.WriteLine(row);

        int missing = 0, views = 0, unread = 0;
        await Parallel.ForEachAsync(acknowledged, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (ofUser, _) =>
        {
            var history = await Read(ofUser.Key);
            Interlocked.Add(ref views, ofUser.Value.Count);
            if (history is null)
                Interlocked.Increment(ref unread);
            else
                Interlocked.Add(ref missing, ofUser.Value.Count(view => !history.Contains((view.Item, view.Time))));
        });
        Console.WriteLine($"\n{views} views of {acknowledged.Count} users were acknowledged; {missing} of them are lost, the histories of {unread} users could not be read.");
        return missing + unread == 0;
    }

    private async Task Kill(Func<bool> half, CancellationToken cancellation)
    {
        while (!half())
            await Task.Delay(10, cancellation);
        using var process = Process.GetProcessById(arguments.ProcessToKill!.Value);
        process.Kill();
        Console.Error.WriteLine($"Process {process.Id} was killed.");
    }

    private async Task<HashSet<(string Item, DateTimeOffset Time)>?> Read(string user)
    {
        var isOver = ClosedLoop.After(Patience);
        for (int url = 0; ; url++)
        {
            if (await client.History(user, url) is { } history)
                return history;
            if (isOver())
                return null;
            await Task.Delay(100);
        }
    }
}
