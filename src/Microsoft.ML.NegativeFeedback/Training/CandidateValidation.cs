using Microsoft.ML.NegativeFeedback.Evaluation;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>AUC, GAUC and NDCG of candidates, of which early stopping watches one. Rows in whose history the model reads nothing are left out.</summary>
internal sealed class CandidateValidation : IValidation
{
    private readonly CandidateRows _data;
    private readonly HistoryScorer _scorer;
    private readonly int[] _rows;
    private readonly EarlyStoppingMetric _metric;

    public CandidateValidation(CandidateRows data, SequenceModel model, EarlyStoppingMetric metric, CancellationToken cancellationToken = default)
    {
        (_data, _metric, _scorer) = (data, metric, new HistoryScorer(model, data.Histories, cancellationToken));
        _rows = [.. Enumerable.Range(0, data.Histories.RowCount)
            .Where(row => _scorer.Length(row) > 0 && data.Candidates(row).Length > 0)
            .OrderBy(_scorer.Length)];
        const string Remedy = "beside a history with an item that the model reads, a liked one as a rule, so early stopping has nothing to watch. Data.LeaveLastOut makes such rows.";
        if (!_rows.Any(HasLiked) || !_rows.Any(HasSkipped))
            throw new InvalidOperationException($"The validation rows have no candidates of both kinds, liked (label 1) and skipped (label 0), {Remedy}");
        // AUC alone compares candidates of different rows
        if (_metric != EarlyStoppingMetric.Auc && !_rows.Any(row => HasLiked(row) && HasSkipped(row)))
        {
            throw new InvalidOperationException($"No validation row has candidates of both kinds, liked (label 1) and skipped (label 0), which {_metric} needs within "
                + $"a row, {Remedy}");
        }

        bool HasLiked(int row) => data.Labels(row).ContainsAnyExceptInRange(float.MinValue, 0);

        bool HasSkipped(int row) => data.Labels(row).ContainsAnyInRange(float.MinValue, 0);
    }

    public ValidationResult Evaluate(TorchWorkers workers, CancellationToken cancellationToken = default)
    {
        int[][] batches = _scorer.BatchesOf(_rows, row => _data.Candidates(row).Length);
        float[][] scores = workers.Map(batches, rows => _scorer.OfCandidates(rows, _data.Padded(rows)), cancellationToken);
        var totals = new CandidateTotals(2);
        for (int batch = 0; batch < batches.Length; batch++)
        {
            int[] rows = batches[batch];
            for (int i = 0; i < rows.Length; i++)
            {
                var row = new float[_data.Candidates(rows[i]).Length];
                for (int candidate = 0; candidate < row.Length; candidate++)
                    row[candidate] = _data.Candidates(rows[i])[candidate] == 0 ? float.NegativeInfinity : scores[batch][(i * (scores[batch].Length / rows.Length)) + candidate];
                totals.Add(row, _data.Labels(rows[i]));
            }
        }

        var metrics = totals.ToMetrics();
        double score = _metric switch
        {
            EarlyStoppingMetric.Gauc => metrics.Gauc,
            EarlyStoppingMetric.Ndcg => metrics.Ndcg,
            _ => metrics.Auc,
        };
        return new ValidationResult(score, new Dictionary<string, double>
        {
            ["AUC"] = metrics.Auc,
            ["GAUC"] = metrics.Gauc,
            ["NDCG@2"] = metrics.Ndcg,
        });
    }
}
