using System.Globalization;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Feedback;

internal sealed class WatchTimeRule(
    double positiveShare, float skipSeconds, UnknownDuration unknownDuration, string watchColumn, string durationColumn) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames { get; } = [watchColumn, durationColumn];

    internal override float Label(ReadOnlySpan<float> evidence, long row)
    {
        (float watchSeconds, float durationSeconds) = (evidence[0], evidence[1]);
        RequireNotNegative(watchSeconds, watchColumn, row);
        RequireNotNegative(durationSeconds, durationColumn, row);
        if (durationSeconds == 0)
            return LabelWithoutDuration(watchSeconds, row);
        return Reaches(watchSeconds, durationSeconds) ? 1 : LabelBySeconds(watchSeconds);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"positive where {watchColumn} is at least {positiveShare} of {durationColumn}, else negative below {skipSeconds} s");

    /// <summary>
    /// Whether the share was watched. Binary fractions miss it at its very edge (0.72 of 600 s is 432 s), so that there the decimals are
    /// compared that the log was written in; times beyond a trillion seconds are no decimals.
    /// </summary>
    private bool Reaches(float watchSeconds, float durationSeconds)
    {
        double wanted = positiveShare * durationSeconds;
        if (Math.Abs(watchSeconds - wanted) > 1e-6 * wanted || durationSeconds > 1e12 || watchSeconds > 1e12)
            return watchSeconds >= wanted;
        return (decimal)watchSeconds >= (decimal)positiveShare * (decimal)durationSeconds;
    }

    private float LabelWithoutDuration(float watchSeconds, long row) => unknownDuration switch
    {
        UnknownDuration.Neither => 0,
        UnknownDuration.SecondsDecide => LabelBySeconds(watchSeconds),
        _ => throw new InvalidDataException(
            $"Column '{durationColumn}' is 0 in row {row + 1}: the duration is unknown, and with it the share watched. Leave such rows out "
            + $"(Data.FilterRowsByColumn(log, \"{durationColumn}\", lowerBound: float.Epsilon)), or say by the rule's unknownDuration what they are."),
    };

    private float LabelBySeconds(float watchSeconds) => watchSeconds < skipSeconds ? -1 : 0;
}

internal sealed class WatchedShareRule(float positiveShare, float negativeShare, string shareColumn) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames { get; } = [shareColumn];

    internal override float Label(ReadOnlySpan<float> evidence, long row)
    {
        RequireNotNegative(evidence[0], shareColumn, row);
        return evidence[0] >= positiveShare ? 1 : evidence[0] < negativeShare ? -1 : 0;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"positive where {shareColumn} is at least {positiveShare}, negative below {negativeShare}");
}

internal sealed class RatingRule(float threshold, string ratingColumn) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames { get; } = [ratingColumn];

    internal override float Label(ReadOnlySpan<float> evidence, long row) => evidence[0] >= threshold ? 1 : -1;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"positive where {ratingColumn} is at least {threshold}, else negative");
}

internal sealed class FlagsRule(string[] positive, string[] negative, FeedbackRule? otherwise) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames { get; } = [.. negative, .. positive, .. otherwise?.ColumnNames ?? []];

    internal override FeedbackRule Fit(IDataView data) => new FlagsRule(positive, negative, otherwise?.Fit(data));

    internal override float Label(ReadOnlySpan<float> evidence, long row)
    {
        int flags = negative.Length + positive.Length;
        return evidence[..negative.Length].ContainsAnyInRange(float.Epsilon, float.MaxValue) ? -1
            : evidence[negative.Length..flags].ContainsAnyInRange(float.Epsilon, float.MaxValue) ? 1
            : otherwise?.Label(evidence[flags..], row) ?? 0;
    }

    /// <inheritdoc/>
    public override string ToString() => $"negative where {List(negative)} is set, else positive where {List(positive)} is, else {otherwise?.ToString() ?? "neither"}";

    private static string List(string[] names) => names.Length == 0 ? "nothing" : string.Join(" or ", names);
}

internal sealed class CustomRule(Func<ReadOnlySpan<float>, float> label, string[] columnNames) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames => columnNames;

    internal override float Label(ReadOnlySpan<float> evidence, long row)
    {
        float feedback = label(evidence);
        return float.IsNaN(feedback) ? throw new InvalidDataException($"The rule gave NaN for row {row + 1}: its sign is to be the feedback.") : MathF.Sign(feedback);
    }

    /// <inheritdoc/>
    public override string ToString() => $"a rule of its own over {string.Join(", ", columnNames)}";
}

internal sealed class RatingMedianRule(string ratingColumn) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames { get; } = [ratingColumn];

    internal override FeedbackRule Fit(IDataView data)
    {
        var column = RequireColumns(data.Schema)[0];
        var counts = new SortedDictionary<float, long>();
        long total = 0;
        using (var cursor = data.GetRowCursor([column]))
        {
            var read = VectorReader<float>.OfVectorOrScalar(cursor, column);
            while (cursor.MoveNext())
            {
                foreach (float rating in read())
                {
                    RequireFinite(rating, ratingColumn, cursor.Position);
                    counts[rating] = counts.GetValueOrDefault(rating) + 1;
                    total++;
                }
            }
        }

        double median = (ValueAt(counts, (total - 1) / 2) + ValueAt(counts, total / 2)) / 2.0;
        return new RatingRule(LeastAtOrAbove(median), ratingColumn);
    }

    internal override float Label(ReadOnlySpan<float> evidence, long row)
        => throw new InvalidOperationException("The median is not known yet: label with what LabelFeedbackEstimator.Fit returns.");

    /// <inheritdoc/>
    public override string ToString() => $"positive where {ratingColumn} is at least the median of the data, else negative";

    /// <summary>The least Single that is not below: of two neighbours the mean is no Single, and the lower one does not reach it.</summary>
    private static float LeastAtOrAbove(double value) => (float)value < value ? MathF.BitIncrement((float)value) : (float)value;

    private static double ValueAt(SortedDictionary<float, long> counts, long index)
    {
        foreach (var (value, count) in counts)
        {
            if (index < count)
                return value;
            index -= count;
        }

        throw new InvalidDataException("The data is empty: a median needs at least one rating.");
    }
}
