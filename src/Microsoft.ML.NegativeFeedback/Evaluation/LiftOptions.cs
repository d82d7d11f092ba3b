using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// How engaged a user is: the four groups of CIKM '23, section 3.2.3, which names them and defines none. Here they follow from a log of views, the first that holds,
/// with the boundaries of <see cref="LiftOptions"/>.
/// </summary>
public enum EngagementStage
{
    /// <summary>Fewer than <see cref="LiftOptions.LowActivityViews"/> views in the last <see cref="LiftOptions.WindowDays"/> days of the log.</summary>
    LowActivity,

    /// <summary>Less than <see cref="LiftOptions.GrowthTenureDays"/> days since registration, or since the first view: recently registered users who stay.</summary>
    Growth,

    /// <summary>None of the others: active for long, and not less than before.</summary>
    Maturity,

    /// <summary>Fewer views in the later half of the window than <see cref="LiftOptions.RecessionTrend"/> times those in the earlier half.</summary>
    Recession,
}

/// <summary>
/// The settings of <c>CompareModels</c>. Users are one group unless <see cref="Log"/> or <see cref="GroupColumnName"/> tells their groups, see
/// <see cref="EngagementStage"/>.
/// </summary>
public sealed class LiftOptions
{
    /// <summary>The user of a row in both views, text, number or key. Default "User".</summary>
    public string UserColumnName { get; set; } = "User";

    /// <summary>The names of the K tasks, in the order of the vectors; at least one, each once. Default EVV, FVV and GVV.</summary>
    public IReadOnlyList<string> TaskNames { get; set; } = ["EVV", "FVV", "GVV"];

    /// <summary>The task of positive feedback, by which NDCG is read and whose share on top is better high; null for none. Default "EVV".</summary>
    public string? PositiveTaskName { get; set; } = "EVV";

    /// <summary>The task of negative feedback, whose share on top is better low; null for none. Default "GVV".</summary>
    public string? NegativeTaskName { get; set; } = "GVV";

    /// <summary>The probabilities of the tasks, a vector of Single, [candidates · K], the tasks of a candidate beside each other. Default "Probabilities".</summary>
    public string ProbabilitiesColumnName { get; set; } = "Probabilities";

    /// <summary>What became of the candidates, a vector of Single in the same order, 1 or 0. Default "CandidateFlags".</summary>
    public string FlagsColumnName { get; set; } = "CandidateFlags";

    /// <summary>
    /// What the candidates are ranked by, a vector of Single, [candidates]: higher is better, of equal scores the first is on top; a candidate of −∞, which the model
    /// does not know, is never on top. Default "CandidateScores".
    /// </summary>
    public string ScoreColumnName { get; set; } = "CandidateScores";

    /// <summary>How long the user watched each candidate, in seconds, a vector of Single, [candidates]. Null, the default: not measured.</summary>
    public string? WatchSecondsColumnName { get; set; }

    /// <summary>L: how many candidates on top of a row are recommended, for shares, watch time and NDCG@L; at least 1. Default 10.</summary>
    public int NumberOfRecommendations { get; set; } = 10;

    /// <summary>The group of a user as a column of the baseline's rows, text or key, any group of your own. Null, the default: <see cref="Log"/> tells, if anything.</summary>
    public string? GroupColumnName { get; set; }

    /// <summary>
    /// A log of views with user and time that tells the users' <see cref="EngagementStage"/>, usually what the models were trained on; it is read twice. Users whom it
    /// does not have have no views. Null, the default: all users are one group, unless <see cref="GroupColumnName"/> is set; not both.
    /// </summary>
    public IDataView? Log { get; set; }

    /// <summary>The user in <see cref="Log"/>, with the values of <see cref="UserColumnName"/>. Default "User".</summary>
    public string LogUserColumnName { get; set; } = "User";

    /// <summary>The time in <see cref="Log"/>, Int64 or DateTime. Default "Time".</summary>
    public string LogTimestampColumnName { get; set; } = "Time";

