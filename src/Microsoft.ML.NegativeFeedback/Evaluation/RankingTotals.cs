namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>Adds up ranks, one a row, to the means of a <see cref="RankingQuality"/>.</summary>
internal sealed class RankingTotals
{
    private int _count;
    private int _hits;
    private double _ndcg;
    private double _reciprocalRank;

    /// <param name="rank">The 1-based rank of the row's item among the first k, or 0 where it is not there.</param>
    public void Add(int rank)
    {
        _count++;
        if (rank == 0)
            return;
        _hits++;
        _ndcg += 1 / Math.Log2(1 + rank);
        _reciprocalRank += 1.0 / rank;
    }

    public RankingQuality ToQuality() => new(_count, Mean(_hits), Mean(_ndcg), Mean(_reciprocalRank));

    private double Mean(double total) => _count == 0 ? double.NaN : total / _count;
}
