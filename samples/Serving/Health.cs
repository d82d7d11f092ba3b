using System.Text.Json;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Serving.Scoring;
using StackExchange.Redis;

namespace Serving;

/// <summary>Ready while there is a model; says which.</summary>
internal sealed class ModelHealth(ModelHolder model) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
        => Task.FromResult(HealthCheckResult.Healthy(data: new Dictionary<string, object> { ["version"] = model.Version, ["items"] = model.ItemCount }));
}

/// <summary>Ready while Redis answers.</summary>
internal sealed class RedisHealth(IConnectionMultiplexer redis) : IHealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            await redis.GetDatabase().PingAsync().WaitAsync(Patience, cancellationToken);
            return HealthCheckResult.Healthy();
        }
        catch (Exception error) when (error is RedisException or TimeoutException)
        {
            return HealthCheckResult.Unhealthy("Redis does not answer.");
        }
    }
}

internal static class HealthAnswer
{
    /// <summary>Every check with what it says, as JSON.</summary>
    public static Task Write(HttpContext http, HealthReport report)
    {
        var checks = report.Entries.ToDictionary(entry => entry.Key, entry => new { status = entry.Value.Status.ToString(), entry.Value.Description, entry.Value.Data });
        return http.Response.WriteAsJsonAsync(new { status = report.Status.ToString(), checks }, JsonSerializerOptions.Web);
    }
}
