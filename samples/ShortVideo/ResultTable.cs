namespace ShortVideo;

/// <summary>A table in the form of the paper's tables 3 and 4: a row a model, metrics as mean ± standard deviation over seeds.</summary>
internal sealed record ResultTable(string Title, IReadOnlyList<IReadOnlyList<string>> Rows)
{
    public static IReadOnlyList<string> Header { get; } = ["Method", "AUC", "GAUC", "NDCG@2", "Seeds", "Learning rate", "Dropout rate", "Seconds"];

    /// <summary>Both tables of every set of data; models without results are left out.</summary>
    /// <param name="results">All results.</param>
    /// <param name="subInterests">K of SINE and its ablations.</param>
    public static IEnumerable<ResultTable> Of(IReadOnlyCollection<RunResult> results, int subInterests)
    {
        foreach (string dataset in results.Select(result => result.Run.Dataset).Distinct())
        {
            yield return new ResultTable($"Comparison, as in table 3: {dataset}", RowsOf(Models.Compared, dataset));
            yield return new ResultTable($"Ablations, as in table 4: {dataset}", RowsOf(Models.Ablations, dataset));
        }

        IReadOnlyList<string>[] RowsOf(IEnumerable<string> models, string dataset) =>
        [
            .. from model in models
               let summary = Summary.Of(results, dataset, model, Models.HasSubInterests(model) ? subInterests : 0)
               where summary is not null
               select summary.ToCells(Models.Titles[model]),
        ];
    }

    public override string ToString()
    {
        int[] widths = [.. Header.Select((cell, column) => Rows.Select(row => row[column].Length).Append(cell.Length).Max())];
        return string.Join('\n', Rows.Select(Line).Prepend(Line(Header)).Prepend(Title));

        string Line(IReadOnlyList<string> cells) => string.Join("  ", cells.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd();
    }
}
