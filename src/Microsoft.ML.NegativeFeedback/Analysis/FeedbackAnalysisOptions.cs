using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sequences;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>The settings of a <see cref="FeedbackAnalysis"/>.</summary>
public sealed class FeedbackAnalysisOptions
{
    /// <summary>The user's column: text, number or key. Default "User".</summary>
    public string UserColumnName { get; set; } = "User";

    /// <summary>The item's column: text, number or key. Default "Item".</summary>
    public string ItemColumnName { get; set; } = "Item";

    /// <summary>The column of the time, Int64 or DateTime; ties keep the log's order. Null: the log is in the order of time. Default "Time".</summary>
    public string? TimestampColumnName { get; set; } = "Time";

    /// <summary>The column of the feedback, Single: +1, −1 or 0. Default "Feedback".</summary>
    public string FeedbackColumnName { get; set; } = "Feedback";

    /// <summary>
    /// A column that tells where a user said so explicitly ("not interested", "hate"): Boolean, or Single of 1 and 0. Null, the default,
    /// where there is none; every −1 is then taken for a passive skip.
    /// </summary>
    public string? ActiveNegativeColumnName { get; set; }

    /// <summary>
    /// The columns of an item's categories, coarse to fine, of any scalar type, with the same values in every row of an item. Default
    /// none: then only the kinds of feedback are counted.
    /// </summary>
    public IReadOnlyList<string> CategoryColumnNames { get; set; } = [];

    /// <summary>
    /// How many places before a liked item its skip may lie at most; 1 pairs only with the item just before. At least 1. Default
    /// <see cref="int.MaxValue"/>: the nearest skip before it, however far.
    /// </summary>
    public int MaximumDistance { get; set; } = int.MaxValue;

    /// <summary>The seed of the random pairs. Null, the default: it follows the seed of the <see cref="MLContext"/>.</summary>
    public int? Seed { get; set; }

    /// <summary>Cancels reading the log, which then throws <see cref="OperationCanceledException"/>. Default none.</summary>
    public CancellationToken CancellationToken { get; set; }

    internal InteractionColumnNames LogColumns => new(UserColumnName, ItemColumnName, TimestampColumnName, FeedbackColumnName, [], []);

    /// <exception cref="ArgumentException">The name of a column is empty or given twice among the categories, the distance is below 1.</exception>
    internal void Check()
    {
        Columns.CheckNames(CategoryColumnNames, nameof(CategoryColumnNames));
        Columns.CheckNames((UserColumnName, nameof(UserColumnName)), (ItemColumnName, nameof(ItemColumnName)), (FeedbackColumnName, nameof(FeedbackColumnName)));
        if (TimestampColumnName is not null)
            Columns.CheckName(TimestampColumnName, nameof(TimestampColumnName));
        if (ActiveNegativeColumnName is not null)
            Columns.CheckName(ActiveNegativeColumnName, nameof(ActiveNegativeColumnName));
        if (CategoryColumnNames.GroupBy(name => name).FirstOrDefault(names => names.Count() > 1) is { } twice)
            throw new ArgumentException($"Column '{twice.Key}' is named twice in {nameof(CategoryColumnNames)}.");
        if (MaximumDistance < 1)
            throw new ArgumentOutOfRangeException(nameof(MaximumDistance), MaximumDistance, $"{nameof(MaximumDistance)} must be at least 1.");
    }
}
