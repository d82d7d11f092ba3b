using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ServingLoad;

/// <summary>What came of a request.</summary>
internal enum Outcome
{
    /// <summary>It was answered, or acknowledged.</summary>
    Done,

    /// <summary>429 or 503: come again later.</summary>
    Refused,

    /// <summary>No answer, or one that is none of these.</summary>
    Lost,
}

/// <summary>A view that is sent.</summary>
internal sealed record SentView(string User, string Item, float WatchSeconds, float DurationSeconds, DateTimeOffset Time);

/// <summary>Recommended items with their scores, and the version of the model that they come from.</summary>
internal sealed record Answer(string ModelVersion, IReadOnlyList<AnsweredItem> Items);

internal sealed record AnsweredItem(string Item, float Score);

/// <summary>The service as a client meets it: at several addresses, of which one is asked after the other where one fails. Whatever asks it ends by an
/// <see cref="OperationCanceledException"/> when the token is cancelled.</summary>
internal sealed class ServiceClient(IReadOnlyList<Uri> urls, CancellationToken cancellation) : IDisposable
{
    private static readonly JsonSerializerOptions Json = JsonSerializerOptions.Web;

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = TimeSpan.FromSeconds(20) };

    public int UrlCount => urls.Count;

    public async Task<(Outcome Outcome, Answer? Answer)> Recommend(string user, int url, int k = 10)
    {
        var (outcome, body) = await Send(url, HttpMethod.Get, $"users/{user}/recommendations?k={k}", null);
        return (outcome, outcome == Outcome.Done ? JsonSerializer.Deserialize<Answer>(body, Json) : null);
    }

    public async Task<Outcome> Post(SentView view, int url)
        => (await Send(url, HttpMethod.Post, $"users/{view.User}/views", JsonContent.Create(new { view.Item, view.WatchSeconds, view.DurationSeconds, view.Time }))).Outcome;

    /// <summary>Item and time of what the service has of a user; null: it could not be read.</summary>
    public async Task<HashSet<(string Item, DateTimeOffset Time)>?> History(string user, int url)
    {
        var (outcome, body) = await Send(url, HttpMethod.Get, $"users/{user}/views", null);
        return outcome != Outcome.Done ? null
            : [.. JsonNode.Parse(body)!["views"]!.AsArray().Select(view => ((string)view!["item"]!, (DateTimeOffset)view["time"]!))];
    }

    /// <summary>The version of the model at each address; null where there is none.</summary>
    public async Task<string?[]> Versions()
        => await Task.WhenAll(Enumerable.Range(0, urls.Count).Select(async url =>
        {
            var (outcome, body) = await Send(url, HttpMethod.Get, "health/ready", null);
            return outcome == Outcome.Done ? (string?)JsonNode.Parse(body)!["checks"]!["model"]!["data"]!["version"] : null;
        }));

    public void Dispose() => _http.Dispose();

    private async Task<(Outcome Outcome, byte[] Body)> Send(int url, HttpMethod method, string path, HttpContent? content)
    {
        try
        {
            using var request = new HttpRequestMessage(method, new Uri(urls[url % urls.Count], path)) { Content = content };
            using var response = await _http.SendAsync(request, cancellation);
            byte[] body = await response.Content.ReadAsByteArrayAsync(cancellation);
            return (response.IsSuccessStatusCode ? Outcome.Done
                : response.StatusCode is HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable ? Outcome.Refused : Outcome.Lost, body);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // one that was stopped is not lost
            cancellation.ThrowIfCancellationRequested();
            return (Outcome.Lost, []);
        }
    }
}
