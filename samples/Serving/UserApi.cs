using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Serving.Scoring;
using Serving.Users;

namespace Serving;

/// <summary>The body of POST /users/{id}/views.</summary>
internal sealed record ViewBody(string Item, float WatchSeconds, float DurationSeconds, DateTimeOffset Time);

/// <summary>A view of a user's history and what it says: +1 liked, −1 skipped, 0 neither.</summary>
internal sealed record LabelledView(string Item, float WatchSeconds, float DurationSeconds, DateTimeOffset Time, float Feedback);

internal sealed record HistoryAnswer(string User, IEnumerable<LabelledView> Views);

internal sealed record ScoredItem(string Item, float Score);

internal sealed record RecommendationAnswer(string User, string ModelVersion, IEnumerable<ScoredItem> Items);

/// <summary>The paths of the service about users and the model: each checks what it was given before a grain hears of it.</summary>
internal static class UserApi
{
    /// <summary>The most characters of a user's or an item's id.</summary>
    public const int MaximumIdLength = 128;

    private const float MaximumSeconds = 1e6f;

    // clocks of clients go wrong, but a view of next year would stay the newest until then
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    public static void MapUserApi(this WebApplication app)
    {
        var users = app.MapGroup("/users/{id}");
        users.MapPost("/views", AddView);
        users.MapGet("/views", GetViews);
        users.MapGet("/recommendations", Recommend);
        app.MapPost("/model/reload", Reload);
    }

    private static async Task<Results<NoContent, ValidationProblem, ProblemHttpResult>> AddView(
        string id, ViewBody view, HttpContext http, IGrainFactory grains, ServiceMetrics metrics, TimeProvider clock)
    {
        long start = Stopwatch.GetTimestamp();
        if (Errors(("id", UserError(id)), ("item", IdError(view.Item)), ("watchSeconds", SecondsError(view.WatchSeconds)),
            ("durationSeconds", SecondsError(view.DurationSeconds)), ("time", TimeError(view.Time, clock.GetUtcNow()))) is { } errors)
            return TypedResults.ValidationProblem(errors);
        var stored = new WatchedView(view.Item, view.WatchSeconds, view.DurationSeconds, view.Time.ToUniversalTime());
        if (!await grains.GetGrain<IUserGrain>(id).AddView(stored))
            return Problems.TryAgain(http, "The view is not known to be stored. Send it again: the same item at the same time counts once.");
        metrics.ViewStored(start);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<HistoryAnswer>, ValidationProblem>> GetViews(string id, IGrainFactory grains)
    {
        if (Errors(("id", UserError(id))) is { } errors)
            return TypedResults.ValidationProblem(errors);
        var views = await grains.GetGrain<IUserGrain>(id).GetViews();
        return TypedResults.Ok(new HistoryAnswer(id, views.Zip(FeedbackOfViews.Of(views),
            (view, feedback) => new LabelledView(view.Item, view.WatchSeconds, view.DurationSeconds, view.Time, feedback))));
    }

    private static async Task<Results<Ok<RecommendationAnswer>, ValidationProblem, ProblemHttpResult>> Recommend(
        string id, HttpContext http, IGrainFactory grains, ServiceMetrics metrics, int k = 10)
    {
        long start = Stopwatch.GetTimestamp();
        if (Errors(("id", UserError(id)), ("k", k is >= 1 and <= ServedModel.MaximumRecommendations ? null : $"must be from 1 to {ServedModel.MaximumRecommendations}")) is { } errors)
            return TypedResults.ValidationProblem(errors);
        var views = await grains.GetGrain<IUserGrain>(id).GetViews();
        // the scorer of this silo, wherever the user lives
        if (await grains.GetGrain<IScorerGrain>(0).Score(views) is not { } best)
        {
            metrics.Refused("scoring");
            return Problems.TryAgain(http, "Too many histories wait to be scored.");
        }

        metrics.Recommended(start);
        return TypedResults.Ok(new RecommendationAnswer(id, best.ModelVersion, best.Items.Zip(best.Scores, (item, score) => new ScoredItem(item, score)).Take(k)));
    }

    /// <summary>Looks at the model's file now; for the machine itself only.</summary>
    private static async Task<IResult> Reload(HttpContext http, ModelFile file, ModelHolder model, CancellationToken cancellation)
    {
        if (LocalCalls.Refusal(http) is { } refused)
            return refused;
        var reload = await file.Reload(cancellation);
        return reload.Refusal is { } reason
            ? TypedResults.Problem($"The file is refused, model {model.Version} goes on. {reason}", statusCode: StatusCodes.Status409Conflict)
            : TypedResults.Ok(new { model.Version, reload.IsReplaced });
    }

    private static Dictionary<string, string[]>? Errors(params ReadOnlySpan<(string Name, string? Error)> checks)
    {
        var errors = new Dictionary<string, string[]>();
        foreach (var (name, error) in checks)
        {
            if (error is not null)
                errors[name] = [error];
        }

        return errors.Count > 0 ? errors : null;
    }

    private static string? IdError(string? id)
        => string.IsNullOrWhiteSpace(id) ? "must be given"
            : id.Length > MaximumIdLength ? $"must have at most {MaximumIdLength} characters"
            : id.EnumerateRunes().Any(rune => Rune.IsControl(rune) || rune == Rune.ReplacementChar) ? "must be text without control characters"
            : null;

    // a slash in a path stays escaped, and what cannot be told from it
    private static string? UserError(string id) => id.Contains("%2F", StringComparison.OrdinalIgnoreCase) ? "must not contain a slash" : IdError(id);

    private static string? SecondsError(float seconds) => seconds is >= 0 and <= MaximumSeconds ? null : $"must be from 0 to {MaximumSeconds:0}";

    private static string? TimeError(DateTimeOffset time, DateTimeOffset now)
        => time > now + ClockTolerance ? $"must not be in the future; it is {now:O} here" : time < DateTimeOffset.UnixEpoch ? "must be 1970 or later" : null;
}
