using BulkScoring;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Serving.Bulk;

/// <summary>The body of POST /jobs; paths as every silo sees them.</summary>
internal sealed record BulkJobBody(string Model, string Histories, string Output, int K = 100);

/// <summary>Jobs over partitions, for the machines themselves: who may name paths may read and write there.</summary>
internal static class BulkApi
{
    private const int MaximumK = 10_000;

    public static void MapBulkApi(this WebApplication app)
    {
        app.MapPost("/jobs", Start);
        app.MapGet("/jobs/{job}", GetStatus);
    }

    private static async Task<Results<Accepted<BulkStatus>, ValidationProblem, ProblemHttpResult>> Start(BulkJobBody body, HttpContext http, IGrainFactory grains)
    {
        if (LocalCalls.Refusal(http) is { } refusal)
            return refusal;
        var errors = new Dictionary<string, string[]>();
        if (!File.Exists(body.Model))
            errors["model"] = ["must be a file that is there"];
        if (!Directory.Exists(body.Histories) || !Directory.EnumerateFiles(body.Histories, "*.parquet").Any())
            errors["histories"] = ["must be a folder with *.parquet in it"];
        if (string.IsNullOrWhiteSpace(body.Output) || File.Exists(body.Output))
            errors["output"] = ["must be a folder, there or to be made"];
        if (body.K is < 1 or > MaximumK)
            errors["k"] = [$"must be from 1 to {MaximumK}"];
        if (errors.Count == 0 && FullPath.AreSame(body.Output, body.Histories))
            errors["output"] = ["must be another folder than that of the histories"];
        if (errors.Count > 0)
            return TypedResults.ValidationProblem(errors);
        var job = new BulkJob(FullPath.Of(body.Model), FullPath.Of(body.Histories), FullPath.Of(body.Output), body.K);
        return await grains.GetGrain<IBulkJobGrain>(job.Id).Start(job) is { } status
            ? TypedResults.Accepted($"/jobs/{job.Id}", status)
            : TypedResults.Problem($"Another job writes to {job.Output}: of another model, other histories or another k. Send this one when GET /jobs/{job.Id} says that it has ended, or name another output.",
                statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Ok<BulkStatus>, ProblemHttpResult>> GetStatus(string job, HttpContext http, IGrainFactory grains)
    {
        if (LocalCalls.Refusal(http) is { } refusal)
            return refusal;
        var status = await grains.GetGrain<IBulkJobGrain>(job).GetStatus();
        return status.State == BulkStatus.Unknown ? TypedResults.Problem("There is no such job.", statusCode: StatusCodes.Status404NotFound) : TypedResults.Ok(status);
    }
}
