using System.Globalization;
using Common;

namespace Ranking;

/// <summary>The report page: both models, what feedback gains by group of users, what γ trades, and diversity over negative feedback as in figure 4.</summary>
internal static class RankingPage
{
    public static void Write(string path, string dataset, IReadOnlyList<SeedResult> results)
    {
        var page = new HtmlPage("The multi-feedback ranker on short videos")
            .AddParagraph("After \"Learning and Optimization of Implicit Negative Feedback for Industrial Short-video Recommender System\" (CIKM '23), offline: the last "
                + $"{RankingData.LastViews} views of every user are ranked. EVV is a view longer than half of the views of its video, FVV one longer than 60 % of them, GVV one of under three "
                + $"seconds: negative feedback. Data: {dataset}.")
            .AddHeading("Models");
        foreach (var table in Tables.Of(results))
            page.AddTable(table);
        AddLift(page, results[0]);
        AddTrade(page, results);
        AddDiversity(page, results);
        page.Save(path);
    }

    private static void AddLift(HtmlPage page, SeedResult result)
    {
        page.AddHeading("What feedback gains, as in table 2 and figure 3");
        var table = Tables.OfLift(result);
        page.AddTable(table with { Title = table.Title + ". ↓: lower is better." });
        string[] groups = [.. result.Lift.Rows.Select(row => row.Group).Distinct()];
        string[] metrics = [$"EVV share@{Experiment.Top}", $"GVV share@{Experiment.Top}", $"watch seconds@{Experiment.Top}"];
        page.AddPlot(ResultPlot.Bars("Lift by group of users", groups,
            [.. metrics.Select(metric => new PlotBars(metric, [.. groups.Select(group => result.Lift[group, metric].LiftPercent)]))], "%", "0.##"));
        page.AddTable(new ResultTable("Every metric", ["Group", "Metric", "Users", Tables.Without, Tables.With, "Lift %"], [.. result.Lift.Rows.Select(row => (IReadOnlyList<string>)
        [
            row.Group, row.Metric + (row.IsLowerBetter ? " ↓" : ""), row.UserCount.ToString(CultureInfo.InvariantCulture), Text(row.Baseline, "0.0000"),
            Text(row.Treatment, "0.0000"), Text(row.LiftPercent, "+0.00;-0.00;0.00"),
        ])]));
    }

    private static void AddTrade(HtmlPage page, IReadOnlyList<SeedResult> results)
    {
        page.AddHeading("What γ of GVV trades");
        page.AddParagraph($"Candidates are ranked by y(EVV) + y(FVV) + γ·y(GVV), and the top {Experiment.Top} of {RankingData.LastViews} are looked at. Nothing is trained anew.");
        AddOverGamma("Share of negative feedback on top", "GVV share", top => top.GlanceShare, "P1");
        AddOverGamma("Share of engaged views on top", "EVV share", top => top.EngagedShare, "P1");
        AddOverGamma("Watch time on top", "seconds a view", top => top.WatchSeconds, "0.00");

        void AddOverGamma(string title, string label, Func<TopViews, double> read, string format)
            => page.AddPlot(ResultPlot.Lines($"{title}, over γ", "−γ of GVV", label,
                [Line(Tables.Without, point => read(point.Without)), Line(Tables.With, point => read(point.With))], format));

        PlotLine Line(string name, Func<TradePoint, double> read) => new(name,
        [
            .. from i in Enumerable.Range(0, results[0].Trade.Count)
               let spread = Spread.Of(results, result => read(result.Trade[i]))
               select new PlotPoint(-results[0].Trade[i].Gamma, spread.Mean, spread.StandardDeviation),
        ]);
    }

    private static void AddDiversity(HtmlPage page, IReadOnlyList<SeedResult> results)
    {
        page.AddHeading("Diversity and negative feedback, as in figure 4");
        if (double.IsNaN(results[0].Trade[0].With.Entropy))
        {
            page.AddParagraph("This log has no categories to tell diversity by.");
            return;
        }

        page.AddParagraph("The entropy of categories in windows of 100 views on top, against the share of negative feedback among them; a point a γ of GVV, the mean over seeds.");
        page.AddPlot(ResultPlot.Lines("Diversity over the share of negative feedback", "GVV share on top", "entropy in nats",
            [Line(Tables.Without, point => point.Without), Line(Tables.With, point => point.With)]));

        PlotLine Line(string name, Func<TradePoint, TopViews> of) => new(name,
        [
            .. from i in Enumerable.Range(0, results[0].Trade.Count)
               select new PlotPoint(results.Average(result => of(result.Trade[i]).GlanceShare), results.Average(result => of(result.Trade[i]).Entropy)),
        ]);
    }

    private static string Text(double value, string format) => double.IsNaN(value) ? "–" : value.ToString(format, CultureInfo.InvariantCulture);
}
