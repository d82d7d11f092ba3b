using Common;
using Microsoft.ML.NegativeFeedback;

namespace ShortVideo;

/// <summary>The report page: tables 3 and 4, figure 4 and, where the log is at hand, the analysis of section 2.</summary>
internal static class ShortVideoPage
{
    public static void Write(string path, IReadOnlyCollection<RunResult> results, IEnumerable<ResultTable> tables, IReadOnlyCollection<ShortVideoData> logs, int subInterests)
    {
        var page = new HtmlPage("SINE on short videos")
            .AddParagraph("After \"Understanding and Modeling Passive-Negative Feedback for Short-video Sequential Recommendation\" (RecSys '23). The last liked video of "
                + "every user is ranked against the skips around it; the one before it and its skips are the validation rows. Mean ± standard deviation over seeds.")
            .AddHeading("Models");
        foreach (var table in tables)
            page.AddTable(table);
        AddCurves(page, results);
        AddPassingCurves(page, results, [.. logs.Where(log => log.PassingSkipShare is not null).OrderBy(log => log.PassingSkipShare)], subInterests);
        foreach (var log in logs)
            AddAnalysis(page, log);
        page.Save(path);
    }

    /// <summary>Figure 4: what the number of sub-interests is worth.</summary>
    private static void AddCurves(HtmlPage page, IReadOnlyCollection<RunResult> results)
    {
        foreach (var ofDataset in results.Where(result => result.Run.Model == Models.Sine).GroupBy(result => result.Run.Dataset))
        {
            int[] counts = [.. ofDataset.Select(result => result.Run.SubInterests).Distinct().Order()];
            if (counts.Length < 2)
                continue;
            var summaries = Array.ConvertAll(counts, count => (Count: count, Summary: ModelSummary.Of(results, ofDataset.Key, Models.Sine, count)!));
            page.AddHeading($"Sub-interests, as in figure 4: {ofDataset.Key}");
            page.AddPlot(ResultPlot.Lines("GAUC over K", "K", "GAUC", [Line(summary => summary.Gauc)]));
            page.AddPlot(ResultPlot.Lines("NDCG@2 over K", "K", "NDCG@2", [Line(summary => summary.Ndcg)]));

            PlotLine Line(Func<ModelSummary, Spread> metric) => new(Models.Titles[Models.Sine],
                [.. summaries.Select(point => new PlotPoint(point.Count, metric(point.Summary).Mean, metric(point.Summary).StandardDeviation))]);
        }
    }

    /// <summary>What models are worth where skips tell less and less of the user's lasting taste.</summary>
    private static void AddPassingCurves(HtmlPage page, IReadOnlyCollection<RunResult> results, ShortVideoData[] feeds, int subInterests)
    {
        if (feeds.Length < 2)
            return;
        page.AddHeading("Skips for passing reasons");
        page.AddParagraph("Simulated feeds that differ in the share of sessions whose skips have passing reasons: a mood of the session, or another interest at the "
            + "moment. The feeds are not equally hard: compare models at one share, and how far each falls. docs/simulated-feed.md says more.");
        AddChart("AUC", summary => summary.Auc);
        AddChart("GAUC", summary => summary.Gauc);
        AddChart("NDCG@2", summary => summary.Ndcg);

        void AddChart(string metric, Func<ModelSummary, Spread> read)
        {
            PlotLine[] lines = [.. Models.Titles.Keys.Select(model => Line(model, read)).Where(line => line.Points.Count > 0)];
            if (lines.Length == 0)
                return;
            page.AddPlot(ResultPlot.Lines($"{metric} over the share of such sessions", "share of sessions", metric, lines));
        }

        PlotLine Line(string model, Func<ModelSummary, Spread> read) => new(Models.Titles[model],
        [
            .. from feed in feeds
               let summary = ModelSummary.Of(results, feed.Name, model, Models.HasSubInterests(model) ? subInterests : 0)
               where summary is not null
               select new PlotPoint(feed.PassingSkipShare!.Value, read(summary).Mean, read(summary).StandardDeviation),
        ]);
    }

    private static void AddAnalysis(HtmlPage page, ShortVideoData log)
    {
        var analysis = log.Analyze();
        page.AddHeading($"Feedback, as in section 2: {log.Name}");
        page.AddParagraph(string.Create(ResultFile.Culture, $"{analysis.InteractionCount:N0} views of {analysis.UserCount:N0} users and {analysis.ItemCount:N0} videos. ")
            + "Positive: liked, by the rule that labelled the log. Passive-negative: skipped. Active-negative: disliked explicitly; those count as nothing else.");
        page.AddPlot(ResultPlot.Bars("Kinds of feedback, as in figure 1", [.. analysis.Kinds.Select(kind => kind.Kind.ToString())],
            [new PlotBars(log.Name, [.. analysis.Kinds.Select(kind => kind.Share)])], "share of views", "P1"));
        if (analysis.PairCount == 0)
            return;
        page.AddParagraph("Each liked video is paired with the nearest skip before it and, to compare, with one drawn from the catalogue by chance. Pairs are told apart by the level of the "
            + "categories at which they first differ.");
        page.AddPlot(ResultPlot.Bars("Categories of a liked video and another, as in figure 2c", [.. analysis.CategoryCases.Select(row => row.Description)],
            [
                new PlotBars("the skip before it", [.. analysis.CategoryCases.Select(row => row.NeighbouringShare)]),
                new PlotBars("a random video", [.. analysis.CategoryCases.Select(row => row.RandomShare)]),
            ], "share of pairs", "P1"));
    }
}
