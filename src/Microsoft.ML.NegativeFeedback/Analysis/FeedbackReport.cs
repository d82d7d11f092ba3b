using System.Globalization;

namespace Microsoft.ML.NegativeFeedback.Analysis;

/// <summary>The page of a <see cref="FeedbackAnalysis"/>.</summary>
internal static class FeedbackReport
{
    public static ReportPage PageOf(FeedbackAnalysis analysis)
    {
        var page = new ReportPage("What the log says about negative feedback")
            .AddParagraph(string.Create(CultureInfo.InvariantCulture,
                $"{analysis.InteractionCount:N0} interactions of {analysis.UserCount:N0} users with {analysis.ItemCount:N0} items."));
        AddKinds(page, analysis);
        if (analysis.CategoryCases.Count > 0)
            AddCases(page, analysis);
        return page;
    }

    public static string NameOf(FeedbackKind kind) => kind switch
    {
        FeedbackKind.Positive => "positive",
        FeedbackKind.PassiveNegative => "passive-negative",
        FeedbackKind.ActiveNegative => "active-negative",
        _ => "neither",
    };

    private static void AddKinds(ReportPage page, FeedbackAnalysis analysis)
    {
        page.AddHeading("Kinds of feedback");
        page.AddParagraph("Positive: liked, by the rule that labelled the log. Passive-negative: skipped. Active-negative: disliked explicitly; those count "
            + "as nothing else. After figure 1 of SINE (RecSys '23).");
        if (analysis.Kinds.All(kind => kind.Kind != FeedbackKind.ActiveNegative))
            page.AddParagraph("No column of explicit dislikes was named.");
        page.AddBarChart("Share of each kind of feedback", [.. analysis.Kinds.Select(kind => NameOf(kind.Kind))],
            [new BarSeries("share of interactions", [.. analysis.Kinds.Select(kind => kind.Share)])], "share of interactions", "P1");
        page.AddTable(["kind", "interactions", "share"],
            analysis.Kinds.Select(kind => (IReadOnlyList<string>)[NameOf(kind.Kind), Count(kind.Count), Share(kind.Share)]));
    }

    private static void AddCases(ReportPage page, FeedbackAnalysis analysis)
    {
        page.AddHeading("Categories of liked and skipped items");
        string limit = analysis.MaximumDistance == int.MaxValue ? "" : $", at most {Count(analysis.MaximumDistance)} places before,";
        page.AddParagraph($"Each liked item is paired with the nearest skip before it in the user's order{limit} and, to compare, with an item drawn from the catalogue "
            + "by chance. Pairs are told apart by the level of the categories at which they first differ. After figure 2c of SINE (RecSys '23).");
        if (analysis.ItemsWithoutCategories > 0)
            page.AddParagraph($"{Count(analysis.ItemsWithoutCategories)} items lack a category and are left out.");
        if (analysis.PairCount == 0)
        {
            page.AddParagraph("There is no such pair in this log.");
            return;
        }

        page.AddBarChart($"Category cases of {Count(analysis.PairCount)} pairs each", [.. analysis.CategoryCases.Select(row => row.Description)],
            [
                new BarSeries("liked and skipped before", [.. analysis.CategoryCases.Select(row => row.NeighbouringShare)]),
                new BarSeries("liked and random", [.. analysis.CategoryCases.Select(row => row.RandomShare)]),
            ], "share of pairs", "P1");
        page.AddTable(["case", "categories", "liked and skipped before", "share", "liked and random", "share"],
            analysis.CategoryCases.Select(row => (IReadOnlyList<string>)
            [
                row.Number.ToString(CultureInfo.InvariantCulture), row.Description, Count(row.NeighbouringCount), Share(row.NeighbouringShare),
                Count(row.RandomCount), Share(row.RandomShare),
            ]));
    }

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    private static string Share(double share) => share.ToString("P1", CultureInfo.InvariantCulture);
}
