using System.Collections.Immutable;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;
using Serving.Users;

namespace Serving.Scoring;

/// <summary>A user's history as the library reads it, oldest first.</summary>
internal sealed class ViewedRow
{
    public string[] Items { get; init; } = [];

    public float[] WatchSeconds { get; init; } = [];

    public float[] DurationSeconds { get; init; } = [];

    public static ViewedRow Of(ImmutableArray<WatchedView> views) => new()
    {
        Items = [.. views.Select(view => view.Item)],
        WatchSeconds = [.. views.Select(view => view.WatchSeconds)],
        DurationSeconds = [.. views.Select(view => view.DurationSeconds)],
    };
}

/// <summary>What seconds watched say: liked from half of the duration on, skipped below 3 s, neither where the duration is unknown.</summary>
internal static class FeedbackOfViews
{
    /// <summary>The model is trained with the same rule as it is asked with.</summary>
    public static readonly FeedbackRule Rule = FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3, unknownDuration: UnknownDuration.Neither);

    private static readonly MLContext Ml = new();
    private static readonly ITransformer Label = Transformer(Ml);

    public static ITransformer Transformer(MLContext ml)
        // the rule learns nothing, but Fit wants a view to look at
        => ml.Transforms.LabelFeedback(Rule).Fit(ml.Data.LoadFromEnumerable([new ViewedRow { Items = [""], WatchSeconds = [0], DurationSeconds = [0] }]));

    /// <summary>+1 liked, −1 skipped, 0 neither, for each view.</summary>
    public static float[] Of(ImmutableArray<WatchedView> views)
        => Label.Transform(Ml.Data.LoadFromEnumerable([ViewedRow.Of(views)])).GetColumn<float[]>("Feedback").Single();
}
