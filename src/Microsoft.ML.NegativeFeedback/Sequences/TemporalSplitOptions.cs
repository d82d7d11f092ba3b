using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sequences;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// The settings of the temporal split of Ivanova et al. 2025 (PNFRec, section 4.3 and the published notebooks); the defaults are
/// theirs.
/// </summary>
public sealed class TemporalSplitOptions
{
    /// <summary>The user's column: text, number or key. Default "User".</summary>
    public string UserColumnName { get; set; } = "User";

    /// <summary>The item's column: text, number or key. Default "Item".</summary>
    public string ItemColumnName { get; set; } = "Item";

    /// <summary>The column of the time, Int64 or DateTime. Default "Time".</summary>
    public string TimestampColumnName { get; set; } = "Time";

    /// <summary>The column of the feedback, Single: +1, −1 or 0. Default "Feedback".</summary>
    public string FeedbackColumnName { get; set; } = "Feedback";

    /// <summary>Columns of the log to keep in the evaluation rows, of any type: the first value of every user. Default none.</summary>
    public IReadOnlyList<string> PassThroughColumnNames { get; set; } = [];

    /// <summary>
    /// Further columns of the log to keep beside every item of the evaluation rows: Single, Int64, a key stored as UInt32, or a vector of Single of one size w. Each becomes a
    /// variable vector under its own name, oldest first: a value an item, of a vector w values an item, [length, w] row by row. Keys keep their
    /// KeyValues. What the target has stands beside it as Target and the name: a scalar, or a vector of w. Default none.
    /// </summary>
    public IReadOnlyList<string> SequenceColumnNames { get; set; } = [];

    /// <summary>
    /// The quantile of the timestamps at which the held-out part begins, above 0 and below 1; of two timestamps the nearer, half-way the
    /// one of even rank. Default 0.9.
    /// </summary>
    public double BoundaryQuantile { get; set; } = 0.9;

    /// <summary>Least number of distinct users of an item; items with fewer are left out. Default 5.</summary>
    public int MinimumItemCount { get; set; } = 5;

    /// <summary>
    /// Least number of distinct items of a user, counted once the rare items are out; users with fewer are left out. Default 5.
    /// </summary>
    public int MinimumUserCount { get; set; } = 5;

    /// <summary>
    /// Least number of positives of a user before the boundary, and of an evaluated user from the boundary on as well. Users with fewer
    /// before it are left out of training too. Default 2.
    /// </summary>
    public int MinimumPositiveCount { get; set; } = 2;

    /// <summary>
    /// The validation users, as text (numbers in the invariant culture; of a key its value), where a published split is to be repeated.
    /// Null, the default: every held-out user that is no test user. Empty: there is to be no validation set.
    /// </summary>
    public IReadOnlyCollection<string>? ValidationUsers { get; set; }

    /// <summary>
    /// The test users, as text. Null, the default: <see cref="TestShare"/> of the held-out users, drawn by <see cref="Seed"/>.
    /// </summary>
    public IReadOnlyCollection<string>? TestUsers { get; set; }

    /// <summary>
    /// Share of the held-out users that are drawn for the test, rounded up; 0, for no test set, to 1, for no validation set. Default 0.5. Unused
    /// where users are given.
    /// </summary>
    public double TestShare { get; set; } = 0.5;

    /// <summary>The seed of that draw. Null, the default: it follows the seed of the <see cref="MLContext"/>.</summary>
    public int? Seed { get; set; }

    /// <summary>Output column of a history's items. Default "Items".</summary>
    public string ItemsColumnName { get; set; } = "Items";

    /// <summary>Output column of a history's feedback. Default "Feedback".</summary>
    public string FeedbackSequenceColumnName { get; set; } = "Feedback";

    /// <summary>
    /// Output column of the times of a history's items, a variable vector of Int64 as the log has them (of DateTime, milliseconds since 1970, UTC).
    /// Null, the default: no such column.
    /// </summary>
    public string? TimesColumnName { get; set; }

    /// <summary>Output column of the item that came next. Default "TargetItem".</summary>
    public string TargetItemColumnName { get; set; } = "TargetItem";

