using FsCheck;
using FsCheck.Fluent;
using Microsoft.ML.NegativeFeedback.Evaluation;

namespace Microsoft.ML.NegativeFeedback.Tests.Evaluation;

/// <summary>What holds for every set of rows: FsCheck draws few different scores, so that there are ties.</summary>
public sealed class CandidateTotalsProperties
{
    private static readonly Gen<(float Score, float Label)> Candidate =
        from score in Gen.Choose(-4, 4)
        from isUnknown in Gen.Frequency((9, Gen.Constant(false)), (1, Gen.Constant(true)))
        from label in Gen.Choose(0, 1)
        select (isUnknown ? float.NegativeInfinity : score / 2f, (float)label);

    private static readonly Arbitrary<(float Score, float Label)[][]> Rows =
        Candidate.ListOf().Select(row => row.ToArray()).NonEmptyListOf().Select(rows => rows.ToArray()).ToArbitrary();

    [Fact]
    public void Auc_is_the_count_of_all_pairs()
        => ForAll(rows => IsClose(CountPairs(rows.SelectMany(row => row)), MetricsOf(rows).Auc));

    [Fact]
    public void Gauc_is_the_mean_over_the_rows_that_have_pairs()
        => ForAll(rows =>
        {
            var aucs = rows.Select(CountPairs).Where(auc => !double.IsNaN(auc)).ToArray();
            var metrics = MetricsOf(rows);
            return metrics.RowsWithBothClasses == aucs.Length && IsClose(aucs.DefaultIfEmpty(double.NaN).Average(), metrics.Gauc);
        });

    [Fact]
    public void Ndcg_is_that_of_the_sorted_list()
        => ForAll(rows => Enumerable.Range(1, 4).Append(int.MaxValue).All(k =>
        {
            var mixed = rows.Where(row => row.Any(candidate => candidate.Label == 1) && row.Any(candidate => candidate.Label == 0));
            return IsClose(mixed.Select(row => SortedNdcg(row, k)).DefaultIfEmpty(double.NaN).Average(), MetricsOf(rows, k).Ndcg);
        }));

    [Fact]
    public void Only_the_order_of_scores_matters_but_for_the_log_loss()
        => ForAll(rows =>
        {
            // unknown stays unknown
            var stretched = rows.Select(row => row.Select(candidate => candidate with
            {
                Score = float.IsNegativeInfinity(candidate.Score) ? candidate.Score : (MathF.Exp(candidate.Score) * 100) - 7,
            }).ToArray()).ToArray();
            var (before, after) = (MetricsOf(rows), MetricsOf(stretched));
            return Same(before.Auc, after.Auc) && Same(before.Gauc, after.Gauc) && Same(before.Ndcg, after.Ndcg);
        });

    [Fact]
    public void Turning_scores_and_labels_round_keeps_the_auc()
        => ForAll(rows => IsClose(
            MetricsOf(rows).Auc,
            MetricsOf([.. rows.Select(row => row.Select(candidate => (-candidate.Score, 1 - candidate.Label)).ToArray())]).Auc));

    [Fact]
    public void Metrics_stay_in_their_bounds()
        => ForAll(rows => Enumerable.Range(1, 3).All(k =>
        {
            var metrics = MetricsOf(rows, k);
            return IsShare(metrics.Auc) && IsShare(metrics.Gauc) && IsShare(metrics.Ndcg)
                && (double.IsNaN(metrics.LogLoss) || metrics.LogLoss is > 0 and < 35)
                && metrics.LikedCount + metrics.SkippedCount == rows.Sum(row => row.Length) && metrics.RowCount == rows.Length;
        }));

    [Fact]
    public void Metrics_may_be_taken_in_between()
        => ForAll(rows =>
        {
            var totals = new CandidateTotals(2);
            foreach (var row in rows)
            {
                Add(totals, row);
                totals.ToMetrics();
            }

            var (once, often) = (MetricsOf(rows), totals.ToMetrics());
            return Same(once.Auc, often.Auc) && Same(once.Gauc, often.Gauc) && Same(once.Ndcg, often.Ndcg) && Same(once.LogLoss, often.LogLoss);
        });

    private static void ForAll(Func<(float Score, float Label)[][], bool> property)
        => Check.One(Config.QuickThrowOnFailure.WithMaxTest(200).WithReplay(new Replay(new Rnd(17, 19), null)), Prop.ForAll(Rows, property));

    private static CandidateMetrics MetricsOf((float Score, float Label)[][] rows, int truncationLevel = 2)
    {
        var totals = new CandidateTotals(truncationLevel);
        foreach (var row in rows)
            Add(totals, row);
        return totals.ToMetrics();
    }

    private static void Add(CandidateTotals totals, (float Score, float Label)[] row)
        => totals.Add([.. row.Select(candidate => candidate.Score)], [.. row.Select(candidate => candidate.Label)]);

    private static double CountPairs(IEnumerable<(float Score, float Label)> candidates)
    {
        var pairs = (from liked in candidates
                     from skipped in candidates
                     where liked.Label == 1 && skipped.Label == 0
                     select liked.Score > skipped.Score ? 1 : liked.Score == skipped.Score ? 0.5 : 0).ToArray();
        return pairs.Length == 0 ? double.NaN : pairs.Average();
    }

    private static double SortedNdcg((float Score, float Label)[] row, int k)
    {
        double Gain(IEnumerable<(float Score, float Label)> order) => order.Take(k)
            .Select((candidate, place) => candidate.Label / Math.Log2(place + 2)).Sum();
        var ranked = row.OrderByDescending(candidate => candidate.Score).ThenByDescending(candidate => candidate.Label)
            .Select(candidate => float.IsNegativeInfinity(candidate.Score) ? (candidate.Score, 0) : candidate);
        return Gain(ranked) / Gain(row.OrderByDescending(candidate => candidate.Label));
    }

    private static bool Same(double x, double y) => x.Equals(y);

    private static bool IsClose(double x, double y) => x.Equals(y) || Math.Abs(x - y) < 1e-12;

    private static bool IsShare(double value) => double.IsNaN(value) || value is >= 0 and <= 1;
}
