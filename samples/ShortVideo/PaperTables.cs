using Common;

namespace ShortVideo;

/// <summary>Tables in the form of the paper's tables 3 and 4: a row a model, metrics as mean ± standard deviation over seeds.</summary>
internal static class PaperTables
{
    private static readonly string[] Header = ["Method", "AUC", "GAUC", "NDCG@2", "Seeds", "Learning rate", "Dropout rate", "Seconds"];

    /// <summary>Both tables of every set of data; models without results are left out, and tables without models.</summary>
    /// <param name="results">All results.</param>
    /// <param name="subInterests">K of SINE and its ablations.</param>
    public static IEnumerable<ResultTable> Of(IReadOnlyCollection<RunResult> results, int subInterests)
    {
        return from dataset in results.Select(result => result.Run.Dataset).Distinct()
               from table in new[]
               {
                   new ResultTable($"Comparison, as in table 3: {dataset}", Header, RowsOf(Models.Compared, dataset)),
                   new ResultTable($"Ablations, as in table 4: {dataset}", Header, RowsOf(Models.Ablations, dataset)),
               }
               where table.Rows.Count > 0
               select table;

        IReadOnlyList<string>[] RowsOf(IEnumerable<string> models, string dataset) =>
        [
            .. from model in models
               let summary = ModelSummary.Of(results, dataset, model, Models.HasSubInterests(model) ? subInterests : 0)
               where summary is not null
               select summary.ToCells(Models.Titles[model]),
        ];
    }
}
