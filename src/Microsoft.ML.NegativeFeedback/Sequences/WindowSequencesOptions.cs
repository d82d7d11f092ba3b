using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sequences;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Which columns <see cref="WindowSequencesEstimator"/> reads and writes, how long sequences may be, and which users it keeps.
/// </summary>
public sealed class WindowSequencesOptions
{
    /// <summary>The user's column: text, number or key. It keeps its name and type. Default "User".</summary>
    public string UserColumnName { get; set; } = "User";

    /// <summary>The item's column: text, number or key. Default "Item".</summary>
    public string ItemColumnName { get; set; } = "Item";

    /// <summary>
    /// The column of the time, Int64 or DateTime; a user's interactions are put into its order, those of one time stay in the log's.
    /// Null: the log's own order is right. Default "Time".
    /// </summary>
    public string? TimestampColumnName { get; set; } = "Time";

    /// <summary>The column of the feedback, Single: +1, −1 or 0. Default "Feedback".</summary>
    public string FeedbackColumnName { get; set; } = "Feedback";

    /// <summary>Output column of the items, a variable vector, oldest first. Default "Items".</summary>
    public string ItemsColumnName { get; set; } = "Items";

    /// <summary>Output column of the items' feedback, a variable vector of Single. Default "Feedback".</summary>
    public string FeedbackSequenceColumnName { get; set; } = "Feedback";

    /// <summary>
    /// Output column of the items' times, a variable vector of Int64 as the log has them (of DateTime, milliseconds since 1970, UTC).
    /// Null, the default: no such column.
    /// </summary>
    public string? TimesColumnName { get; set; }

    /// <summary>Columns of the log to keep beside the user, of any type: the first value of every user. Default none.</summary>
    public IReadOnlyList<string> PassThroughColumnNames { get; set; } = [];

    /// <summary>
    /// Further columns of the log to keep beside every item: Single, Int64, a key stored as UInt32, or a vector of Single of one size w. Each becomes a
    /// variable vector under its own name, oldest first: a value an item, of a vector w values an item, [length, w] row by row. Keys keep their
    /// KeyValues. Default none.
    /// </summary>
    public IReadOnlyList<string> SequenceColumnNames { get; set; } = [];

    /// <summary>Longest sequence, counted over all interactions; the latest are kept. 0, the default: no limit.</summary>
    public int MaximumLength { get; set; }

    /// <summary>
    /// Longest sequence of each feedback: the last so many positives, the last so many negatives and the last so many that are neither
    /// are kept, in their real order (PNFRec, section 3: "the last l positive and last l negative items"). 0, the default: no limit.
    /// Not together with <see cref="MaximumLength"/>.
    /// </summary>
    public int MaximumLengthPerFeedback { get; set; }

    /// <summary>
    /// With 1 or more, a user gets windows of <see cref="MaximumLength"/> interactions that end at the latest one and this many, twice
    /// this many, … before it, oldest window first, until one begins at the user's first interaction. At most
    /// <see cref="MaximumLength"/>, so that every interaction is in a window. 0, the default: one row a user.
    /// </summary>
    public int Stride { get; set; }

    /// <summary>Least number of a user's interactions, before any limit; users with fewer are left out. Default 1.</summary>
    public int MinimumInteractionCount { get; set; } = 1;

    /// <summary>Least number of a user's positives; users with fewer are left out. Default 0.</summary>
    public int MinimumPositiveCount { get; set; }

    /// <summary>Least number of a user's negatives; users with fewer are left out. Default 0.</summary>
    public int MinimumNegativeCount { get; set; }

    /// <summary>Cancels reading the log, which then throws <see cref="OperationCanceledException"/>. Default none.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal InteractionColumnNames LogColumns
        => new(UserColumnName, ItemColumnName, TimestampColumnName, FeedbackColumnName, PassThroughColumnNames, SequenceColumnNames);

    /// <summary>A copy that later changes do not reach.</summary>
    /// <exception cref="ArgumentException">Some option is out of range or contradicts another.</exception>
    internal WindowSequencesOptions Checked()
    {
        Columns.CheckNames(
            (UserColumnName, nameof(UserColumnName)), (ItemColumnName, nameof(ItemColumnName)), (TimestampColumnName ?? UserColumnName, nameof(TimestampColumnName)),
            (FeedbackColumnName, nameof(FeedbackColumnName)), (ItemsColumnName, nameof(ItemsColumnName)), (FeedbackSequenceColumnName, nameof(FeedbackSequenceColumnName)),
            (TimesColumnName ?? ItemsColumnName, nameof(TimesColumnName)));
        Columns.CheckNames(PassThroughColumnNames, nameof(PassThroughColumnNames));
        Columns.CheckNames(SequenceColumnNames, nameof(SequenceColumnNames));
        SequenceColumns.RequireDistinctNames(
            [UserColumnName, ItemsColumnName, FeedbackSequenceColumnName, TimesColumnName, .. SequenceColumnNames, .. PassThroughColumnNames]);
        if (TimesColumnName is not null && TimestampColumnName is null)
            throw new ArgumentException($"{nameof(TimesColumnName)} '{TimesColumnName}' needs {nameof(TimestampColumnName)}.");

        RequireNotNegative(MaximumLength, nameof(MaximumLength));
        RequireNotNegative(MaximumLengthPerFeedback, nameof(MaximumLengthPerFeedback));
        RequireNotNegative(Stride, nameof(Stride));
        RequireNotNegative(MinimumInteractionCount, nameof(MinimumInteractionCount));
        RequireNotNegative(MinimumPositiveCount, nameof(MinimumPositiveCount));
        RequireNotNegative(MinimumNegativeCount, nameof(MinimumNegativeCount));
        if (MaximumLength > 0 && MaximumLengthPerFeedback > 0)
            throw new ArgumentException($"Set {nameof(MaximumLength)} or {nameof(MaximumLengthPerFeedback)}, not both.");
        if (Stride > MaximumLength)
        {
            throw new ArgumentOutOfRangeException(nameof(Stride), Stride,
                $"{nameof(Stride)} must be at most {nameof(MaximumLength)}, {MaximumLength}: windows would leave interactions out.");
        }

        var copy = (WindowSequencesOptions)MemberwiseClone();
        copy.PassThroughColumnNames = [.. PassThroughColumnNames];
        copy.SequenceColumnNames = [.. SequenceColumnNames];
        return copy;
    }

    private static void RequireNotNegative(int value, string name)
    {
        if (value < 0)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 0.");
    }
}
