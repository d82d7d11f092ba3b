using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Feedback;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// How the evidence of an interaction (watch time, watched share, rating) becomes feedback: +1 positive, −1 negative, 0 neither.
/// All evidence columns are Single, scalars of an interaction or all of them vectors of a history's, which give a vector of feedback; a value that is not finite, and a negative time or
/// share that a rule looks at, is an error that names column and row.
/// </summary>
public abstract class FeedbackRule
{
    private protected FeedbackRule()
    {
    }

    /// <summary>
    /// Watch time: positive where at least <paramref name="positiveShare"/> of the duration was watched; else negative where less than
    /// <paramref name="skipSeconds"/> were; else neither. Where the duration is zero (live streams, missing values) the share is
    /// unknown: by default such a row is an error, and <paramref name="unknownDuration"/> says what else it can be.
    /// </summary>
    /// <param name="positiveShare">Share of the duration, above 0 and at most 1,000,000; above 1 asks for a second viewing. Default 0.5.</param>
    /// <param name="skipSeconds">Seconds, at least 0; 0 makes nothing negative. Default 3.</param>
    /// <param name="watchSecondsColumnName">Column of the seconds watched. Default "WatchSeconds".</param>
    /// <param name="durationSecondsColumnName">Column of the video's duration in seconds. Default "DurationSeconds".</param>
    /// <param name="unknownDuration">What a row is whose duration is zero. Default <see cref="UnknownDuration.Refuse"/>.</param>
    /// <exception cref="ArgumentException">A share or time is out of range, or a column name is empty.</exception>
    public static FeedbackRule WatchTime(
        double positiveShare = 0.5,
        double skipSeconds = 3,
        string watchSecondsColumnName = "WatchSeconds",
        string durationSecondsColumnName = "DurationSeconds",
        UnknownDuration unknownDuration = UnknownDuration.Refuse)
    {
        if (!(positiveShare > 0 && positiveShare <= 1e6))
            throw new ArgumentOutOfRangeException(nameof(positiveShare), positiveShare, "positiveShare must be above 0 and at most 1,000,000.");
        RequireNotNegative(skipSeconds, nameof(skipSeconds));
        if (!Enum.IsDefined(unknownDuration))
            throw new ArgumentOutOfRangeException(nameof(unknownDuration), unknownDuration, "unknownDuration is none of its values.");
        return new WatchTimeRule(
            positiveShare, (float)skipSeconds, unknownDuration,
            Columns.CheckName(watchSecondsColumnName, nameof(watchSecondsColumnName)),
            Columns.CheckName(durationSecondsColumnName, nameof(durationSecondsColumnName)));
    }

    /// <summary>
    /// Watched share with two thresholds: positive from <paramref name="positiveShare"/> on, negative below
    /// <paramref name="negativeShare"/>, neither between them.
    /// </summary>
    /// <param name="positiveShare">In the unit of the column (0 to 1, or per cent). Default 0.5.</param>
    /// <param name="negativeShare">In the same unit, at least 0 and at most <paramref name="positiveShare"/>. Default 0.1.</param>
    /// <param name="watchedShareColumnName">Column of the share watched. Default "WatchedShare".</param>
    /// <exception cref="ArgumentException">A threshold is out of range, or the column name is empty.</exception>
    public static FeedbackRule WatchedShare(
        double positiveShare = 0.5, double negativeShare = 0.1, string watchedShareColumnName = "WatchedShare")
    {
        RequireNotNegative(positiveShare, nameof(positiveShare));
        RequireNotNegative(negativeShare, nameof(negativeShare));
        if (negativeShare > positiveShare)
        {
            throw new ArgumentOutOfRangeException(
                nameof(negativeShare), negativeShare,
                string.Create(CultureInfo.InvariantCulture, $"negativeShare must be at most positiveShare, {positiveShare}."));
        }

        return new WatchedShareRule(
            (float)positiveShare, (float)negativeShare, Columns.CheckName(watchedShareColumnName, nameof(watchedShareColumnName)));
    }

