using System.Net;
using System.Net.Http.Json;
using BulkScoring;
using Microsoft.ML;
using Serving.Bulk;

namespace Serving.Tests;

/// <summary>Partitions of users as a job of grains.</summary>
[Collection(ServiceTests.Name)]
public sealed class BulkJobTests(TinyModels models) : IDisposable
{
    private const int K = 7;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("bulk");

    private string Histories => Path.Combine(_folder.FullName, "histories");

    private string Output => Path.Combine(_folder.FullName, "output");

    private BulkJobBody Job => new(models.OfNumbers, Histories, Output, K);

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_job_scores_every_partition_as_one_process_does_and_does_nothing_twice()
    {
        await MakePartitions(count: 5, users: 40);
        await using var service = await RunningService.Start("--model", models.First);
        Assert.Equal(new BulkStatus(BulkStatus.Done, 5, 5, 0, 200, null), await Run(service, Job));
        await AssertScored();
        var written = Written();

        Assert.Equal(new BulkStatus(BulkStatus.Done, 5, 5, 5, 200, null), await Run(service, Job));
        Assert.Equal(written, Written());
        File.Delete(Path.Combine(Output, "part-2.parquet"));
        Assert.Equal(new BulkStatus(BulkStatus.Done, 5, 5, 4, 200, null), await Run(service, Job));
        await AssertScored();
    }

