using System.Net;
using System.Net.Http.Json;
using Orleans.Core.Internal;
using Serving.Users;

namespace Serving.Tests;

[Collection(ServiceTests.Name)]
public sealed class UserApiTests(TinyModels models, SharedService shared) : IClassFixture<SharedService>
{
    private readonly RunningService _service = shared.Service;

    [Fact]
    public async Task Seconds_watched_become_likes_and_skips()
    {
        await _service.View("ann", "1", watchSeconds: 15, durationSeconds: 30, time: RunningService.Noon);
        await _service.View("ann", "2", watchSeconds: 2.9f, durationSeconds: 30, time: RunningService.Noon.AddMinutes(1));
        await _service.View("ann", "3", watchSeconds: 3, durationSeconds: 30, time: RunningService.Noon.AddMinutes(2));
        await _service.View("ann", "4", watchSeconds: 1, durationSeconds: 0, time: RunningService.Noon.AddMinutes(3));

        var history = await _service.History("ann");

        Assert.Equal([new("1", 15, 30, RunningService.Noon, 1), new("2", 2.9f, 30, RunningService.Noon.AddMinutes(1), -1),
            new("3", 3, 30, RunningService.Noon.AddMinutes(2), 0), new LabelledView("4", 1, 0, RunningService.Noon.AddMinutes(3), 0)], history);
    }

    [Fact]
    public async Task It_recommends_what_the_model_recommends_without_the_service()
    {
        await _service.View("bob", "5");
        await _service.View("bob", "7", watchSeconds: 1, time: RunningService.Noon.AddMinutes(1));
        await _service.View("bob", "9", time: RunningService.Noon.AddMinutes(2));

        var answer = await _service.Recommend("bob");

        Assert.Equal(TinyModels.Ask(models.First, ["5", "7", "9"], [1, -1, 1]), answer.Items.Select(item => item.Item));
        Assert.Equal(_service.ModelVersion, answer.ModelVersion);
        Assert.Equal(answer.Items.Select(item => item.Score).OrderDescending(), answer.Items.Select(item => item.Score));
    }

    [Fact]
    public async Task Fewer_recommendations_are_the_first_of_many_and_nothing_seen_is_among_them()
    {
        await _service.View("cid", "5");
        await _service.View("cid", "6", watchSeconds: 1, time: RunningService.Noon.AddMinutes(1));

        var all = (await _service.Recommend("cid", k: 100)).Items.Select(item => item.Item).ToArray();

        Assert.Equal(100, all.Distinct().Count());
        Assert.Empty(all.Intersect(["5", "6"]));
        Assert.Equal(all[..3], (await _service.Recommend("cid", k: 3)).Items.Select(item => item.Item));
        Assert.Equal(10, (await _service.Client.GetFromJsonAsync<RecommendationAnswer>("/users/cid/recommendations"))!.Items.Count());
    }

    [Fact]
    public async Task Who_is_unknown_gets_what_is_popular()
    {
        var answer = await _service.Recommend("nobody");

        Assert.Equal(TinyModels.Ask(models.First, [], []), answer.Items.Select(item => item.Item));
        Assert.Empty(await _service.History("nobody"));
    }

    [Fact]
    public async Task Items_that_the_model_does_not_know_are_kept_and_do_not_disturb()
    {
        await _service.View("dan", "5");
        var before = await _service.Recommend("dan");
        await _service.View("dan", "a new video", time: RunningService.Noon.AddMinutes(1));

        Assert.Equal(before.Items, (await _service.Recommend("dan")).Items);
        Assert.Equal(["5", "a new video"], (await _service.History("dan")).Select(view => view.Item));
    }

    [Fact]
    public async Task Views_are_in_the_order_of_time_and_count_once_and_the_oldest_leave()
    {
        foreach (int minute in new[] { 3, 1, 2, 1, 3, 6, 5, 4, 0 })
            await _service.View("eve", $"{minute}", time: RunningService.Noon.AddMinutes(minute));

        Assert.Equal(["2", "3", "4", "5", "6"], (await _service.History("eve")).Select(view => view.Item));
    }

    [Fact]
    public async Task A_history_outlives_its_grain()
    {
        await _service.View("fay", "5");
        await _service.Grains.GetGrain<IUserGrain>("fay").AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await _service.View("fay", "6", time: RunningService.Noon.AddMinutes(1));

        Assert.Equal(["5", "6"], (await _service.History("fay")).Select(view => view.Item));
    }

    [Fact]
    public async Task Health_and_metrics_tell_the_model_the_batches_and_the_latency()
    {
        await _service.Recommend("gus");

        string health = await _service.Client.GetStringAsync("/health/ready");
        string metrics = await _service.Client.GetStringAsync("/metrics");

        Assert.Contains($"\"version\":\"{_service.ModelVersion}\"", health, StringComparison.Ordinal);
        Assert.Contains($"version=\"{_service.ModelVersion}\"", metrics, StringComparison.Ordinal);
        Assert.Contains("serving_batch_size_count", metrics, StringComparison.Ordinal);
        Assert.Contains("serving_recommendation_duration_seconds_bucket", metrics, StringComparison.Ordinal);
        Assert.Contains("http_server_request_duration_seconds_bucket", metrics, StringComparison.Ordinal);
        using var live = await _service.Client.GetAsync("/health/live");
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }
}
