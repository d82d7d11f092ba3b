using System.Globalization;
using Microsoft.ML.NegativeFeedback.DataView;
using static Microsoft.ML.NegativeFeedback.Feedback.FeedbackExpression;

namespace Microsoft.ML.NegativeFeedback.Feedback;

internal sealed class WatchTimeRule(
    double positiveShare, float skipSeconds, UnknownDuration unknownDuration, string watchColumn, string durationColumn) : FeedbackRule
{
    // a comparison of decimals; times are Singles of seven digits, of which each is off by 5e-7 at most, and shares have few
    private const double Margin = 1 - 1e-12, Edge = 1e-5;

    internal override IReadOnlyList<string> ColumnNames { get; } = [watchColumn, durationColumn];

    internal override FeedbackExpression Read(int first)
    {
        var (watch, duration) = (Quantity.Column(first), Quantity.Column(first + 1));
        var bySeconds = AtLeast(watch, skipSeconds, Of(0), Of(-1));
        var atTheEdge = AtLeast(Quantity.Decimals(first), positiveShare * Margin * Quantity.Decimals(first + 1), Of(1), bySeconds);
        // decimals take a logarithm and a power each; away from the edge they change nothing
        var byShare = AtLeast(watch, (1 + Edge) * positiveShare * duration, Of(1), AtLeast((1 - Edge) * positiveShare * duration, watch, bySeconds, atTheEdge));
        var withoutDuration = unknownDuration switch
        {
            UnknownDuration.Neither => Of(0),
            UnknownDuration.SecondsDecide => bySeconds,
            _ => Refuse(
                (row, _) => $"Column '{durationColumn}' is 0 in row {row + 1}: the duration is unknown, and with it the share watched. Leave such rows out "
                    + $"(Data.FilterRowsByColumn(log, \"{durationColumn}\", lowerBound: float.Epsilon)), or say by the rule's unknownDuration what they are.",
                $"Column '{durationColumn}' is 0: the duration is unknown, and with it the share watched"),
        };
        return NotNegative(first, watchColumn, NotNegative(first + 1, durationColumn, AtLeast(0, duration, withoutDuration, byShare)));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"positive where {watchColumn} is at least {positiveShare} of {durationColumn}, else negative below {skipSeconds} s") + unknownDuration switch
        {
            UnknownDuration.Neither => $", neither where {durationColumn} is 0",
            UnknownDuration.SecondsDecide => $", never positive where {durationColumn} is 0",
            _ => "",
        };
}

internal sealed class WatchedShareRule(float positiveShare, float negativeShare, string shareColumn) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames { get; } = [shareColumn];

    internal override FeedbackExpression Read(int first)
    {
        var share = Quantity.Column(first);
        return NotNegative(first, shareColumn, AtLeast(share, positiveShare, Of(1), AtLeast(share, negativeShare, Of(0), Of(-1))));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"positive where {shareColumn} is at least {positiveShare}, negative below {negativeShare}");
}

internal sealed class RatingRule(float threshold, string ratingColumn) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames { get; } = [ratingColumn];

    internal override FeedbackExpression Read(int first) => AtLeast(Quantity.Column(first), threshold, Of(1), Of(-1));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"positive where {ratingColumn} is at least {threshold}, else negative");
}

internal sealed class FlagsRule(string[] positive, string[] negative, FeedbackRule? otherwise) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames { get; } = [.. negative, .. positive, .. otherwise?.ColumnNames ?? []];

    internal override FeedbackRule Fit(IDataView data) => new FlagsRule(positive, negative, otherwise?.Fit(data));

    internal override FeedbackExpression Read(int first)
    {
        int flags = negative.Length + positive.Length;
        var expression = otherwise?.Read(first + flags) ?? Of(0);
        for (int i = flags - 1; i >= 0; i--)
            expression = AtLeast(Quantity.Column(first + i), float.Epsilon, Of(i < negative.Length ? -1 : 1), expression);
        return expression;
    }

    /// <inheritdoc/>
    public override string ToString() => $"negative where {List(negative)} is set, else positive where {List(positive)} is, else {otherwise?.ToString() ?? "neither"}";

    private static string List(string[] names) => names.Length == 0 ? "nothing" : string.Join(" or ", names);
}

internal sealed class CustomRule(Func<ReadOnlySpan<float>, float> label, string[] columnNames) : FeedbackRule
{
    internal override IReadOnlyList<string> ColumnNames => columnNames;

    internal override FeedbackExpression Read(int first) => OfFunction((evidence, row) =>
    {
        float feedback = label(evidence.Slice(first, columnNames.Length));
        return float.IsNaN(feedback) ? throw new InvalidDataException($"The rule gave NaN for row {row + 1}: its sign is to be the feedback.") : MathF.Sign(feedback);
    });

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

    internal override FeedbackExpression Read(int first)
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
