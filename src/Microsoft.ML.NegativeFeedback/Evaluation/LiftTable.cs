using System.Globalization;
using System.Text;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// What a model gains over another, metric by metric and group of users by group, as the improvement rates of the multi-feedback ranker (CIKM '23, table 2 and figure
/// 3), here from held-out feedback in place of an A/B test.
/// </summary>
/// <remarks>
/// <para>Metrics, K tasks and the first L candidates by score:</para>
/// <list type="bullet">
/// <item><description>"AUC task": over all candidates of the group's users. It is no mean over users, so that it has no interval: look at that of GAUC.</description></item>
/// <item><description>"GAUC task": the mean of the users' own AUC, over the users with both classes.</description></item>
/// <item><description>"NDCG@L EVV": of the ranking by score with gain 1 for positive feedback, over the same users, as <see cref="CandidateMetrics.Ndcg"/>.</description></item>
/// <item><description>"EVV share@L", "GVV share@L": the mean over users of the share of their first L that got the feedback. The second is the share of negative feedback:
/// lower is better.</description></item>
/// <item><description>"watch seconds@L": the mean over users of the mean watch time of their first L.</description></item>
/// </list>
/// <para>
/// Intervals are those of the percentile bootstrap over the group's users: users are drawn with replacement, the same ones for both models, and the lift of what was
/// drawn is taken B times. Draws in which no user counts for a metric are left out.
/// </para>
/// </remarks>
public sealed class LiftTable
{
    internal LiftTable(IReadOnlyList<LiftRow> rows, double confidenceLevel) => (Rows, ConfidenceLevel) = (rows, confidenceLevel);

    /// <summary>A row a group and metric; the group of all users first. <c>ml.Data.LoadFromEnumerable(table.Rows)</c> makes a data view of them.</summary>
    public IReadOnlyList<LiftRow> Rows { get; }

    /// <summary>The level of the intervals, in (0, 1).</summary>
    public double ConfidenceLevel { get; }

    /// <summary>The row of a group and a metric.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public LiftRow this[string group, string metric] => Rows.FirstOrDefault(row => row.Group == group && row.Metric == metric)
        ?? throw new ArgumentException($"There is no row of '{metric}' for '{group}'. Groups: {Names(row => row.Group)}; metrics: {Names(row => row.Metric)}.");

    /// <summary>The rows as a table with aligned columns, in the invariant culture; ↓ marks metrics that are better low, – what is unknown.</summary>
    public override string ToString()
    {
        int group = Math.Max(5, Rows.Max(row => row.Group.Length)) + 2, metric = Math.Max(6, Rows.Max(row => row.Metric.Length + 2)) + 2;
        var table = new StringBuilder("group".PadRight(group)).Append("metric".PadRight(metric));
        table.Append(CultureInfo.InvariantCulture, $"{"users",9}{"baseline",11}{"treatment",11}{"lift %",10}{$"{ConfidenceLevel * 100:0.##} % interval",22}");
        foreach (var row in Rows)
        {
            table.Append('\n').Append(row.Group.PadRight(group)).Append((row.Metric + (row.IsLowerBetter ? " ↓" : "")).PadRight(metric));
            string interval = double.IsNaN(row.LowerPercent) ? "–" : $"[{Percent(row.LowerPercent)}, {Percent(row.UpperPercent)}]";
            table.Append(CultureInfo.InvariantCulture, $"{row.UserCount,9}{Value(row.Baseline),11}{Value(row.Treatment),11}{Percent(row.LiftPercent),10}{interval,22}");
        }

        return table.ToString();
    }

    private string Names(Func<LiftRow, string> name) => string.Join(", ", Rows.Select(name).Distinct());

    private static string Value(double value) => double.IsNaN(value) ? "–" : value.ToString("0.0000", CultureInfo.InvariantCulture);

    private static string Percent(double value) => double.IsNaN(value) ? "–" : value.ToString("+0.000;-0.000;0.000", CultureInfo.InvariantCulture);
}

/// <summary>A metric of two models for a group of users.</summary>
public sealed record LiftRow
{
    /// <summary>The group's name; "all users" for all of them.</summary>
    public required string Group { get; init; }

    /// <summary>The metric's name, see <see cref="LiftTable"/>.</summary>
    public required string Metric { get; init; }

    /// <summary>Whether a lower value is better.</summary>
    public required bool IsLowerBetter { get; init; }

    /// <summary>The number of users of the group that count for the metric, by the baseline's rows.</summary>
    public required int UserCount { get; init; }

    /// <summary>The baseline's value; <see cref="double.NaN"/> where no user counts.</summary>
    public required double Baseline { get; init; }

    /// <summary>The other model's value.</summary>
    public required double Treatment { get; init; }

    /// <summary>
    /// 100 · (treatment − baseline) / baseline. 0 where both are the same, infinite where only the baseline is 0, <see cref="double.NaN"/> where one is unknown.
    /// </summary>
    public required double LiftPercent { get; init; }

    /// <summary>The lower end of the lift's interval, in percent; <see cref="double.NaN"/> where there is none.</summary>
    public required double LowerPercent { get; init; }

    /// <summary>The upper end, in percent.</summary>
    public required double UpperPercent { get; init; }
}
