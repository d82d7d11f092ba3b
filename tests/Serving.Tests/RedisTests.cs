using System.Diagnostics;
using System.Net;

namespace Serving.Tests;

/// <summary>Silos that share a Redis.</summary>
[Collection(ServiceTests.Name)]
public sealed class RedisTests(TinyModels models)
{
    [RedisFact]
    public async Task What_one_silo_was_told_the_others_know_and_so_do_those_that_come_after()
    {
        await using var redis = await RedisServer.Start();
        string[] arguments = ["--model", models.First, "--redis", redis.Address];
        await using var first = await RunningService.Start(arguments);
        await using (var second = await RunningService.Start(arguments))
        {
            // users live on both silos
            for (int user = 0; user < 20; user++)
            {
                await first.View($"{user}", "5");
                await second.View($"{user}", "6", watchSeconds: 1, time: RunningService.Noon.AddMinutes(1));
                Assert.Equal((await first.Recommend($"{user}")).Items, (await second.Recommend($"{user}")).Items);
            }

            await first.Stop();
            // as a client does: who is on the way from one silo to the other may be away for a moment
            await Eventually.Is(async () => (await second.Post("0", "7", time: RunningService.Noon.AddMinutes(2))).StatusCode == HttpStatusCode.NoContent);
            Assert.Equal([("5", 1), ("6", -1), ("7", 1)], (await second.History("0")).Select(view => (view.Item, (int)view.Feedback)));
        }

        await using var third = await RunningService.Start(arguments);
        for (int user = 1; user < 20; user++)
            Assert.Equal(["5", "6"], (await third.History($"{user}")).Select(view => view.Item));
    }

    [RedisFact]
    public async Task While_Redis_is_away_nothing_is_acknowledged_and_later_all_goes_on()
    {
        await using var redis = await RedisServer.Start();
        await using var service = await RunningService.Start("--model", models.First, "--redis", redis.Address);
        await service.View("ann", "5");

        await redis.Kill();
        using (var post = await service.Post("ann", "6", time: RunningService.Noon.AddMinutes(1)))
        {
            await ProblemAssert.Is(HttpStatusCode.ServiceUnavailable, post);
            Assert.NotNull(post.Headers.RetryAfter);
        }

        // neither can a user be woken up whose history is not known
        using (var get = await service.Client.GetAsync("/users/bob/recommendations"))
            await ProblemAssert.Is(HttpStatusCode.ServiceUnavailable, get);
        using (var health = await service.Client.GetAsync("/health/ready"))
            Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        using (var health = await service.Client.GetAsync("/health/live"))
            Assert.Equal(HttpStatusCode.OK, health.StatusCode);

        await redis.StartAgain();
        await Eventually.Is(async () => (await service.Client.GetAsync("/health/ready")).IsSuccessStatusCode);
        Assert.Equal(["5"], (await service.History("ann")).Select(view => view.Item));
        await service.View("ann", "6", time: RunningService.Noon.AddMinutes(1));
        Assert.Equal(["5", "6"], (await service.History("ann")).Select(view => view.Item));
    }
}

/// <summary>A redis-server on a socket of the file system: no port that another could take.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("redis");
    private Process? _process;

    public string Address => $"!{Socket}";

    private string Socket => Path.Combine(_folder.FullName, "s");

    public static async Task<RedisServer> Start()
    {
        var server = new RedisServer();
        await server.StartAgain();
        return server;
    }

    public async Task StartAgain()
    {
        _process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", "0", "--unixsocket", Socket, "--dir", _folder.FullName, "--appendonly", "yes", "--appendfsync", "always", "--save", ""])
        {
            RedirectStandardOutput = true,
        })!;
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            if (line.Contains("eady to accept connections", StringComparison.Ordinal))
                return;
        }

        throw new InvalidOperationException("redis-server ended before it was ready.");
    }

    public async Task Kill()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        File.Delete(Socket);
    }

    public async ValueTask DisposeAsync()
    {
        await Kill();
        _process!.Dispose();
        _folder.Delete(recursive: true);
    }
}

/// <summary>A fact about a cluster, skipped where there is no redis-server.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class RedisFactAttribute : FactAttribute
{
    public RedisFactAttribute() => Skip = Programs.Find("redis-server") is null ? "there is no redis-server on the PATH" : null;
}
