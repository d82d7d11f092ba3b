using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>Walks rows of scored candidates once and adds them up.</summary>
internal static class CandidateEvaluator
{
    public static CandidateMetrics Evaluate(IDataView data, string labelColumnName, string scoreColumnName, int truncationLevel)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(truncationLevel);
        var labelColumn = Columns.Require(data.Schema, labelColumnName, ColumnTypes.IsSingleVector,
            "a vector of Single with 1 for each liked candidate and 0 for each skipped one");
        var scoreColumn = Columns.Require(data.Schema, scoreColumnName, ColumnTypes.IsSingleVector,
            "a vector of Single with a score a candidate, which a trainer's transformer adds where it is given a column of candidates");

        var totals = new CandidateTotals(truncationLevel);
        using var cursor = data.GetRowCursor([labelColumn, scoreColumn]);
        var (labelsReader, scoresReader) = (new VectorReader<float>(cursor, labelColumn), new VectorReader<float>(cursor, scoreColumn));
        bool hasRows = false;
        while (cursor.MoveNext())
        {
            hasRows = true;
            var labels = labelsReader.Read();
            var scores = scoresReader.Read();
            if (CandidateTotals.FaultOf(scores, labels) is { } fault)
                throw new ArgumentException($"Row {cursor.Position + 1}, columns '{scoreColumnName}' and '{labelColumnName}': {fault}");
            totals.Add(scores, labels);
        }

        if (!hasRows)
            throw new InvalidOperationException("There are no rows to evaluate.");
        if (totals.CandidateCount == 0)
            throw new InvalidOperationException($"No row has a candidate: columns '{scoreColumnName}' and '{labelColumnName}' are empty everywhere.");
        return totals.ToMetrics();
    }
}

/// <summary>What a score says of the chance that its candidate is liked.</summary>
internal enum ScoreKind
{
    /// <summary>σ(score) is the chance.</summary>
    LogOdds,

    /// <summary>The score is the chance.</summary>
    Probability,
}

/// <summary>How well a row's scores rank its candidates; NaN both where it lacks liked or skipped ones.</summary>
internal readonly record struct RowQuality(double Auc, double Ndcg);

/// <summary>
/// Adds up rows of scored candidates to <see cref="CandidateMetrics"/>. Exact and in the order of the rows: the same rows give the
/// same metrics to the bit. Holds four bytes a candidate.
/// </summary>
internal sealed class CandidateTotals
{
    /// <summary>The published code's bound on a probability, here kept in double precision, where 1 − 1e-15 is not 1.</summary>
    private const double SmallestProbability = 1e-15;

    private static readonly double LargestLoss = -Math.Log(SmallestProbability);

    private readonly int _truncationLevel;
    private readonly ScoreKind _scoreKind;
    private readonly List<float> _liked = [];
    private readonly List<float> _skipped = [];
    private double _logLoss;
    private double _rowAucs;
    private double _rowNdcgs;
    private int _rows;
    private int _rowsWithBothClasses;
    private int _unknown;