    /// <summary>Rating: positive from <paramref name="threshold"/> on, negative below it.</summary>
    /// <param name="threshold">The lowest positive rating; 4 for MovieLens-1M.</param>
    /// <param name="ratingColumnName">Column of the rating. Default "Rating".</param>
    /// <exception cref="ArgumentException">The threshold is not finite, or the column name is empty.</exception>
    public static FeedbackRule Rating(double threshold, string ratingColumnName = "Rating")
    {
        // a rating of 3.6 is read as the Single next to it, and so the threshold is
        if (!float.IsFinite((float)threshold))
            throw new ArgumentOutOfRangeException(nameof(threshold), threshold, "threshold must be a finite number that a Single can hold.");
        return new RatingRule((float)threshold, Columns.CheckName(ratingColumnName, nameof(ratingColumnName)));
    }

    /// <summary>
    /// Rating, with the median of the data as the threshold (PNFRec, section 4.1): <see cref="LabelFeedbackEstimator.Fit"/> reads it
    /// off all rows. Of an even number of rows it is the mean of the middle two. On MovieLens-1M it is 4.
    /// </summary>
    /// <param name="ratingColumnName">Column of the rating. Default "Rating".</param>
    /// <exception cref="ArgumentException">The column name is empty.</exception>
    public static FeedbackRule RatingMedian(string ratingColumnName = "Rating")
        => new RatingMedianRule(Columns.CheckName(ratingColumnName, nameof(ratingColumnName)));

    /// <summary>
    /// Flags of explicit feedback, as short-video logs have them: negative where a flag of <paramref name="negativeColumnNames"/> is set, whatever else was said of the item; else positive
    /// where one of <paramref name="positiveColumnNames"/> is; else what another rule makes of the row.
    /// </summary>
    /// <param name="positiveColumnNames">Columns that are above 0 where the item was liked, followed, forwarded, …; may be empty.</param>
    /// <param name="negativeColumnNames">Columns that are above 0 where it was hated, reported, …; may be empty, but not both.</param>
    /// <param name="otherwise">The rule of rows without a flag, for instance <see cref="WatchTime"/>; null: they are neither.</param>
    /// <exception cref="ArgumentException">There is no column, a name is empty, or a column stands on both sides.</exception>
    public static FeedbackRule Flags(IEnumerable<string> positiveColumnNames, IEnumerable<string> negativeColumnNames, FeedbackRule? otherwise = null)
    {
        ArgumentNullException.ThrowIfNull(positiveColumnNames);
        ArgumentNullException.ThrowIfNull(negativeColumnNames);
        string[] positive = [.. positiveColumnNames.Select(name => Columns.CheckName(name, nameof(positiveColumnNames)))];
        string[] negative = [.. negativeColumnNames.Select(name => Columns.CheckName(name, nameof(negativeColumnNames)))];
        if (positive.Length + negative.Length == 0)
            throw new ArgumentException("A rule of flags needs a column of flags.", nameof(positiveColumnNames));
        if (positive.Intersect(negative).FirstOrDefault() is { } both)
            throw new ArgumentException($"Column '{both}' is to be positive and negative feedback.", nameof(negativeColumnNames));
        return new FlagsRule(positive, negative, otherwise);
    }

    /// <summary>A rule of one's own.</summary>
    /// <param name="label">
    /// A row's values of the columns, in their order and finite → a number whose sign is the feedback: above 0 positive, below 0 negative, 0 neither. It is called from any thread.
    /// </param>
    /// <param name="columnNames">The evidence columns, at least one.</param>
    /// <exception cref="ArgumentException">There is no column, or a name is empty.</exception>
    /// <example>
    /// <code>
    /// var rule = FeedbackRule.Custom(row => row[0] > 30 ? 1 : row[1] > 0 ? -1 : 0, "WatchSeconds", "Hate");
    /// </code>
    /// </example>
    public static FeedbackRule Custom(Func<ReadOnlySpan<float>, float> label, params IEnumerable<string> columnNames)
    {
        ArgumentNullException.ThrowIfNull(label);
        ArgumentNullException.ThrowIfNull(columnNames);
        string[] names = [.. columnNames.Select(name => Columns.CheckName(name, nameof(columnNames)))];
        return names.Length > 0 ? new CustomRule(label, names) : throw new ArgumentException("A rule needs a column to read.", nameof(columnNames));
    }

    /// <summary>The evidence columns, Single scalars or vectors.</summary>
    internal abstract IReadOnlyList<string> ColumnNames { get; }

    /// <summary>The rule with everything known that has to be learned from data.</summary>
    internal virtual FeedbackRule Fit(IDataView data) => this;

