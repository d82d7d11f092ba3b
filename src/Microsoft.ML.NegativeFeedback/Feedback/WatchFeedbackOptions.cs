using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Which columns <see cref="LabelWatchFeedbackEstimator"/> reads, and when a view is EVV, FVV and GVV; the quantiles and the seconds are those of the
/// multi-feedback ranker (CIKM '23, table 1).
/// </summary>
public sealed class WatchFeedbackOptions
{
    /// <summary>The video's column: text, number or key. Default "Item".</summary>
    public string ItemColumnName { get; set; } = "Item";

    /// <summary>The column of the seconds that were watched, Single, finite and at least 0. Default "WatchSeconds".</summary>
    public string WatchSecondsColumnName { get; set; } = "WatchSeconds";

    /// <summary>The column of the video's duration in seconds, Single, finite and at least 0; 0 is an unknown one. Default "DurationSeconds".</summary>
    public string DurationSecondsColumnName { get; set; } = "DurationSeconds";

    /// <summary>
    /// EVV: the share of a video's views that the view has to be longer than; above 0 and below 1, at most <see cref="FocusedViewQuantile"/>. Default 0.5.
    /// </summary>
    public double EngagedViewQuantile { get; set; } = 0.5;

    /// <summary>FVV: the share of a video's views that the view has to be longer than; above 0 and below 1. Default 0.6.</summary>
    public double FocusedViewQuantile { get; set; } = 0.6;

    /// <summary>GVV: the seconds that the view has to stay under; finite and at least 0, where 0 makes nothing a GVV. Default 3.</summary>
    public double SkipSeconds { get; set; } = 3;

    /// <summary>
    /// The number of views from which on a video is compared with its own views; those of a video with fewer are compared with the views of its duration
    /// bucket, whatever their video. At least 1. Default 20.
    /// </summary>
    public int MinimumViewCount { get; set; } = 20;

    /// <summary>
    /// The longest durations, in seconds, of all duration buckets but the last, which has no end: above 0 and rising. [15, 60] makes three, up to 15 s, above
    /// 15 s up to 60 s, above 60 s. Unknown durations are a bucket of their own besides. Null, the default: buckets of equally many views.
    /// </summary>
    public IReadOnlyList<double>? DurationBoundsSeconds { get; set; }

    /// <summary>
    /// The number of duration buckets where no bounds are given, each with equally many of the views whose duration is known, as far as views of one duration,
    /// which share a bucket, allow it; at least 1. Default 10.
    /// </summary>
    public int DurationBucketCount { get; set; } = 10;

    /// <summary>Cancels reading the log in <c>Fit</c>, which then throws <see cref="OperationCanceledException"/>. Default none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>A copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">Some option is out of range or contradicts another.</exception>
    internal WatchFeedbackOptions Checked()
    {
        string[] names = [ItemColumnName, WatchSecondsColumnName, DurationSecondsColumnName];
        Columns.CheckNames(
            (ItemColumnName, nameof(ItemColumnName)), (WatchSecondsColumnName, nameof(WatchSecondsColumnName)), (DurationSecondsColumnName, nameof(DurationSecondsColumnName)));
        if (names.Distinct().Count() < names.Length)
            throw new ArgumentException($"Item, watch time and duration need columns of different names; given are {string.Join(", ", names)}.");

        RequireShare(EngagedViewQuantile, nameof(EngagedViewQuantile));
        RequireShare(FocusedViewQuantile, nameof(FocusedViewQuantile));
        if (EngagedViewQuantile > FocusedViewQuantile)
        {
            throw new ArgumentOutOfRangeException(nameof(EngagedViewQuantile), EngagedViewQuantile,
                FormattableString.Invariant($"{nameof(EngagedViewQuantile)} must be at most {nameof(FocusedViewQuantile)}, {FocusedViewQuantile}: FVV is the stronger feedback."));
        }

        if (!(SkipSeconds >= 0 && float.IsFinite((float)SkipSeconds)))
            throw new ArgumentOutOfRangeException(nameof(SkipSeconds), SkipSeconds, $"{nameof(SkipSeconds)} must be a finite number of at least 0 that a Single can hold.");
        RequirePositive(MinimumViewCount, nameof(MinimumViewCount));
        RequirePositive(DurationBucketCount, nameof(DurationBucketCount));
        var copy = (WatchFeedbackOptions)MemberwiseClone();
        copy.DurationBoundsSeconds = DurationBoundsSeconds is null ? null : [.. DurationBoundsSeconds];
        RequireRising(copy.DurationBoundsSeconds ?? []);
        return copy;
    }

    private static void RequireShare(double value, string name)
    {
        if (!(value > 0 && value < 1))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be above 0 and below 1.");
    }

    private static void RequirePositive(int value, string name)
    {
        if (value < 1)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 1.");
    }

    private static void RequireRising(IEnumerable<double> bounds)
    {
        // as durations are: bounds that are one Single would divide nothing
        float last = 0;
        foreach (double bound in bounds)
        {
            if (!((float)bound > last && float.IsFinite((float)bound)))
            {
                throw new ArgumentOutOfRangeException(nameof(DurationBoundsSeconds), bound,
                    $"{nameof(DurationBoundsSeconds)} must be finite, above 0 and rising, as Single.");
            }

            last = (float)bound;
        }
    }
}
