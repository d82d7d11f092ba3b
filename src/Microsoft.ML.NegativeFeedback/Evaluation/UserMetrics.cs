using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>What a model's rows come to.</summary>
/// <param name="Values">[user, metric] in the order of <see cref="UserMetrics.Names"/>; NaN where the user does not count.</param>
/// <param name="Aucs">[group, task] over all candidates of the group's users, group 0 all users; NaN where one class is missing.</param>
internal sealed record UserStatistics(double[] Values, double[][] Aucs);

/// <summary>Measures how a model ranks the candidates of each user.</summary>
internal sealed class UserMetrics
{
    private readonly LiftOptions _options;
    private readonly int _taskCount;
    private readonly int _positiveTask;
    private readonly int _negativeTask;
    private float[] _scores = [], _labels = [];

    public UserMetrics(LiftOptions options)
    {
        _options = options;
        _taskCount = options.TaskNames.Count;
        var tasks = options.TaskNames.ToList();
        (_positiveTask, _negativeTask) = (tasks.FindIndex(task => task == options.PositiveTaskName), tasks.FindIndex(task => task == options.NegativeTaskName));
        var names = tasks.Select(task => ("GAUC " + task, false)).ToList();
        string at = "@" + options.NumberOfRecommendations.ToString(CultureInfo.InvariantCulture);
        if (_positiveTask >= 0)
            names.AddRange([($"NDCG{at} {options.PositiveTaskName}", false), ($"{options.PositiveTaskName} share{at}", false)]);
        if (_negativeTask >= 0)
            names.Add(($"{options.NegativeTaskName} share{at}", true));
        if (options.WatchSecondsColumnName is not null)
            names.Add(($"watch seconds{at}", false));
        Names = names;
    }

    /// <summary>The metrics that are means over users.</summary>
    public IReadOnlyList<(string Name, bool IsLowerBetter)> Names { get; }

    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public static TaskColumns ColumnsOf(DataViewSchema schema, LiftOptions options)
        => TaskColumns.Require(schema, options.ProbabilitiesColumnName, options.FlagsColumnName, options.ScoreColumnName, options.WatchSecondsColumnName);

    /// <summary>Reads a model's rows.</summary>
    /// <param name="view">The rows, one a user.</param>
    /// <param name="groupColumnName">A column that is read besides, or null.</param>
    /// <param name="createReader">Makes a reader of the number of a row's user and group.</param>
    /// <exception cref="ArgumentException">A row is wrong.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or the candidates of a task are all of one class.</exception>
    public UserStatistics Read(IDataView view, string? groupColumnName, Func<DataViewRowCursor, Func<(int User, int Group)>> createReader)
    {
        var columns = ColumnsOf(view.Schema, _options);
        string[] others = groupColumnName is null ? [_options.UserColumnName] : [_options.UserColumnName, groupColumnName];
        using var cursor = view.GetRowCursor(columns.All.Concat(others.Select(name => view.Schema[name])));
        var reader = new ScoredRowReader(cursor, columns, _taskCount);
        var readPlace = createReader(cursor);
        var values = new List<double>();
        var totals = new List<CandidateTotals[]>();
        while (cursor.MoveNext())
        {
            _options.CancellationToken.ThrowIfCancellationRequested();
            reader.Read();
            var (user, group) = readPlace();
            while (totals.Count <= group)
                totals.Add([.. _options.TaskNames.Select(_ => new CandidateTotals(truncationLevel: 1, ScoreKind.Probability))]);
            CollectionsMarshal.SetCount(values, Math.Max(values.Count, (user + 1) * Names.Count));
            Measure(reader, totals[0], group == 0 ? null : totals[group], CollectionsMarshal.AsSpan(values).Slice(user * Names.Count, Names.Count));
        }

        return totals.Count == 0 ? throw new InvalidOperationException("There are no rows to compare.") : new UserStatistics([.. values], AucsOf(totals));
    }

    private double[][] AucsOf(List<CandidateTotals[]> totals)
    {
        var metrics = totals.Select(group => group.Select(task => task.ToMetrics()).ToArray()).ToArray();
        for (int task = 0; task < _taskCount; task++)
        {
            var all = metrics[0][task];
            MultiFeedbackEvaluator.RequireBothClasses(_options.TaskNames[task], all.LikedCount, all.LikedCount + all.SkippedCount, _options.FlagsColumnName);
        }

        return [.. metrics.Select(group => group.Select(task => task.Auc).ToArray())];
    }

    private void Measure(ScoredRowReader row, CandidateTotals[] all, CandidateTotals[]? group, Span<double> values)
    {
        for (int task = 0; task < _taskCount; task++)
        {
            var probabilities = ScoredRowReader.TaskOf(row.Probabilities, task, _taskCount, ref _scores);
            var labels = ScoredRowReader.TaskOf(row.Flags, task, _taskCount, ref _labels);
            values[task] = all[task].Add(probabilities, labels).Auc;
            group?[task].Add(probabilities, labels);
        }

        int metric = _taskCount;
        var top = ScoredRowReader.Top(row.Scores, _options.NumberOfRecommendations);
        if (_positiveTask >= 0)
        {
            var labels = ScoredRowReader.TaskOf(row.Flags, _positiveTask, _taskCount, ref _labels);
            values[metric++] = new CandidateTotals(_options.NumberOfRecommendations).Add(row.Scores, labels).Ndcg;
            values[metric++] = MeanOf(top, row.Flags, _taskCount, _positiveTask);
        }

        if (_negativeTask >= 0)
            values[metric++] = MeanOf(top, row.Flags, _taskCount, _negativeTask);
        if (_options.WatchSecondsColumnName is not null)
            values[metric] = MeanOf(top, row.WatchSeconds, stride: 1, offset: 0);
    }

    /// <summary>The mean of the places' values, which lie a stride apart; NaN without places.</summary>
    private static double MeanOf(ReadOnlySpan<int> places, ReadOnlySpan<float> values, int stride, int offset)
    {
        double sum = 0;
        foreach (int place in places)
            sum += values[(place * stride) + offset];
        return sum / places.Length;
    }
}
