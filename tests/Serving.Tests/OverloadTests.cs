using System.Diagnostics.Metrics;
using System.Net;

namespace Serving.Tests;

[Collection(ServiceTests.Name)]
public sealed class OverloadTests(TinyModels models)
{
    [Fact]
    public async Task A_user_who_asks_too_often_waits_and_others_do_not()
    {
        await using var service = await RunningService.Start("--model", models.First, "--rate", "1");

        // a burst of two, and one a second after it: forty requests would have to take forty seconds to pass
        var responses = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => service.Client.GetAsync("/users/ann/recommendations")));

        Assert.Contains(responses, response => response.StatusCode == HttpStatusCode.OK);
        var refused = responses.Where(response => response.StatusCode != HttpStatusCode.OK).ToArray();
        Assert.NotEmpty(refused);
        foreach (var response in refused)
        {
            await ProblemAssert.Is(HttpStatusCode.TooManyRequests, response);
            Assert.InRange(response.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        }

        await service.Recommend("bob");
        Assert.Contains("reason=\"rate\"", await service.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task More_than_can_be_worked_on_are_told_to_come_again()
    {
        // each request is worked on for a second at least, and one at a time
        await using var service = await RunningService.Start("--model", models.First, "--queue", "1", "--gather-ms", "1000");

        var responses = await Task.WhenAll(Enumerable.Range(0, 30).Select(user => service.Client.GetAsync($"/users/{user}/recommendations")));

        Assert.Contains(responses, response => response.StatusCode == HttpStatusCode.OK);
        var refused = responses.Where(response => response.StatusCode != HttpStatusCode.OK).ToArray();
        Assert.NotEmpty(refused);
        foreach (var response in refused)
        {
            await ProblemAssert.Is(HttpStatusCode.ServiceUnavailable, response);
            Assert.NotNull(response.Headers.RetryAfter);
        }

        // health and metrics are beside the queue
        Assert.Contains("reason=\"queue\"", await service.Client.GetStringAsync("/metrics"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_in_flight_when_the_service_stops_is_answered()
    {
        await using var service = await RunningService.Start("--model", models.First, "--gather-ms", "1000");
        var inFlight = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == "http.server.active_requests")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, change, _, _) =>
        {
            if (change > 0)
                inFlight.TrySetResult();
        });
        listener.Start();

        var request = service.Recommend("ann", k: 3);
        await inFlight.Task;
        await service.Stop();

        Assert.Equal(3, (await request).Items.Count());
        await Assert.ThrowsAsync<HttpRequestException>(() => service.Client.GetAsync("/health/live"));
    }
}