    /// <summary>What the rule makes of the values of <see cref="ColumnNames"/>, finite, that stand from a place on.</summary>
    internal abstract FeedbackExpression Read(int first);

    /// <summary>The same of any values: those that are not finite are refused.</summary>
    internal FeedbackExpression Expression()
    {
        var expression = Read(0);
        for (int i = ColumnNames.Count - 1; i >= 0; i--)
        {
            var refused = Unfit(i, ColumnNames[i], "a number");
            expression = FeedbackExpression.AtLeast(FeedbackExpression.Quantity.Column(i), float.MinValue,
                FeedbackExpression.AtLeast(float.MaxValue, FeedbackExpression.Quantity.Column(i), expression, refused), refused);
        }

        return expression;
    }

    /// <summary>The columns of a schema: scalars, or vectors where the first is one.</summary>
    /// <exception cref="ArgumentException">One is missing or of another type.</exception>
    internal DataViewSchema.Column[] RequireColumns(DataViewSchema schema)
    {
        bool areVectors = schema.GetColumnOrNull(ColumnNames[0])?.Type is VectorDataViewType;
        return [.. ColumnNames.Select(name => Columns.Require(schema, name, type => areVectors ? ColumnTypes.IsSingleVector(type) : type == NumberDataViewType.Single, Expected(areVectors)))];
    }

    /// <summary>The same of a shape.</summary>
    /// <returns>The kind of the first.</returns>
    /// <exception cref="ArgumentException">One is missing or of another kind.</exception>
    internal SchemaShape.Column.VectorKind RequireColumns(SchemaShape shape)
    {
        bool areVectors = shape.Any(column => column.Name == ColumnNames[0] && column.Kind != SchemaShape.Column.VectorKind.Scalar);
        foreach (string name in ColumnNames)
        {
            Columns.Require(shape, name, column => !column.IsKey && column.ItemType == NumberDataViewType.Single
                && (column.Kind != SchemaShape.Column.VectorKind.Scalar) == areVectors, Expected(areVectors));
        }

        return SchemaShapes.Find(shape, ColumnNames[0])!.Value.Kind;
    }

    private static string Expected(bool isVector) => isVector ? "a vector of Single" : "a Single scalar";

    /// <exception cref="InvalidDataException">The value is not finite.</exception>
    internal static void RequireFinite(float value, string column, long row)
    {
        if (!float.IsFinite(value))
            throw Unfit(value, column, row, "a number");
    }

    private protected static FeedbackExpression NotNegative(int column, string name, FeedbackExpression expression)
        => FeedbackExpression.AtLeast(FeedbackExpression.Quantity.Column(column), 0, expression, Unfit(column, name, "0 or more"));

    private static FeedbackExpression Unfit(int column, string name, string expected)
        => FeedbackExpression.Refuse((row, evidence) => Unfit(evidence[column], name, row, expected).Message, $"Column '{name}' has a value that is not {expected}");

    private static InvalidDataException Unfit(float value, string column, long row, string expected) => new(string.Create(
        CultureInfo.InvariantCulture, $"Column '{column}' is {value} in row {row + 1}: expected {expected}; filter such rows out first."));

    private static void RequireNotNegative(double value, string parameter)
    {
        if (!(value >= 0 && float.IsFinite((float)value)))
            throw new ArgumentOutOfRangeException(parameter, value, $"{parameter} must be a finite number of at least 0 that a Single can hold.");
    }
}

/// <summary>
/// What <see cref="FeedbackRule.WatchTime"/> makes of a row whose duration is zero. Logs write zero where they do not know it, for live
/// streams and photographs for instance (18 % of the rows of a KuaiRand subset), and the share watched is unknown then.
/// </summary>
public enum UnknownDuration
{
    /// <summary>
    /// The row is an error, <see cref="InvalidDataException"/>, that names it when it is read; <c>Data.FilterRowsByColumn(log, "DurationSeconds",
    /// lowerBound: float.Epsilon)</c> leaves such rows out.
    /// </summary>
    Refuse,

    /// <summary>Feedback 0: the row stays in its user's history, as neither liked nor disliked.</summary>
    Neither,

    /// <summary>Negative below the seconds of a skip, else neither. No such row can be positive, so that what it leaves is no fair sample.</summary>
    SecondsDecide,
}
