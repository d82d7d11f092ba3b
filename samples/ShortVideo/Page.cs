using Microsoft.ML.NegativeFeedback;

namespace ShortVideo;

/// <summary>The report page: tables 3 and 4, figure 4 and, where the log is at hand, the analysis of section 2.</summary>
internal static class Page
{
    public static void Write(string path, IReadOnlyCollection<RunResult> results, IEnumerable<ResultTable> tables, IReadOnlyCollection<ShortVideoData> logs, int subInterests)
    {
        var page = new ReportPage("SINE on short videos")
            .AddParagraph("After \"Understanding and Modeling Passive-Negative Feedback for Short-video Sequential Recommendation\" (RecSys '23). The last liked video of "
                + "every user is ranked against the skips around it; the one before it and its skips are the validation rows. Mean ± standard deviation over seeds.")
            .AddHeading("Models");
        foreach (var table in tables.Where(table => table.Rows.Count > 0))
            page.AddTable(ResultTable.Header, table.Rows, table.Title);
        AddCurves(page, results);
        AddPassingCurves(page, results, [.. logs.Where(log => log.PassingSkipShare is not null).OrderBy(log => log.PassingSkipShare)], subInterests);
        foreach (var log in logs)
            AddAnalysis(page, log);
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder)
            Directory.CreateDirectory(folder);
        page.Save(path);
    }

    /// <summary>Figure 4: what the number of sub-interests is worth.</summary>
    private static void AddCurves(ReportPage page, IReadOnlyCollection<RunResult> results)
    {
        foreach (var ofDataset in results.Where(result => result.Run.Model == Models.Sine).GroupBy(result => result.Run.Dataset))
        {
            int[] counts = [.. ofDataset.Select(result => result.Run.SubInterests).Distinct().Order()];
            if (counts.Length < 2)
                continue;
            var summaries = Array.ConvertAll(counts, count => (Count: count, Summary: Summary.Of(results, ofDataset.Key, Models.Sine, count)!));
            page.AddHeading($"Sub-interests, as in figure 4: {ofDataset.Key}");
            page.AddLineChart("GAUC over K", "K", "GAUC", [Line(summary => summary.Gauc)]);
            page.AddLineChart("NDCG@2 over K", "K", "NDCG@2", [Line(summary => summary.Ndcg)]);

            LineSeries Line(Func<Summary, Spread> metric) => new(Models.Titles[Models.Sine],
                [.. summaries.Select(point => new LinePoint(point.Count, metric(point.Summary).Mean, metric(point.Summary).StandardDeviation))]);
        }
    }

    /// <summary>What models are worth where skips tell less and less of the user's lasting taste.</summary>
    private static void AddPassingCurves(ReportPage page, IReadOnlyCollection<RunResult> results, ShortVideoData[] feeds, int subInterests)
    {
        if (feeds.Length < 2)
            return;
        page.AddHeading("Skips for passing reasons");
        page.AddParagraph("Simulated feeds that differ in the share of sessions whose skips have passing reasons: a mood of the session, or another interest at the "
            + "moment. The feeds are not equally hard: compare models at one share, and how far each falls. docs/simulated-feed.md says more.");
        AddChart("AUC", summary => summary.Auc);
        AddChart("GAUC", summary => summary.Gauc);
        AddChart("NDCG@2", summary => summary.Ndcg);

        void AddChart(string metric, Func<Summary, Spread> read)
        {
            LineSeries[] lines = [.. Models.Titles.Keys.Select(model => Line(model, read)).Where(line => line.Points.Count > 0)];
            if (lines.Length == 0)
                return;
            page.AddLineChart($"{metric} over the share of such sessions", "share of sessions", metric, lines);
            double[] shares = [.. feeds.Select(feed => feed.PassingSkipShare!.Value)];
            page.AddTable([metric, .. shares.Select(share => share.ToString(Lines.Culture))], lines.Select(line => (IReadOnlyList<string>)
                [line.Name, .. shares.Select(share => line.Points.Where(point => point.X == share).Select(point => point.Y.ToString("0.0000", Lines.Culture)).FirstOrDefault(""))]));
        }

        LineSeries Line(string model, Func<Summary, Spread> read) => new(Models.Titles[model],
        [
            .. from feed in feeds
               let summary = Summary.Of(results, feed.Name, model, Models.HasSubInterests(model) ? subInterests : 0)
               where summary is not null
               select new LinePoint(feed.PassingSkipShare!.Value, read(summary).Mean, read(summary).StandardDeviation),
        ]);
    }

    private static void AddAnalysis(ReportPage page, ShortVideoData log)
    {
        var analysis = log.Analyze();
        page.AddHeading($"Feedback, as in section 2: {log.Name}");
        page.AddParagraph(string.Create(Lines.Culture,
            $"{analysis.InteractionCount:N0} views of {analysis.UserCount:N0} users and {analysis.ItemCount:N0} videos."));
        page.AddBarChart("Kinds of feedback, as in figure 1", [.. analysis.Kinds.Select(kind => kind.Kind.ToString())],
            [new BarSeries(log.Name, [.. analysis.Kinds.Select(kind => kind.Share)])], "share of views", "P1");
        if (analysis.CategoryCases.Count == 0)
            return;
        page.AddBarChart("Categories of a liked video and another, as in figure 2c", [.. analysis.CategoryCases.Select(row => row.Description)],
            [
                new BarSeries("the skip before it", [.. analysis.CategoryCases.Select(row => row.NeighbouringShare)]),
                new BarSeries("a random video", [.. analysis.CategoryCases.Select(row => row.RandomShare)]),
            ], "share of pairs", "P1");
    }
}
