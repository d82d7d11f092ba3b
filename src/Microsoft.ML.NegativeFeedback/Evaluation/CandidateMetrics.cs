using System.Globalization;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// How well scores tell liked candidates from skipped ones: over all candidates (AUC, log loss), and within each row, which is what
/// a user sees (GAUC, NDCG@k). Each row brings its own candidates; the measures are those of SINE (RecSys '23, section 5.1).
/// </summary>
/// <remarks>
/// <para>A metric over nothing is <see cref="double.NaN"/>: AUC where all candidates are of one class, GAUC and NDCG where no row has both.</para>
/// <para>
/// A candidate that the model does not know has the score −∞. It ranks below every known one and ties with the other unknown ones; if it
/// was liked, it gains nothing in NDCG and costs −log 1e-15 ≈ 34.5 in the log loss; if it was skipped, it costs nothing there.
/// <see cref="UnknownCount"/> tells how many there are.
/// </para>
/// </remarks>
public sealed class CandidateMetrics
{
    internal CandidateMetrics(int truncationLevel) => TruncationLevel = truncationLevel;

    /// <summary>k of NDCG@k.</summary>
    public int TruncationLevel { get; }

    /// <summary>
    /// The share of pairs of a liked and a skipped candidate, each of any row, in which the liked one has the higher score; ties count ½.
    /// In [0, 1], ½ for a guess. Exact (Mann and Whitney), not a histogram.
    /// </summary>
    public double Auc { get; init; }

    /// <summary>
    /// The mean of the rows' own AUC, over the rows that have liked and skipped candidates, each row of weight 1. In [0, 1]. (The
    /// published code leaves out rows of two candidates as well.)
    /// </summary>
    public double Gauc { get; init; }

    /// <summary>
    /// NDCG@k with gain 1 for liked candidates, the mean over the rows that have liked and skipped candidates, in [0, 1]. Of equal scores
    /// the liked candidates are put first, as in the published code: equal scores everywhere give 1, and an AUC of ½ beside it.
    /// The published code cuts its "NDCG_2" nowhere; <see cref="int.MaxValue"/> as k gives that value.
    /// </summary>
    public double Ndcg { get; init; }

    /// <summary>
    /// The mean over all candidates of −log of the probability of what happened, where σ(score), kept between 1e-15 and 1 − 1e-15, is that
    /// of being liked; in nats. Of use only where scores are meant as log-odds, not where a model merely ranks.
    /// </summary>
    public double LogLoss { get; init; }

    /// <summary>The number of rows.</summary>
    public int RowCount { get; init; }

    /// <summary>The number of rows with liked and skipped candidates: those that <see cref="Gauc"/> and <see cref="Ndcg"/> are means of.</summary>
    public int RowsWithBothClasses { get; init; }

    /// <summary>The number of liked candidates in all rows.</summary>
    public int LikedCount { get; init; }

    /// <summary>The number of skipped candidates in all rows.</summary>
    public int SkippedCount { get; init; }

    /// <summary>The number of candidates that the model does not know: those with the score −∞.</summary>
    public int UnknownCount { get; init; }

    /// <summary>The metrics as a table of three lines.</summary>
    public override string ToString()
    {
        string ndcg = TruncationLevel == int.MaxValue ? "NDCG" : "NDCG@" + TruncationLevel.ToString(CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"""
            {"AUC",10}{"GAUC",10}{ndcg,10}{"log loss",10}
            {Auc,10:0.0000}{Gauc,10:0.0000}{Ndcg,10:0.0000}{LogLoss,10:0.0000}
            rows {RowCount}, with both classes {RowsWithBothClasses}; candidates liked {LikedCount}, skipped {SkippedCount}, unknown {UnknownCount}
            """);
    }
}
