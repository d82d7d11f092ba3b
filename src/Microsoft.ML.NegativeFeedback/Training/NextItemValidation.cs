using Microsoft.ML.NegativeFeedback.Evaluation;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// NDCG_p@k and HR_p@k that early stopping watches: the rank of what came next among all items but those of the row's whole
/// history, over the rows whose target had positive feedback. A tie counts for the target: its rank is 1 + the number of items with a
/// strictly higher score. A target that the history already holds, or that training did not know, is never recommended and counts as missed, as in the published
/// code; a row whose history has nothing that the model reads is left out.
/// </summary>
internal sealed class NextItemValidation : IValidation
{
    private const int RowsPerBatch = 256;

    // 256 MiB of scores of all workers, if a single row has no more
    private const long LargestScores = 1L << 26;

    private readonly SequenceData _data;
    private readonly HistoryScorer _scorer;
    private readonly int[] _rows;
    private readonly int _cutoff;
    private readonly long _largestScores;

    /// <param name="data">Histories with what came next; a target 0 is unknown, and missed.</param>
    /// <param name="model">What is watched.</param>
    /// <param name="cutoff">k.</param>
    /// <param name="cancellationToken">Looked at while windows are cut.</param>
    /// <param name="largestScores">Scores that all workers keep at once, unless a single row has more.</param>
    public NextItemValidation(
        SequenceData data, SequenceModel model, int cutoff, CancellationToken cancellationToken = default, long largestScores = LargestScores)
    {
        (_data, _cutoff, _scorer) = (data, cutoff, new HistoryScorer(model, data, cancellationToken));
        _largestScores = largestScores;
        _rows = [.. Enumerable.Range(0, data.RowCount)
            .Where(row => data.TargetFeedback(row) > 0 && _scorer.Length(row) > 0)
            .OrderBy(_scorer.Length)];
    }

    /// <summary>How many rows count.</summary>
    public int RowCount => _rows.Length;

    /// <summary>How many of them have a target that training knows; the others are missed.</summary>
    public int KnownTargetCount => _rows.Count(row => _data.TargetItem(row) > 0);

    public ValidationResult Evaluate(TorchWorkers workers, CancellationToken cancellationToken = default)
    {
        int[][] ranks = workers.Map([.. _rows.Chunk(RowsPerChunk(_data.ItemCount, _largestScores / workers.Count))], _scorer.RanksOfTargets, cancellationToken);
        var totals = new RankingTotals();
        foreach (int rank in ranks.SelectMany(rank => rank))
            totals.Add(rank <= _cutoff ? rank : 0);
        var quality = totals.ToQuality();
        return new ValidationResult(quality.Ndcg, new Dictionary<string, double>
        {
            [$"NDCG_p@{_cutoff}"] = quality.Ndcg,
            [$"HR_p@{_cutoff}"] = quality.HitRate,
        });
    }

    /// <summary>Rows that are scored at once, as many as memory is set aside for.</summary>
    internal static int RowsPerChunk(int itemCount, long largestScores = LargestScores)
        => (int)Math.Clamp(largestScores / (itemCount + 1L), 1, RowsPerBatch);
}
