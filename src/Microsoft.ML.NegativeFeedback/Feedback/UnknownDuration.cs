namespace Microsoft.ML.NegativeFeedback;

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
