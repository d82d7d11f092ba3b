using System.Globalization;
using System.Text;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// How well recommendations foresee the next item, with liked and disliked ground truth scored apart: a good recommender ranks
/// what a user then liked high and what the user then skipped low, so that every difference Δ = positive − negative is large
/// (PNFRec, RecSys '25, section 4.3).
/// </summary>
/// <remarks>
/// A row whose ground truth was liked counts for the positive metrics, one whose ground truth was disliked for the negative ones. An item that the model does not
/// know is a miss like any other that it does not recommend: a real log always brings new ones.
/// A metric over no rows is <see cref="double.NaN"/>, and so is a difference of which it is a part.
/// </remarks>
public sealed class NextItemMetrics
{
    internal NextItemMetrics(int numberOfRecommendations, RankingQuality positive, RankingQuality negative, double coverage)
    {
        NumberOfRecommendations = numberOfRecommendations;
        Positive = positive;
        Negative = negative;
        Coverage = coverage;
    }

    /// <summary>k: how many recommendations of each row were looked at.</summary>
    public int NumberOfRecommendations { get; }

    /// <summary>The quality against liked ground truth: HR_p, NDCG_p and MRR_p at k. Higher is better.</summary>
    public RankingQuality Positive { get; }

    /// <summary>The quality against disliked ground truth: HR_n, NDCG_n and MRR_n at k. Lower is better.</summary>
    public RankingQuality Negative { get; }

    /// <summary>ΔHR@k = HR_p@k − HR_n@k, in [−1, 1].</summary>
    public double HitRateDifference => Positive.HitRate - Negative.HitRate;

    /// <summary>ΔNDCG@k = NDCG_p@k − NDCG_n@k, in [−1, 1].</summary>
    public double NdcgDifference => Positive.Ndcg - Negative.Ndcg;

    /// <summary>ΔMRR@k = MRR_p@k − MRR_n@k, in [−1, 1].</summary>
    public double ReciprocalRankDifference => Positive.ReciprocalRank - Negative.ReciprocalRank;

    /// <summary>
    /// The share of the catalogue that is recommended to anyone, in [0, 1]; <see cref="double.NaN"/> where neither the recommendations nor the
    /// histories are keys, so that the catalogue is unknown.
    /// </summary>
    public double Coverage { get; }

    /// <summary>
    /// The number of rows whose ground truth is no item that the model knows, or is missing: misses, which <see cref="Positive"/> and <see cref="Negative"/> hold. Where
    /// the catalogue is unknown only missing ones are told, see <see cref="Coverage"/>.
    /// </summary>
    public int UnknownTargetCount { get; init; }

    /// <summary>The number of rows that count for neither, since nothing liked or disliked came next: those with the target feedback 0.</summary>
    public int RowsWithoutTarget { get; init; }

    /// <summary>The metrics as a table of four lines, and a line for unknown ground truth and for rows without any where there are such.</summary>
    public override string ToString()
    {
        var table = new StringBuilder();
        table.AppendLine(CultureInfo.InvariantCulture, $"{"@" + NumberOfRecommendations,-10}{"rows",8}{"HR",10}{"NDCG",10}{"MRR",10}");
        AppendRow(table, "positive", Positive.Count.ToString(CultureInfo.InvariantCulture), Positive.HitRate, Positive.Ndcg, Positive.ReciprocalRank);
        AppendRow(table, "negative", Negative.Count.ToString(CultureInfo.InvariantCulture), Negative.HitRate, Negative.Ndcg, Negative.ReciprocalRank);
        AppendRow(table, "difference", "", HitRateDifference, NdcgDifference, ReciprocalRankDifference);
        table.Append(CultureInfo.InvariantCulture, $"coverage  {Coverage,8:0.0000}");
        if (UnknownTargetCount > 0)
            table.AppendLine().Append(CultureInfo.InvariantCulture, $"unknown   {UnknownTargetCount,8} targets, counted as misses");
        if (RowsWithoutTarget > 0)
            table.AppendLine().Append(CultureInfo.InvariantCulture, $"left out  {RowsWithoutTarget,8} rows without a target");
        return table.ToString();
    }

    private static void AppendRow(StringBuilder table, string name, string count, double hitRate, double ndcg, double reciprocalRank)
        => table.AppendLine(CultureInfo.InvariantCulture, $"{name,-10}{count,8}{hitRate,10:0.0000}{ndcg,10:0.0000}{reciprocalRank,10:0.0000}");
}

/// <summary>Means over rows of how high a list ranks the one item that came next.</summary>
/// <param name="Count">The number of rows.</param>
/// <param name="HitRate">HR@k: the share of rows whose item is among the first k, in [0, 1].</param>
/// <param name="Ndcg">NDCG@k: the mean of 1 / log₂(1 + rank), 0 beyond k, in [0, 1].</param>
/// <param name="ReciprocalRank">MRR@k: the mean of 1 / rank, 0 beyond k, in [0, 1].</param>
public sealed record RankingQuality(int Count, double HitRate, double Ndcg, double ReciprocalRank);
