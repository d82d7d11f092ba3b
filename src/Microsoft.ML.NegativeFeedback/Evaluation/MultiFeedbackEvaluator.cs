using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>Walks rows that a ranker of K tasks has scored once and adds them up, a task at a time.</summary>
internal sealed class MultiFeedbackEvaluator
{
    private readonly string[] _taskNames;
    private readonly CandidateTotals[] _totals;
    private float[] _scores = [], _labels = [];
    private int _groups;

    private MultiFeedbackEvaluator(IReadOnlyList<string> taskNames)
    {
        _taskNames = [.. taskNames];
        // NDCG is not among the metrics of a task: its cutoff does not matter
        _totals = [.. taskNames.Select(_ => new CandidateTotals(truncationLevel: 1, ScoreKind.Probability))];
    }

    public static MultiFeedbackMetrics Evaluate(IDataView data, MultiFeedbackEvaluationOptions options)
    {
        ArgumentNullException.ThrowIfNull(data);
        options.Check();
        var columns = TaskColumns.Require(data.Schema, options.ProbabilitiesColumnName, options.FlagsColumnName);
        var userColumn = options.UserColumnName is { } name ? (DataViewSchema.Column?)TaskColumns.RequireUser(data.Schema, name) : null;
        var evaluator = new MultiFeedbackEvaluator(options.TaskNames);

        using var cursor = data.GetRowCursor(userColumn is { } needed ? [.. columns.All, needed] : columns.All);
        var reader = new ScoredRowReader(cursor, columns, options.TaskNames.Count);
        int rows = userColumn is { } user
            ? evaluator.AddUsers(cursor, reader, TaskColumns.UserReader(cursor, user))
            : evaluator.AddRows(cursor, reader);
        if (rows == 0)
            throw new InvalidOperationException("There are no rows to evaluate.");
        return evaluator.ToMetrics(rows, options);
    }

    private int AddRows(DataViewRowCursor cursor, ScoredRowReader reader)
    {
        while (cursor.MoveNext())
        {
            reader.Read();
            AddGroup(reader.Probabilities, reader.Flags);
        }

        return _groups;
    }

    /// <summary>The rows of a user may lie anywhere, so that their candidates are kept until the last row.</summary>
    private int AddUsers(DataViewRowCursor cursor, ScoredRowReader reader, Func<object> readUser)
    {
        var numbers = new Dictionary<object, int>();
        var users = new List<(List<float> Probabilities, List<float> Flags)>();
        int rows = 0;
        for (; cursor.MoveNext(); rows++)
        {
            reader.Read();
            object user = readUser();
            if (!numbers.TryGetValue(user, out int number))
            {
                numbers.Add(user, number = users.Count);
                users.Add(([], []));
            }

            users[number].Probabilities.AddRange(reader.Probabilities);
            users[number].Flags.AddRange(reader.Flags);
        }

        foreach (var (probabilities, flags) in users)
            AddGroup(CollectionsMarshal.AsSpan(probabilities), CollectionsMarshal.AsSpan(flags));
        return rows;
    }

    private void AddGroup(ReadOnlySpan<float> probabilities, ReadOnlySpan<float> flags)
    {
        _groups++;
        for (int task = 0; task < _totals.Length; task++)
        {
            _totals[task].Add(
                ScoredRowReader.TaskOf(probabilities, task, _totals.Length, ref _scores), ScoredRowReader.TaskOf(flags, task, _totals.Length, ref _labels));
        }
    }

    private MultiFeedbackMetrics ToMetrics(int rows, MultiFeedbackEvaluationOptions options)
    {
        if (_totals[0].CandidateCount == 0)
            throw new InvalidOperationException($"No row has a candidate: columns '{options.ProbabilitiesColumnName}' and '{options.FlagsColumnName}' are empty everywhere.");
        return new MultiFeedbackMetrics([.. _totals.Select((totals, task) => ToMetrics(_taskNames[task], totals.ToMetrics(), options.FlagsColumnName))], rows, _groups);
    }

    private static TaskMetrics ToMetrics(string task, CandidateMetrics metrics, string flagsColumnName)
    {
        int candidates = metrics.LikedCount + metrics.SkippedCount;
        RequireBothClasses(task, metrics.LikedCount, candidates, flagsColumnName);
        return new TaskMetrics(task, metrics.Auc, metrics.Gauc, metrics.LogLoss, metrics.LikedCount, candidates, metrics.RowsWithBothClasses);
    }

    /// <exception cref="InvalidOperationException">All candidates are of one class.</exception>
    public static void RequireBothClasses(string task, int positives, int candidates, string flagsColumnName)
    {
        if (positives == 0 || positives == candidates)
        {
            throw new InvalidOperationException($"Task '{task}' has {(positives == 0 ? "no positive" : "no negative")} among its {candidates} candidates (column "
                + $"'{flagsColumnName}'): AUC compares the two. Evaluate rows that have both, and check that the flags are in the order of the tasks.");
        }
    }
}