    /// <summary>Output column of that item's feedback. Default "TargetFeedback".</summary>
    public string TargetFeedbackColumnName { get; set; } = "TargetFeedback";

    /// <summary>
    /// Output column of that item's time, Int64 in the unit of <see cref="TimesColumnName"/>; there where that column is. Default "TargetTime".
    /// </summary>
    public string TargetTimeColumnName { get; set; } = "TargetTime";

    /// <summary>Cancels reading the log, which then throws <see cref="OperationCanceledException"/>. Default none.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal string? OutputTargetTimeColumnName => TimesColumnName is null ? null : TargetTimeColumnName;

    internal bool AsksForValidation => TestUsers is null ? TestShare < 1 : ValidationUsers is null or { Count: > 0 };

    internal bool AsksForTest => TestUsers is not null || TestShare > 0;

    internal InteractionColumnNames LogColumns
        => new(UserColumnName, ItemColumnName, TimestampColumnName, FeedbackColumnName, PassThroughColumnNames, SequenceColumnNames);

    /// <exception cref="ArgumentException">Some option is out of range or contradicts another.</exception>
    internal void Check()
    {
        Columns.CheckNames(
            (UserColumnName, nameof(UserColumnName)), (ItemColumnName, nameof(ItemColumnName)), (TimestampColumnName, nameof(TimestampColumnName)),
            (FeedbackColumnName, nameof(FeedbackColumnName)), (ItemsColumnName, nameof(ItemsColumnName)), (FeedbackSequenceColumnName, nameof(FeedbackSequenceColumnName)),
            (TimesColumnName ?? UserColumnName, nameof(TimesColumnName)), (TargetItemColumnName, nameof(TargetItemColumnName)),
            (TargetFeedbackColumnName, nameof(TargetFeedbackColumnName)), (TargetTimeColumnName, nameof(TargetTimeColumnName)));
        Columns.CheckNames(PassThroughColumnNames, nameof(PassThroughColumnNames));
        Columns.CheckNames(SequenceColumnNames, nameof(SequenceColumnNames));
        string[] outputs =
        [
            UserColumnName, ItemsColumnName, FeedbackSequenceColumnName, TargetItemColumnName, TargetFeedbackColumnName, .. PassThroughColumnNames,
            .. SequenceColumnNames,
        ];
        SequenceColumns.RequireDistinctNames(
            [.. outputs, TimesColumnName, OutputTargetTimeColumnName, .. SequenceColumnNames.Select(SequenceColumns.NameOfTarget)]);

        if (!(BoundaryQuantile > 0 && BoundaryQuantile < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(BoundaryQuantile), BoundaryQuantile, $"{nameof(BoundaryQuantile)} must be above 0 and below 1.");
        }

        if (!(TestShare >= 0 && TestShare <= 1))
            throw new ArgumentOutOfRangeException(nameof(TestShare), TestShare, $"{nameof(TestShare)} must be between 0 and 1.");
        RequireNotNegative(MinimumItemCount, nameof(MinimumItemCount));
        RequireNotNegative(MinimumUserCount, nameof(MinimumUserCount));
        RequireNotNegative(MinimumPositiveCount, nameof(MinimumPositiveCount));
        if (TestUsers is { Count: 0 })
        {
            throw new ArgumentException($"{nameof(TestUsers)} is empty: name a user of the log, leave it null to draw users by {nameof(TestShare)}, or set {nameof(TestShare)} to 0 "
                + "for no test set.", nameof(TestUsers));
        }

        if (ValidationUsers is not null && TestUsers is null)
            throw new ArgumentException($"{nameof(ValidationUsers)} are given alone: give {nameof(TestUsers)} too.");
        if (ValidationUsers is not null && ValidationUsers.Intersect(TestUsers!).FirstOrDefault() is { } both)
            throw new ArgumentException($"User '{both}' is in {nameof(ValidationUsers)} and in {nameof(TestUsers)}.");
    }

    private static void RequireNotNegative(int value, string name)
    {
        if (value < 0)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 0.");
    }
}
