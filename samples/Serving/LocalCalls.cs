using System.Net;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Serving;

/// <summary>Calls that only the machine itself may make.</summary>
internal static class LocalCalls
{
    // A proxy on the same machine calls from there for everybody. Whoever calls directly has no need of these.
    private static readonly string[] ForwardingHeaders = ["Forwarded", "X-Forwarded-For"];

    /// <summary>Why a call is refused: it comes from elsewhere, or a proxy handed it on; null where it may pass.</summary>
    public static ProblemHttpResult? Refusal(HttpContext http)
        => (http.Connection.RemoteIpAddress is { } address && !IPAddress.IsLoopback(address)) || ForwardingHeaders.Any(http.Request.Headers.ContainsKey)
            ? TypedResults.Problem("Only the machine that the service runs on may ask for this, and not through a proxy.", statusCode: StatusCodes.Status403Forbidden) : null;
}
