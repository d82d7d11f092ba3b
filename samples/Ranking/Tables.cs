using System.Globalization;
using Common;
using Microsoft.ML.NegativeFeedback;

namespace Ranking;

/// <summary>The tables over all seeds.</summary>
internal static class Tables
{
    public const string Without = "without feedback", With = "with feedback";

    public static IEnumerable<ResultTable> Of(IReadOnlyList<SeedResult> results)
    {
        string seeds = results.Count == 1 ? "one seed" : $"mean ± standard deviation of {results.Count} seeds";
        yield return new ResultTable($"Foretelling each kind of feedback; {seeds}", ["Feedback", "Metric", Without, With], [.. FeedbackRows(results)]);
        yield return new ResultTable($"Top {Experiment.Top} of {RankingData.LastViews} by γ of GVV; {seeds}", ["γ", "Model", "EVV share", "GVV share", "Watch seconds", "Entropy in nats"],
            [.. TradeRows(results)]);
    }

    /// <summary>What feedback gains in each group of users, in percent, with an interval over users.</summary>
    public static ResultTable OfLift(SeedResult result)
    {
        string[] metrics = ["GAUC GVV", $"EVV share@{Experiment.Top}", $"GVV share@{Experiment.Top}", $"watch seconds@{Experiment.Top}"];
        var rows = from ofGroup in result.Lift.Rows.GroupBy(row => row.Group)
                   select (IReadOnlyList<string>)
                   [
                       ofGroup.Key, ofGroup.Max(row => row.UserCount).ToString(CultureInfo.InvariantCulture),
                       .. metrics.Select(metric => LiftText(result.Lift[ofGroup.Key, metric])),
                   ];
        string level = (100 * result.Lift.ConfidenceLevel).ToString(CultureInfo.InvariantCulture);
        return new ResultTable($"What feedback gains by group of users: lift in % and its interval of {level} % over users, not over trainings; seed {result.Seed}",
            ["Group", "Users", .. metrics.Select(metric => metric + (result.Lift.Rows.First(row => row.Metric == metric).IsLowerBetter ? " ↓" : ""))], [.. rows]);
    }

    private static string LiftText(LiftRow row) => double.IsNaN(row.LowerPercent) ? "–"
        : FormattableString.Invariant($"{row.LiftPercent:+0.0;-0.0;0.0} [{row.LowerPercent:+0.0;-0.0;0.0}, {row.UpperPercent:+0.0;-0.0;0.0}]");

    private static IEnumerable<IReadOnlyList<string>> FeedbackRows(IReadOnlyList<SeedResult> results)
    {
        var metrics = new (string Name, Func<TaskMetrics, double> Read)[] { ("AUC", task => task.Auc), ("GAUC", task => task.Gauc), ("log loss", task => task.LogLoss) };
        return from task in results[0].With.Tasks.Select(task => task.Task)
               from metric in metrics
               select (IReadOnlyList<string>)
               [
                   task, metric.Name, Spread.Of(results, result => metric.Read(result.Without[task])).ToString(),
                   Spread.Of(results, result => metric.Read(result.With[task])).ToString(),
               ];
    }

    private static IEnumerable<IReadOnlyList<string>> TradeRows(IReadOnlyList<SeedResult> results)
    {
        var models = new (string Name, Func<TradePoint, TopViews> Of)[] { (Without, point => point.Without), (With, point => point.With) };
        return from i in Enumerable.Range(0, results[0].Trade.Count)
               from model in models
               select (IReadOnlyList<string>)
               [
                   results[0].Trade[i].Gamma.ToString(CultureInfo.InvariantCulture), model.Name,
                   .. new Func<TopViews, double>[] { top => top.EngagedShare, top => top.GlanceShare, top => top.WatchSeconds, top => top.Entropy }
                       .Select(read => Spread.Of(results, result => read(model.Of(result.Trade[i]))).ToString()),
               ];
    }
}