    /// <summary>What one unit of an Int64 time is; above 0. Default one second; logs in milliseconds, as KuaiRand's, need <c>TimeSpan.FromMilliseconds(1)</c>.</summary>
    public TimeSpan LogTimeUnit { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Days from the user's registration to the end of the log, Single and at least 0, as a column of <see cref="Log"/>; the user's last row counts. Null, the default:
    /// days from the user's first view in the log to the log's last.
    /// </summary>
    public string? TenureDaysColumnName { get; set; }

    /// <summary>The window of activity: the last days of the log, above 0. Default 28.</summary>
    public double WindowDays { get; set; } = 28;

    /// <summary>Fewer views than this in the window are low activity; at least 1. Default 20.</summary>
    public int LowActivityViews { get; set; } = 20;

    /// <summary>A shorter tenure than this is growth, in days; at least 0. Default 30.</summary>
    public double GrowthTenureDays { get; set; } = 30;

    /// <summary>
    /// Fewer views in the later half of the window than this times those in the earlier half are recession; at least 0. Default 0.5: the user views less than half as much.
    /// </summary>
    public double RecessionTrend { get; set; } = 0.5;

    /// <summary>B: how often users are drawn anew for the intervals; at least 1. Default 1,000.</summary>
    public int BootstrapCount { get; set; } = 1000;

    /// <summary>The level of the intervals, in (0, 1). Default 0.95.</summary>
    public double ConfidenceLevel { get; set; } = 0.95;

    /// <summary>The seed of the bootstrap. Null, the default: it follows the seed of the <see cref="MLContext"/>.</summary>
    public int? Seed { get; set; }

    /// <summary>Cancels the comparison, which then throws <see cref="OperationCanceledException"/>. Default none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <exception cref="ArgumentException">A name is empty, given twice or no task's, a number is out of its range, groups are told twice.</exception>
    internal void Check()
    {
        Columns.CheckNames(
            (UserColumnName, nameof(UserColumnName)), (ProbabilitiesColumnName, nameof(ProbabilitiesColumnName)), (FlagsColumnName, nameof(FlagsColumnName)),
            (ScoreColumnName, nameof(ScoreColumnName)), (LogUserColumnName, nameof(LogUserColumnName)), (LogTimestampColumnName, nameof(LogTimestampColumnName)));
        if (WatchSecondsColumnName is not null)
            Columns.CheckName(WatchSecondsColumnName, nameof(WatchSecondsColumnName));
        if (GroupColumnName is not null)
            Columns.CheckName(GroupColumnName, nameof(GroupColumnName));
        if (TenureDaysColumnName is not null)
            Columns.CheckName(TenureDaysColumnName, nameof(TenureDaysColumnName));
        if (Log is not null && GroupColumnName is not null)
            throw new ArgumentException($"{nameof(Log)} and {nameof(GroupColumnName)} both tell the users' groups: set one of them.", nameof(GroupColumnName));
        MultiFeedbackEvaluationOptions.CheckTaskNames(TaskNames);
        CheckTask(PositiveTaskName, nameof(PositiveTaskName));
        CheckTask(NegativeTaskName, nameof(NegativeTaskName));
        CheckNumbers();
    }

    private void CheckNumbers()
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(NumberOfRecommendations, nameof(NumberOfRecommendations));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(BootstrapCount, nameof(BootstrapCount));
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(LogTimeUnit, TimeSpan.Zero, nameof(LogTimeUnit));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(LowActivityViews, nameof(LowActivityViews));
        CheckRange(WindowDays, WindowDays > 0 && double.IsFinite(WindowDays), nameof(WindowDays), "above 0");
        CheckRange(GrowthTenureDays, GrowthTenureDays >= 0, nameof(GrowthTenureDays), "at least 0");
        CheckRange(RecessionTrend, RecessionTrend >= 0, nameof(RecessionTrend), "at least 0");
        CheckRange(ConfidenceLevel, ConfidenceLevel is > 0 and < 1, nameof(ConfidenceLevel), "between 0 and 1");
    }

    private void CheckTask(string? task, string parameter)
    {
        if (task is not null && !TaskNames.Contains(task))
            throw new ArgumentException($"There is no task '{task}' among {string.Join(", ", TaskNames)}: name one of them, or null.", parameter);
    }

    private static void CheckRange(double value, bool isRight, string parameter, string expected)
    {
        if (!isRight)
            throw new ArgumentOutOfRangeException(parameter, value, $"{parameter} must be {expected}.");
    }
}