    [Fact]
    public async Task What_a_job_cannot_do_is_told()
    {
        await MakePartitions(count: 2, users: 3);
        await using var service = await RunningService.Start("--model", models.First);
        await Refused(Job with { Model = "nowhere.zip" }, "model");
        await Refused(Job with { Histories = Path.Combine(_folder.FullName, "nowhere") }, "histories");
        await Refused(Job with { K = 0 }, "k");
        await Refused(Job with { Output = Histories }, "output");
        await Refused(Job with { Output = Histories + Path.DirectorySeparatorChar }, "output");
        await Refused(Job with { Histories = Path.Combine(Histories, "..", "histories") + Path.DirectorySeparatorChar, Output = Histories }, "output");
        using (var answer = await service.Client.GetAsync("/jobs/0123"))
            await ProblemAssert.Is(HttpStatusCode.NotFound, answer);

        File.WriteAllText(Path.Combine(Histories, "part-1.parquet"), "no Parquet");
        var failed = await Run(service, Job);
        Assert.Equal(BulkStatus.Failed, failed.State);
        Assert.Contains("part-1.parquet", failed.Error);
        failed = await Run(service, Job with { K = 10_000 });
        Assert.Equal(BulkStatus.Failed, failed.State);
        Assert.Contains("from 1 to", failed.Error);
        // mended, the same job goes on
        await MakePartitions(count: 2, users: 3);
        Assert.Equal(BulkStatus.Done, (await Run(service, Job)).State);

        async Task Refused(BulkJobBody job, string member)
        {
            using var answer = await service.Client.PostAsJsonAsync("/jobs", job);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains($"\"{member}\"", await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task While_a_job_runs_another_with_its_output_is_told_to_wait()
    {
        // enough for the second to come meanwhile
        await MakePartitions(count: 4, users: 3000);
        await using var service = await RunningService.Start("--model", models.First);
        using var started = await service.Client.PostAsJsonAsync("/jobs", Job);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        string others = _folder.CreateSubdirectory("others").FullName;
        File.Copy(Path.Combine(Histories, "part-0.parquet"), Path.Combine(others, "part-0.parquet"));
        foreach (var other in new[] { Job with { K = K + 1 }, Job with { Histories = others } })
        {
            using var refused = await service.Client.PostAsJsonAsync("/jobs", other);
            Assert.Contains("Another job writes to", (await ProblemAssert.Is(HttpStatusCode.Conflict, refused)).Detail, StringComparison.Ordinal);
        }

        // the same, however its folder is written, is the one that runs
        using (var same = await service.Client.PostAsJsonAsync("/jobs", Job with { Output = Output + Path.DirectorySeparatorChar }))
        {
            Assert.Equal(HttpStatusCode.Accepted, same.StatusCode);
            Assert.Equal(started.Headers.Location, same.Headers.Location);
        }

        Assert.Equal(BulkStatus.Done, (await Ended(service, started.Headers.Location!.ToString())).State);
        await AssertScored();
        Assert.Equal(new BulkStatus(BulkStatus.Done, 4, 4, 0, 12_000, null), await Run(service, Job with { K = K + 1 }));
    }

    [RedisFact]
    public async Task A_job_that_could_not_be_stored_does_not_run()
    {
        await MakePartitions(count: 2, users: 3);
        await using var redis = await RedisServer.Start();
        await using var service = await RunningService.Start("--model", models.First, "--redis", redis.Address);
        string path = $"/jobs/{new BulkJob("", "", Output, 0).Id}";
        using (var before = await service.Client.GetAsync(path))
            await ProblemAssert.Is(HttpStatusCode.NotFound, before);

        await redis.Kill();
        using (var post = await service.Client.PostAsJsonAsync("/jobs", Job))
            await ProblemAssert.Is(HttpStatusCode.ServiceUnavailable, post);

        await redis.StartAgain();
        await Eventually.Is(async () => (await service.Client.GetAsync("/health/ready")).IsSuccessStatusCode);
        using (var after = await service.Client.GetAsync(path))
            await ProblemAssert.Is(HttpStatusCode.NotFound, after);
        Assert.Equal(new BulkStatus(BulkStatus.Done, 2, 2, 0, 6, null), await Run(service, Job));
    }

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    public async Task What_a_proxy_hands_on_is_not_from_the_machine_itself(string header, string value)
    {
        await MakePartitions(count: 1, users: 3);
        await using var service = await RunningService.Start("--model", models.First);
        service.Client.DefaultRequestHeaders.Add(header, value);
        using (var job = await service.Client.PostAsJsonAsync("/jobs", Job))
            await ProblemAssert.Is(HttpStatusCode.Forbidden, job);
        using (var status = await service.Client.GetAsync("/jobs/0123"))
            await ProblemAssert.Is(HttpStatusCode.Forbidden, status);
        using (var reload = await service.Client.PostAsync("/model/reload", null))
            await ProblemAssert.Is(HttpStatusCode.Forbidden, reload);
        // users come through it
        Assert.Equal(3, (await service.Recommend("ann", k: 3)).Items.Count());
    }

    [RedisFact]
    public async Task A_job_goes_on_when_a_silo_leaves()
    {
        await MakePartitions(count: 12, users: 60);
        await using var redis = await RedisServer.Start();
        string[] arguments = ["--model", models.First, "--redis", redis.Address];
        await using var first = await RunningService.Start(arguments);
        var second = await RunningService.Start(arguments);
        await using (second)
        {
            using var started = await second.Client.PostAsJsonAsync("/jobs", Job);
            Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
            await second.Stop();
        }

        Assert.Equal(720, (await Ended(first, $"/jobs/{new BulkJob("", "", Output, 0).Id}")).Users);
        await AssertScored();
    }

    private static async Task<BulkStatus> Run(RunningService service, BulkJobBody job)
    {
        using var started = await service.Client.PostAsJsonAsync("/jobs", job);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        return await Ended(service, started.Headers.Location!.ToString());
    }

    private static async Task<BulkStatus> Ended(RunningService service, string path)
    {
        BulkStatus? status = null;
        await Eventually.Is(async () =>
        {
            using var answer = await service.Client.GetAsync(path);
            // while the job's silo leaves
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable)
                status = await answer.Content.ReadFromJsonAsync<BulkStatus>();
            return status is { State: not BulkStatus.Running };
        });
        return status!;
    }

    private async Task MakePartitions(int count, int users)
    {
        Directory.CreateDirectory(Histories);
        var random = new Random(1);
        for (int part = 0; part < count; part++)
        {
            UserHistory[] rows = [.. Enumerable.Range(0, users).Select(user =>
            {
                int[] items = [.. Enumerable.Range(0, random.Next(12)).Select(_ => random.Next(1, 120))];
                return new UserHistory { User = (part * users) + user, Items = items, Feedback = [.. items.Select(_ => random.Next(2) == 0 ? -1f : 1)] };
            })];
            await WholeParquetFile.WriteAsync(Path.Combine(Histories, $"part-{part}.parquet"), HistoryFile.Schema, new Dictionary<string, string>(), writer => HistoryFile.WriteAsync(writer, rows, default), default);
        }
    }

    private async Task AssertScored()
    {
        using var scorer = new PartitionScorer(new MLContext(), models.OfNumbers, K);
        string expected = Path.Combine(_folder.FullName, "expected");
        string[] partitions = [.. Directory.EnumerateFiles(Histories).Order()];
        Assert.Equal(partitions.Select(Path.GetFileName), Directory.EnumerateFiles(Output).Order().Select(Path.GetFileName));
        foreach (string partition in partitions)
        {
            string name = Path.GetFileName(partition);
            await scorer.ScoreAsync(partition, Path.Combine(expected, name));
            Assert.Equal(File.ReadAllBytes(Path.Combine(expected, name)), File.ReadAllBytes(Path.Combine(Output, name)));
        }
    }

    private DateTime[] Written() => [.. Directory.EnumerateFiles(Output).Order().Select(File.GetLastWriteTimeUtc)];
}
