using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Serving.Tests;

/// <summary>Each kind of bad request is refused with its reason, and the service goes on.</summary>
[Collection(ServiceTests.Name)]
public sealed class BadRequestTests(SharedService shared) : IClassFixture<SharedService>, IAsyncLifetime
{
    private const string Rest = "\"watchSeconds\":1,\"durationSeconds\":30,\"time\":\"2026-01-02T12:00:00Z\"";

    private readonly RunningService _service = shared.Service;
    private readonly string _user = $"{Guid.NewGuid():N}";

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        // whatever was refused, the rest goes on and nothing was kept
        Assert.Empty(await _service.History(_user));
        await _service.View(_user, "5");
        Assert.Equal(["5"], (await _service.History(_user)).Select(view => view.Item));
    }

    [Theory]
    [InlineData("{\"item\":\"1\"", "open JSON object")]
    [InlineData("", "")]
    [InlineData("null", "")]
    [InlineData("[]", "could not be converted to view")]
    [InlineData("{\"item\":1," + Rest + "}", "$.item")]
    [InlineData("{\"item\":null," + Rest + "}", "null")]
    [InlineData("{\"item\":\"\\ud800\"," + Rest + "}", "$.item")]
    [InlineData("{" + Rest + "}", "'item'")]
    [InlineData("{\"item\":\"1\",\"item\":\"2\"," + Rest + "}", "uplicate")]
    [InlineData("{\"item\":\"1\",\"likes\":true," + Rest + "}", "'likes'")]
    [InlineData("{\"item\":\"1\",\"watchSeconds\":NaN,\"durationSeconds\":30,\"time\":\"2026-01-02T12:00:00Z\"}", "$.watchSeconds")]
    [InlineData("{\"item\":\"1\",\"watchSeconds\":\"NaN\",\"durationSeconds\":30,\"time\":\"2026-01-02T12:00:00Z\"}", "$.watchSeconds")]
    [InlineData("{\"item\":\"1\",\"watchSeconds\":1,\"durationSeconds\":30,\"time\":\"noon\"}", "$.time")]
    [InlineData("{\"item\":\"1\",\"watchSeconds\":1,\"durationSeconds\":30}", "'time'")]
    public async Task A_body_that_is_no_view_is_refused(string body, string expected)
    {
        using var response = await _service.Client.PostAsync($"/users/{_user}/views", ProblemAssert.Json(body));
        var problem = await ProblemAssert.Is(HttpStatusCode.BadRequest, response);
        Assert.Contains(expected, problem.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"item\":\"1\",\"watchSeconds\":-1,\"durationSeconds\":30,\"time\":\"2026-01-02T12:00:00Z\"", "watchSeconds")]
    [InlineData("\"item\":\"1\",\"watchSeconds\":1e999,\"durationSeconds\":30,\"time\":\"2026-01-02T12:00:00Z\"", "watchSeconds")]
    [InlineData("\"item\":\"1\",\"watchSeconds\":1,\"durationSeconds\":-0.1,\"time\":\"2026-01-02T12:00:00Z\"", "durationSeconds")]
    [InlineData("\"item\":\"1\",\"watchSeconds\":1,\"durationSeconds\":30,\"time\":\"2999-01-02T12:00:00Z\"", "time")]
    [InlineData("\"item\":\"1\",\"watchSeconds\":1,\"durationSeconds\":30,\"time\":\"0001-01-01T00:00:00Z\"", "time")]
    [InlineData("\"item\":\" \"," + Rest, "item")]
    [InlineData("\"item\":\"a\\u0000b\"," + Rest, "item")]
    public async Task A_value_out_of_its_range_is_named(string members, string name)
    {
        using var response = await _service.Client.PostAsync($"/users/{_user}/views", ProblemAssert.Json($"{{{members}}}"));
        Assert.Equal([name], (await ProblemAssert.Is(HttpStatusCode.BadRequest, response)).Errors.Keys);
    }

    [Fact]
    public async Task Ids_have_at_most_128_characters()
    {
        string longest = new('x', UserApi.MaximumIdLength);
        await _service.View(longest, longest);
        using var ofUser = await _service.Post(longest + "x", "1");
        Assert.Equal(["id"], (await ProblemAssert.Is(HttpStatusCode.BadRequest, ofUser)).Errors.Keys);
        using var ofItem = await _service.Post(_user, longest + "x");
        Assert.Equal(["item"], (await ProblemAssert.Is(HttpStatusCode.BadRequest, ofItem)).Errors.Keys);
        using var asked = await _service.Client.GetAsync($"/users/{longest}x/recommendations");
        Assert.Equal(["id"], (await ProblemAssert.Is(HttpStatusCode.BadRequest, asked)).Errors.Keys);
        using var slash = await _service.Client.GetAsync("/users/a%2Fb/views");
        Assert.Equal(["id"], (await ProblemAssert.Is(HttpStatusCode.BadRequest, slash)).Errors.Keys);
        using var read = await _service.Client.GetAsync("/users/%00/views");
        Assert.InRange((int)read.StatusCode, 400, 499);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("101")]
    [InlineData("-1")]
    [InlineData("many")]
    [InlineData("99999999999")]
    public async Task K_is_from_1_to_100(string k)
    {
        using var response = await _service.Client.GetAsync($"/users/{_user}/recommendations?k={k}");
        var problem = await ProblemAssert.Is(HttpStatusCode.BadRequest, response);
        Assert.True(problem.Errors.ContainsKey("k") || problem.Detail!.Contains("int k", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_too_large_is_refused_unread()
    {
        using var response = await _service.Client.PostAsync($"/users/{_user}/views", ProblemAssert.Json($"{{\"item\":\"{new string('x', 5000)}\"}}"));
        await ProblemAssert.Is(HttpStatusCode.RequestEntityTooLarge, response);
    }

    [Fact]
    public async Task Other_types_methods_and_paths_are_refused_as_well()
    {
        using var text = await _service.Client.PostAsync($"/users/{_user}/views", new StringContent("x"));
        await ProblemAssert.Is(HttpStatusCode.UnsupportedMediaType, text);
        using var delete = await _service.Client.DeleteAsync($"/users/{_user}/views");
        await ProblemAssert.Is(HttpStatusCode.MethodNotAllowed, delete);
        using var path = await _service.Client.GetAsync($"/users/{_user}");
        await ProblemAssert.Is(HttpStatusCode.NotFound, path);
    }

    [Fact]
    public async Task Whoever_sends_a_body_slowly_is_cut_off_while_others_are_served()
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(_service.Address.Host, _service.Address.Port);
        using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(
            $"POST /users/{_user}/views HTTP/1.1\r\nHost: {_service.Address.Authority}\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{{"));
        await _service.View("bob", "5");

        using var reader = new StreamReader(stream, Encoding.ASCII);
        // the end of the stream comes by itself: the service closes the connection
        string answer = await reader.ReadToEndAsync();

        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        await _service.View("bob", "6");
    }
}
