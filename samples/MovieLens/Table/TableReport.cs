using System.Globalization;
using Common;

namespace MovieLens.Table;

/// <summary>What the rows say: table 2 beside what is published, and figure 2, what α is worth.</summary>
internal static class TableReport
{
    private const string FigureModel = "pnfrec_pn";

    private static readonly (string Name, Func<TableRow, double> Of)[] Measures =
    [
        ("HR_p@10", row => row.PositiveHitRate), ("NDCG_p@10", row => row.PositiveNdcg), ("ΔHR@10", row => row.HitRateDifference), ("ΔNDCG@10", row => row.NdcgDifference),
    ];

    /// <summary>Prints the tables as Markdown and writes the page.</summary>
    public static int Run(IReadOnlyList<TableRow> rows, IReadOnlyList<(TableRun Run, TrainedEpoch Epoch)> epochs, string? page)
    {
        foreach (var table in Tables(rows))
            Console.WriteLine($"{table.Title}\n\n{table.ToMarkdown()}\n");
        if (page is not null)
        {
            PageOf(rows, epochs).Save(page);
            Console.WriteLine($"Written: {page}");
        }

        return 0;
    }

    public static IEnumerable<ResultTable> Tables(IReadOnlyList<TableRow> rows)
    {
        yield return new ResultTable("Table 2 on MovieLens-1M: mean ± standard deviation over seeds", ["", .. Measures.Select(measure => measure.Name), "Seeds", "Epochs"],
            [.. PublishedModel.All.SelectMany(model => OfModel(model, [.. rows.Where(row => row.Run.Model == model.Name && row.Run.Alpha == model.Alpha)], rows.DistinctBy(row => row.Items).Count() > 1))]);
        var byAlpha = ByAlpha(rows);
        if (byAlpha.Length > 1)
        {
            yield return new ResultTable("Figure 2: PNFRec_pn over α, mean ± standard deviation over seeds", ["α", .. Measures.Select(measure => measure.Name), "Seeds"],
                [.. byAlpha.Select(ofAlpha => (IReadOnlyList<string>)[Text(ofAlpha.Alpha), .. Measures.Select(measure => Spread.Of(ofAlpha.Rows, measure.Of).ToString()), Seeds(ofAlpha.Rows)])]);
        }
    }

    public static HtmlPage PageOf(IReadOnlyList<TableRow> rows, IReadOnlyList<(TableRun Run, TrainedEpoch Epoch)> epochs)
    {
        var page = new HtmlPage("PNFRec on MovieLens-1M")
            .AddParagraph("After \"Benefiting from Negative yet Informative Feedback by Contrasting Opposing Sequential Patterns\" (RecSys '25): the last rating of each test user from the boundary in time on is "
                + "foreseen; _p is measured on liked, _n on disliked ground truth, Δ is their difference.");
        foreach (var table in Tables(rows))
            page.AddTable(table);
        var byAlpha = ByAlpha(rows);
        if (byAlpha.Length > 1)
        {
            page.AddHeading("What α is worth, as in figure 2").AddParagraph("In the paper NDCG_p@10 and ΔNDCG@10 are best for α from 0.1 to 0.35.");
            foreach (var measure in Measures.Where(measure => measure.Name.Contains("NDCG", StringComparison.Ordinal)))
            {
                page.AddPlot(ResultPlot.Lines($"{measure.Name} over α", "α", measure.Name, [new PlotLine(PublishedModel.Of(FigureModel).Title, [.. byAlpha.Select(ofAlpha =>
                {
                    var spread = Spread.Of(ofAlpha.Rows, measure.Of);
                    return new PlotPoint(ofAlpha.Alpha, spread.Mean, spread.StandardDeviation);
                })])]));
            }
        }

        foreach (var ofModel in epochs.Where(of => of.Run.Alpha == PublishedModel.Of(of.Run.Model).Alpha).GroupBy(of => of.Run.Model))
        {
            page.AddPlot(ResultPlot.Lines($"{PublishedModel.Of(ofModel.Key).Title}: NDCG_p@10 of the validation users over epochs", "epoch", "NDCG_p@10", [.. ofModel.GroupBy(of => of.Run.Seed).Select(ofSeed
                => new PlotLine($"seed {ofSeed.Key}", [.. ofSeed.Select(of => new PlotPoint(of.Epoch.Epoch, of.Epoch.ValidationNdcg ?? double.NaN))]))]));
        }

        return page;
    }

    private static (double Alpha, TableRow[] Rows)[] ByAlpha(IReadOnlyList<TableRow> rows)
        => [.. rows.Where(row => row.Run.Model == FigureModel).GroupBy(row => row.Run.Alpha!.Value).OrderBy(group => group.Key).Select(group => (group.Key, group.ToArray()))];

    // a row for what was trained alike
    private static IEnumerable<IReadOnlyList<string>> OfModel(PublishedModel model, TableRow[] rows, bool tellsItems)
    {
        if (rows.Length == 0)
            yield break;
        foreach (var alike in rows.GroupBy(row => (row.Length, row.Items)).OrderByDescending(group => group.Key))
        {
            string epochs = alike.All(row => row.Epochs is not null) ? alike.Average(row => row.Epochs!.Value).ToString("0", CultureInfo.InvariantCulture) : "";
            string title = model.Title + (alike.Key.Length == model.Length ? "" : $", length {alike.Key.Length}") + (tellsItems ? $", {Text(alike.Key.Items)} films" : "");
            yield return [title, .. Measures.Select(measure => Spread.Of([.. alike], measure.Of).ToString()), Seeds(alike), epochs];
        }

        yield return ["published", model.HitRate, model.Ndcg, model.HitRateDifference, model.NdcgDifference, "five", ""];
    }

    /// <summary>Such as 1 to 5, or 1, 3; how many trainings there are as well, where files repeat a seed.</summary>
    private static string Seeds(IEnumerable<TableRow> rows)
    {
        int count = rows.Count();
        int[] seeds = [.. rows.Select(row => row.Run.Seed).Distinct().Order()];
        return (seeds.Length < count ? $"{count} trainings of " : "") + (seeds.Length > 2 && seeds[^1] - seeds[0] == seeds.Length - 1 ? $"{seeds[0]} to {seeds[^1]}" : string.Join(", ", seeds));
    }

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);
}
