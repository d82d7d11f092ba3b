using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.RateLimiting;
using Orleans.Runtime;
using StackExchange.Redis;

namespace Serving;

/// <summary>Whatever goes wrong is told as problem details (RFC 9457), and a word of when to come again where that helps.</summary>
internal sealed class Problems(IProblemDetailsService writer, ILogger<Problems> log) : IExceptionHandler
{
    private const int RetrySeconds = 1;

    /// <summary>503 with Retry-After.</summary>
    public static ProblemHttpResult TryAgain(HttpContext http, string detail)
    {
        http.Response.Headers.RetryAfter = RetrySeconds.ToString();
        return TypedResults.Problem(detail, statusCode: StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>429 for a user who asks too often, 503 where all together ask for too much.</summary>
    public static async ValueTask OnRejected(OnRejectedContext context, CancellationToken cancellation)
    {
        var http = context.HttpContext;
        bool isOneUser = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var retryAfter);
        http.RequestServices.GetRequiredService<ServiceMetrics>().Refused(isOneUser ? "rate" : "queue");
        http.Response.Headers.RetryAfter = Math.Max(RetrySeconds, (int)Math.Ceiling(retryAfter.TotalSeconds)).ToString();
        await TypedResults.Problem(isOneUser ? "This user asks too often." : "Too many requests are being worked on.",
            statusCode: isOneUser ? StatusCodes.Status429TooManyRequests : StatusCodes.Status503ServiceUnavailable).ExecuteAsync(http);
    }

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (httpContext.RequestAborted.IsCancellationRequested)
            return true;
        var (status, detail) = exception switch
        {
            // what is wrong with a body is said by what was reading it
            BadHttpRequestException bad => (bad.StatusCode, (bad.InnerException?.Message ?? bad.Message).Replace(typeof(ViewBody).FullName!, "view")),
            // a silo or the storage is away, and another silo will answer for it soon
            TimeoutException or OrleansException or RedisException or RedisTimeoutException => (StatusCodes.Status503ServiceUnavailable, "A part of the service is away for the moment."),
            _ => (StatusCodes.Status500InternalServerError, null),
        };
        if (status == StatusCodes.Status503ServiceUnavailable)
        {
            httpContext.Response.Headers.RetryAfter = RetrySeconds.ToString();
            log.LogWarning("{Method} {Path} could not be served: {Reason}", httpContext.Request.Method, httpContext.Request.Path, exception.Message);
        }
        else if (status >= 500)
        {
            log.LogError(exception, "{Method} {Path} failed.", httpContext.Request.Method, httpContext.Request.Path);
        }

        httpContext.Response.StatusCode = status;
        return await writer.TryWriteAsync(new ProblemDetailsContext { HttpContext = httpContext, ProblemDetails = { Status = status, Detail = detail } });
    }
}