    /// <param name="truncationLevel">k of NDCG@k, at least 1.</param>
    /// <param name="scoreKind">What the log loss takes the scores for.</param>
    public CandidateTotals(int truncationLevel, ScoreKind scoreKind = ScoreKind.LogOdds)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(truncationLevel);
        (_truncationLevel, _scoreKind) = (truncationLevel, scoreKind);
    }

    /// <summary>The number of candidates of all rows.</summary>
    public int CandidateCount => _liked.Count + _skipped.Count;

    /// <summary>What is wrong with a row, in words, or null.</summary>
    public static string? FaultOf(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        if (scores.Length != labels.Length)
            return $"there are {scores.Length} scores and {labels.Length} labels; each candidate needs one of both.";
        foreach (float score in scores)
        {
            if (float.IsNaN(score))
                return "a score is NaN: the model that gave it is broken, by a diverged training for instance.";
        }

        foreach (float label in labels)
        {
            if (label is not (0 or 1))
                return $"a label is {label.ToString(CultureInfo.InvariantCulture)}; expected 1 for a liked candidate and 0 for a skipped one. Leave out candidates that are neither.";
        }

        return null;
    }

    /// <summary>Adds a row.</summary>
    /// <param name="scores">A score a candidate, −∞ for one that the model does not know.</param>
    /// <param name="labels">1 for liked, 0 for skipped, in the same order.</param>
    /// <returns>How well this row is ranked.</returns>
    /// <exception cref="ArgumentException">The lengths differ, a score is NaN or a label neither 0 nor 1.</exception>
    public RowQuality Add(ReadOnlySpan<float> scores, ReadOnlySpan<float> labels)
    {
        if (FaultOf(scores, labels) is { } fault)
            throw new ArgumentException(fault);
        int likedBefore = _liked.Count, skippedBefore = _skipped.Count;
        for (int i = 0; i < scores.Length; i++)
        {
            bool isLiked = labels[i] != 0;
            (isLiked ? _liked : _skipped).Add(scores[i]);
            _logLoss += _scoreKind == ScoreKind.LogOdds ? LossOf(isLiked ? scores[i] : -scores[i]) : LossOfProbability(isLiked ? scores[i] : 1.0 - scores[i]);
            _unknown += float.IsNegativeInfinity(scores[i]) ? 1 : 0;
        }

        _rows++;
        var liked = CollectionsMarshal.AsSpan(_liked)[likedBefore..];
        var skipped = CollectionsMarshal.AsSpan(_skipped)[skippedBefore..];
        if (liked.IsEmpty || skipped.IsEmpty)
            return new RowQuality(double.NaN, double.NaN);
        _rowsWithBothClasses++;
        liked.Sort();
        skipped.Sort();
        var quality = new RowQuality(AreaUnderCurve(liked, skipped), Ndcg(liked, skipped));
        _rowAucs += quality.Auc;
        _rowNdcgs += quality.Ndcg;
        return quality;
    }

    public CandidateMetrics ToMetrics()
    {
        // sorting in place harms nothing: only the scores of a row in the making are looked at again
        var liked = CollectionsMarshal.AsSpan(_liked);
        var skipped = CollectionsMarshal.AsSpan(_skipped);
        liked.Sort();
        skipped.Sort();
        return new CandidateMetrics(_truncationLevel)
        {
            Auc = AreaUnderCurve(liked, skipped),
            Gauc = _rowsWithBothClasses == 0 ? double.NaN : _rowAucs / _rowsWithBothClasses,
            Ndcg = _rowsWithBothClasses == 0 ? double.NaN : _rowNdcgs / _rowsWithBothClasses,
            LogLoss = CandidateCount == 0 ? double.NaN : _logLoss / CandidateCount,
            RowCount = _rows,
            RowsWithBothClasses = _rowsWithBothClasses,
            LikedCount = _liked.Count,
            SkippedCount = _skipped.Count,
            UnknownCount = _unknown,
        };
    }

    /// <summary>
    /// −log σ(score) without overflow. σ is kept between 1e-15 and 1 − 1e-15, as the published code means to; there the upper bound is
    /// lost in single precision, so that a confident score gives an infinite or undefined loss.
    /// </summary>
    private static double LossOf(double score)
    {
        double loss = score > 0 ? Math.Log(1 + Math.Exp(-score)) : Math.Log(1 + Math.Exp(score)) - score;
        return Math.Clamp(loss, SmallestProbability, LargestLoss);
    }

    /// <summary>−log of a probability, which is kept between 1e-7 and 1 − 1e-7.</summary>
    private static double LossOfProbability(double probability)
        => -Math.Log(Math.Clamp(probability, MultiFeedbackMetrics.ProbabilityBound, 1 - MultiFeedbackMetrics.ProbabilityBound));

    /// <summary>Mann and Whitney's count of the pairs in the right order, ties ½, over all pairs; both ascending. NaN without pairs.</summary>
    private static double AreaUnderCurve(ReadOnlySpan<float> liked, ReadOnlySpan<float> skipped)
    {
        ulong halves = 0; // two for a pair in the right order, one for a tie
        int below = 0, notAbove = 0;
        foreach (float score in liked)
        {
            while (below < skipped.Length && skipped[below] < score)
                below++;
            while (notAbove < skipped.Length && skipped[notAbove] <= score)
                notAbove++;
            halves += (ulong)below + (ulong)notAbove;
        }

        return halves / (2.0 * liked.Length * skipped.Length);
    }

    /// <summary>
    /// DCG over the best DCG that there is, gain 1 for a liked candidate, both ascending. Of equal scores the liked come first, as in
    /// the published code; an unknown liked one, which no ranking would show, gains nothing.
    /// </summary>
    private double Ndcg(ReadOnlySpan<float> liked, ReadOnlySpan<float> skipped)
    {
        double gain = 0, best = 0;
        int ahead = 0; // skipped candidates of a higher score
        for (int i = 0; i < Math.Min(liked.Length, _truncationLevel); i++)
        {
            float score = liked[^(i + 1)];
            while (ahead < skipped.Length && skipped[^(ahead + 1)] > score)
                ahead++;
            best += RankingTotals.Discount(i + 1);
            if (i + ahead < _truncationLevel && !float.IsNegativeInfinity(score))
                gain += RankingTotals.Discount(i + ahead + 1);
        }

        return gain / best;
    }
}
