using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sequences;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// The settings of the leave-last-out split of Pan et al. 2023 (SINE, section 5.1 and the published code); the defaults are theirs, but for
/// <see cref="MaximumPositiveCount"/>, which their code sets by its parameter max_len. <see cref="NumberOfLastViews"/> gives rows of another kind.
/// </summary>
public sealed class LeaveLastOutOptions
{
    /// <summary>The user's column: text, number or key. Default "User".</summary>
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

    /// <summary>Columns of the log to keep beside the user, of any type: the first value of every user. Default none.</summary>
    public IReadOnlyList<string> PassThroughColumnNames { get; set; } = [];

    /// <summary>
    /// Further columns of the log to keep beside every item: Single, Int64, a key stored as UInt32, or a vector of Single of one size w. Each becomes a
    /// variable vector under its own name, oldest first: a value an item, of a vector w values an item, [length, w] row by row. Keys keep their
    /// KeyValues. What the candidates have stands beside them as Candidate and the name ([candidates · w], in
    /// their order), what the target has, in evaluation rows, as Target and the name: a scalar, or a vector of w. Default none.
    /// </summary>
    public IReadOnlyList<string> SequenceColumnNames { get; set; } = [];

    /// <summary>
    /// Least number of a user's positives; users with fewer are left out. At least 3, the default: one to train on, one to validate and one to test.
    /// </summary>
    public int MinimumPositiveCount { get; set; } = 3;

    /// <summary>
    /// The last so many positives of a user are kept, both targets included; a history that is cut off begins with the first of them. So rows of
    /// training and validation hold at most two positives fewer, rows of the test one. At least 3; 0, the default: no limit.
    /// </summary>
    public int MaximumPositiveCount { get; set; }

    /// <summary>
    /// n: instead of the last positives and the skips around them, the last n interactions of a user, of all kinds and in their order, are the candidates to test, the n
    /// before them those to validate; the history of each is everything before them. Users with fewer than 2n + 2 interactions are trained on alone, with all of them; how
    /// many were liked does not matter, so that <see cref="MinimumPositiveCount"/> and <see cref="MaximumPositiveCount"/> have to stay as they are. These are the rows of a
    /// ranker that foretells every kind of feedback (<c>Trainers.MultiFeedback</c>). At least 0; 0, the default: the split of SINE.
    /// </summary>
    public int NumberOfLastViews { get; set; }

    /// <summary>Output column of a history's items, a variable vector, oldest first. Default "Items".</summary>
    public string ItemsColumnName { get; set; } = "Items";

    /// <summary>Output column of the items' feedback, a variable vector of Single. Default "Feedback".</summary>
    public string FeedbackSequenceColumnName { get; set; } = "Feedback";

    /// <summary>
    /// Output column of the items' times, a variable vector of Int64 as the log has them (of DateTime, milliseconds since 1970, UTC). Default "Times";
    /// null: no such column, nor is there one without <see cref="TimestampColumnName"/>.
    /// </summary>
    public string? TimesColumnName { get; set; } = "Times";

    /// <summary>Output column of the items to rank, a variable vector. Default "Candidates".</summary>
    public string CandidatesColumnName { get; set; } = "Candidates";

    /// <summary>Output column of the candidates' labels, a variable vector of Single: 1 liked, 0 not. Default "CandidateLabels".</summary>
    public string CandidateLabelsColumnName { get; set; } = "CandidateLabels";

    /// <summary>Output column of the liked candidate, or of the first of the last views, in evaluation rows. Default "TargetItem".</summary>
    public string TargetItemColumnName { get; set; } = "TargetItem";

    /// <summary>Output column of that item's feedback, +1 throughout where it is the liked one, in evaluation rows. Default "TargetFeedback".</summary>
    public string TargetFeedbackColumnName { get; set; } = "TargetFeedback";

    /// <summary>
    /// Output column of that item's time, Int64 in the unit of <see cref="TimesColumnName"/>, in evaluation rows; there where that column is. Default
    /// "TargetTime".
    /// </summary>
    public string TargetTimeColumnName { get; set; } = "TargetTime";

    /// <summary>Cancels reading the log, which then throws <see cref="OperationCanceledException"/>. Default none.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal string? OutputTimesColumnName => TimestampColumnName is null ? null : TimesColumnName;

    internal string? OutputTargetTimeColumnName => OutputTimesColumnName is null ? null : TargetTimeColumnName;

    internal InteractionColumnNames LogColumns
        => new(UserColumnName, ItemColumnName, TimestampColumnName, FeedbackColumnName, PassThroughColumnNames, SequenceColumnNames);

    /// <exception cref="ArgumentException">Some option is out of range or contradicts another.</exception>
    internal void Check()
    {
        Columns.CheckNames(
            (UserColumnName, nameof(UserColumnName)), (ItemColumnName, nameof(ItemColumnName)), (TimestampColumnName ?? UserColumnName, nameof(TimestampColumnName)),
            (FeedbackColumnName, nameof(FeedbackColumnName)), (ItemsColumnName, nameof(ItemsColumnName)), (FeedbackSequenceColumnName, nameof(FeedbackSequenceColumnName)),
            (TimesColumnName ?? UserColumnName, nameof(TimesColumnName)), (CandidatesColumnName, nameof(CandidatesColumnName)),
            (CandidateLabelsColumnName, nameof(CandidateLabelsColumnName)), (TargetItemColumnName, nameof(TargetItemColumnName)),
            (TargetFeedbackColumnName, nameof(TargetFeedbackColumnName)), (TargetTimeColumnName, nameof(TargetTimeColumnName)));
        Columns.CheckNames(PassThroughColumnNames, nameof(PassThroughColumnNames));
        Columns.CheckNames(SequenceColumnNames, nameof(SequenceColumnNames));
        var outputs = new[]
        {
            UserColumnName, ItemsColumnName, FeedbackSequenceColumnName, CandidatesColumnName, CandidateLabelsColumnName, TargetItemColumnName,
            TargetFeedbackColumnName,
        };
        SequenceColumns.RequireDistinctNames(
        [
            .. outputs, OutputTimesColumnName, OutputTargetTimeColumnName, .. PassThroughColumnNames, .. SequenceColumnNames,
            .. SequenceColumnNames.Select(SequenceColumns.NameOfTarget), .. SequenceColumnNames.Select(SequenceColumns.NameOfCandidates),
        ]);

        RequireThree(MinimumPositiveCount, nameof(MinimumPositiveCount), isOptional: false);
        RequireThree(MaximumPositiveCount, nameof(MaximumPositiveCount), isOptional: true);
        ArgumentOutOfRangeException.ThrowIfNegative(NumberOfLastViews, nameof(NumberOfLastViews));
        if (NumberOfLastViews > 0 && (MinimumPositiveCount, MaximumPositiveCount) != (3, 0))
        {
            throw new ArgumentException($"{nameof(NumberOfLastViews)} takes views of all kinds: leave {nameof(MinimumPositiveCount)} at 3 and {nameof(MaximumPositiveCount)} at 0, "
                + "or leave it at 0 for the split by positives.");
        }
    }

    private static void RequireThree(int value, string name, bool isOptional)
    {
        if (value < 3 && !(isOptional && value == 0))
        {
            throw new ArgumentOutOfRangeException(name, value,
                $"{name} must be at least 3{(isOptional ? ", or 0 for no limit" : "")}: one positive to train on, one to validate and one to test.");
        }
    }
}
