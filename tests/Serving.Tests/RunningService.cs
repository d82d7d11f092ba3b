using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serving.Scoring;

[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Serving.Tests;

/// <summary>The service in this process, on free ports, as its command line asks for it.</summary>
internal sealed class RunningService : IAsyncDisposable
{
    /// <summary>When the views of tests begin.</summary>
    public static readonly DateTimeOffset Noon = new(2026, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private readonly WebApplication _app;

    private RunningService(WebApplication app)
    {
        _app = app;
        Address = new Uri(app.Urls.Single());
        Client = new HttpClient { BaseAddress = Address };
    }

    public Uri Address { get; }

    public HttpClient Client { get; }

    public IGrainFactory Grains => Service<IGrainFactory>();

    public string ModelVersion => Service<ModelHolder>().Version;

    public static async Task<RunningService> Start(params string[] arguments)
    {
        var builder = ServiceHost.CreateBuilder();
        builder.Logging.ClearProviders();
        var app = await ServiceHost.Build(builder, ServiceSettings.Read(builder.Configuration, ServiceArguments.Command().Parse(["--urls", "http://127.0.0.1:0", .. arguments])));
        await app.StartAsync();
        return new RunningService(app);
    }

    public T Service<T>() where T : notnull => _app.Services.GetRequiredService<T>();

    /// <summary>Stops as SIGTERM does.</summary>
    public Task Stop() => _app.StopAsync();

    public Task<HttpResponseMessage> Post(string user, string item, float watchSeconds = 30, float durationSeconds = 30, DateTimeOffset? time = null)
        => Client.PostAsJsonAsync($"/users/{Uri.EscapeDataString(user)}/views", new ViewBody(item, watchSeconds, durationSeconds, time ?? Noon));

    /// <summary>Posts a view that must be acknowledged.</summary>
    public async Task View(string user, string item, float watchSeconds = 30, float durationSeconds = 30, DateTimeOffset? time = null)
    {
        using var response = await Post(user, item, watchSeconds, durationSeconds, time);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
    }

    public async Task<LabelledView[]> History(string user) => [.. (await Client.GetFromJsonAsync<HistoryAnswer>($"/users/{Uri.EscapeDataString(user)}/views"))!.Views];

    public async Task<RecommendationAnswer> Recommend(string user, int k = 10)
        => (await Client.GetFromJsonAsync<RecommendationAnswer>($"/users/{Uri.EscapeDataString(user)}/recommendations?k={k}"))!;

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _app.DisposeAsync();
    }
}

/// <summary>Waits for what comes by itself.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static async Task Is(Func<Task<bool>> condition)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(watch.Elapsed < Patience, "What a test waits for has not come.");
            await Task.Delay(20);
        }
    }
}

/// <summary>What an answer that refuses looks like.</summary>
internal static class ProblemAssert
{
    /// <summary>Problem details with a status, which say what is wrong.</summary>
    public static async Task<HttpValidationProblemDetails> Is(HttpStatusCode status, HttpResponseMessage response)
    {
        string body = await response.Content.ReadAsStringAsync();
        Assert.True(status == response.StatusCode, $"{(int)response.StatusCode}: {body}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = JsonSerializer.Deserialize<HttpValidationProblemDetails>(body, JsonSerializerOptions.Web)!;
        Assert.Equal((int)status, problem.Status);
        Assert.NotEmpty(problem.Title!);
        return problem;
    }

    public static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
