using System.Globalization;
using System.Text;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>The settings of <c>EvaluateMultiFeedback</c>. K is the number of tasks.</summary>
public sealed class MultiFeedbackEvaluationOptions
{
    /// <summary>
    /// The names of the K tasks, in the order in which the vectors have them; at least one, each once. Default EVV, FVV and GVV: engaged, focused and glance video
    /// viewing (CIKM '23, table 1).
    /// </summary>
    public IReadOnlyList<string> TaskNames { get; set; } = ["EVV", "FVV", "GVV"];

    /// <summary>The probability of every task for each candidate: a vector of Single, [candidates · K], the tasks of a candidate beside each other, in [0, 1].
    /// Default "Probabilities".</summary>
    public string ProbabilitiesColumnName { get; set; } = "Probabilities";

    /// <summary>What became of the candidates: a vector of Single in the same order, 1 where the task's feedback was given and 0 where it was not.
    /// Default "CandidateFlags".</summary>
    public string FlagsColumnName { get; set; } = "CandidateFlags";

    /// <summary>
    /// The user of a row, text, number or key: GAUC is then the mean of the users' own AUC, each over the candidates of all rows of the user, in any order. Null,
    /// the default: of the rows' own AUC.
    /// </summary>
    public string? UserColumnName { get; set; }

    /// <exception cref="ArgumentException">A name is empty or given twice, or there are no tasks.</exception>
    internal void Check()
    {
        CheckTaskNames(TaskNames);
        Columns.CheckName(ProbabilitiesColumnName, nameof(ProbabilitiesColumnName));
        Columns.CheckName(FlagsColumnName, nameof(FlagsColumnName));
        if (UserColumnName is not null)
            Columns.CheckName(UserColumnName, nameof(UserColumnName));
    }

    /// <exception cref="ArgumentException">There is none, one is empty or given twice.</exception>
    internal static void CheckTaskNames(IReadOnlyList<string> taskNames)
    {
        ArgumentNullException.ThrowIfNull(taskNames, nameof(TaskNames));
        if (taskNames.Count == 0)
            throw new ArgumentException("At least one task needs a name.", nameof(TaskNames));
        if (taskNames.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException("The name of a task is empty.", nameof(TaskNames));
        if (taskNames.GroupBy(name => name).FirstOrDefault(names => names.Count() > 1) is { } twice)
            throw new ArgumentException($"Task '{twice.Key}' is named twice.", nameof(TaskNames));
    }
}

/// <summary>
/// How well a ranker of several kinds of feedback foresees each of them, a task a kind: AUC and log loss over all candidates, GAUC within each row or user. The
/// offline counterpart of the online metrics of the multi-feedback ranker (CIKM '23, section 3.1).
/// </summary>
public sealed class MultiFeedbackMetrics
{
    /// <summary>How near to 0 and 1 the log loss takes a probability, 1e-7.</summary>
    internal const double ProbabilityBound = 1e-7;

    internal MultiFeedbackMetrics(IReadOnlyList<TaskMetrics> tasks, int rowCount, int groupCount)
        => (Tasks, RowCount, GroupCount) = (tasks, rowCount, groupCount);

    /// <summary>The K tasks, in the order of the options.</summary>
    public IReadOnlyList<TaskMetrics> Tasks { get; }

    /// <summary>The number of rows.</summary>
    public int RowCount { get; }

    /// <summary>The number of users, or of rows where no column of users was named: GAUC is a mean over those of them that have both classes.</summary>
    public int GroupCount { get; }

    /// <summary>The metrics of the task of that name.</summary>
    /// <exception cref="ArgumentException">There is no such task.</exception>
    public TaskMetrics this[string task] => Tasks.FirstOrDefault(metrics => metrics.Task == task)
        ?? throw new ArgumentException($"There is no task '{task}'; there are {string.Join(", ", Tasks.Select(metrics => metrics.Task))}.", nameof(task));

    /// <summary>The metrics as a table, a line a task.</summary>
    public override string ToString()
    {
        int width = Math.Max(10, Tasks.Max(metrics => metrics.Task.Length) + 2);
        var table = new StringBuilder("task".PadRight(width));
        table.Append(CultureInfo.InvariantCulture, $"{"AUC",10}{"GAUC",10}{"log loss",10}{"positives",12}{"candidates",12}");
        foreach (var metrics in Tasks)
        {
            table.Append('\n').Append(metrics.Task.PadRight(width)).Append(CultureInfo.InvariantCulture,
                $"{metrics.Auc,10:0.0000}{metrics.Gauc,10:0.0000}{metrics.LogLoss,10:0.0000}{metrics.PositiveCount,12}{metrics.CandidateCount,12}");
        }

        return table.ToString();
    }
}

/// <summary>How well one task's probabilities tell the candidates that got its feedback from those that did not.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Auc">The share of pairs of a positive and a negative candidate, each of any row, in which the positive has the higher probability; ties count ½.
/// In [0, 1], exact.</param>
/// <param name="Gauc">The mean of the AUC of each row or user that has both classes, each of weight 1, as <see cref="CandidateMetrics.Gauc"/>. In [0, 1];
/// <see cref="double.NaN"/> where none has both.</param>
/// <param name="LogLoss">The mean over all candidates of −log of the probability of what happened, kept between 1e-7 and 1 − 1e-7; in nats.</param>
/// <param name="PositiveCount">The number of candidates that got the feedback.</param>
/// <param name="CandidateCount">The number of all candidates.</param>
/// <param name="GroupsWithBothClasses">The number of rows or users that <paramref name="Gauc"/> is the mean of.</param>
public sealed record TaskMetrics(string Task, double Auc, double Gauc, double LogLoss, int PositiveCount, int CandidateCount, int GroupsWithBothClasses);
