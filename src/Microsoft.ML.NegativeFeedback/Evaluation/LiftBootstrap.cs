using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Sampling;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>
/// Means over the users of a group for two models, and percentile intervals of their lifts. Every user is a row of sums, so that a draw costs an addition a metric
/// and model, whatever the number of candidates.
/// </summary>
internal sealed class LiftBootstrap
{
    private readonly int _userCount;
    private readonly int _metricCount;
    private readonly int _width; // vectors a user
    private readonly Vector<double>[] _rows; // [user, width]: values of the baseline, of the treatment, then 1 where there is a value, 0 where not

    /// <param name="users">The group's users, at least one.</param>
    /// <param name="baseline">[user, metric], NaN where the user does not count.</param>
    /// <param name="treatment">The same of the other model.</param>
    /// <param name="metricCount">The number of metrics.</param>
    public LiftBootstrap(IReadOnlyList<int> users, ReadOnlySpan<double> baseline, ReadOnlySpan<double> treatment, int metricCount)
    {
        (_userCount, _metricCount) = (users.Count, metricCount);
        _width = ((4 * metricCount) + Vector<double>.Count - 1) / Vector<double>.Count;
        _rows = new Vector<double>[checked(users.Count * _width)];
        for (int i = 0; i < users.Count; i++)
        {
            var row = MemoryMarshal.Cast<Vector<double>, double>(_rows.AsSpan(i * _width, _width));
            Fill(row, 0, baseline.Slice(users[i] * metricCount, metricCount));
            Fill(row, metricCount, treatment.Slice(users[i] * metricCount, metricCount));
        }
    }

    /// <summary>100 · (treatment − baseline) / baseline; 0 where both are the same.</summary>
    public static double LiftPercent(double baseline, double treatment)
        => double.IsNaN(baseline) || double.IsNaN(treatment) ? double.NaN
        : baseline == treatment ? 0
        : 100 * (treatment - baseline) / baseline;

    /// <summary>The means of all users, NaN where none counts, and the number of those that count for the baseline.</summary>
    public (double Baseline, double Treatment, int Count) MeanOf(int metric)
    {
        var sums = new double[_width * Vector<double>.Count];
        for (int user = 0; user < _userCount; user++)
            Add(sums, user);
        return (Mean(sums, metric), Mean(sums, metric + _metricCount), (int)sums[(2 * _metricCount) + metric]);
    }

    /// <summary>The interval of every metric's lift, NaN where no draw has one.</summary>
    /// <param name="draws">B.</param>
    /// <param name="level">In (0, 1).</param>
    /// <param name="seed">The same seed draws the same users, on any number of threads.</param>
    /// <param name="cancellationToken">Ends the drawing.</param>
    public (double Lower, double Upper)[] Intervals(int draws, double level, long seed, CancellationToken cancellationToken)
    {
        var lifts = new double[_metricCount][];
        for (int metric = 0; metric < _metricCount; metric++)
            lifts[metric] = new double[draws];
        Parallel.For(0, draws, new ParallelOptions { CancellationToken = cancellationToken }, draw =>
        {
            var random = CounterRandom.Of(seed, draw);
            var sums = new double[_width * Vector<double>.Count];
            for (int i = 0; i < _userCount; i++)
                Add(sums, random.Below(_userCount, (uint)i));
            for (int metric = 0; metric < _metricCount; metric++)
                lifts[metric][draw] = LiftPercent(Mean(sums, metric), Mean(sums, metric + _metricCount));
        });
        return [.. lifts.Select(values => Interval([.. values.Where(value => !double.IsNaN(value)).Order()], level))];
    }

    private void Fill(Span<double> row, int at, ReadOnlySpan<double> values)
    {
        for (int metric = 0; metric < values.Length; metric++)
        {
            bool counts = !double.IsNaN(values[metric]);
            row[at + metric] = counts ? values[metric] : 0;
            row[(2 * _metricCount) + at + metric] = counts ? 1 : 0;
        }
    }

    private void Add(double[] sums, int user)
    {
        var totals = MemoryMarshal.Cast<double, Vector<double>>(sums.AsSpan());
        var row = _rows.AsSpan(user * _width, _width);
        for (int i = 0; i < row.Length; i++)
            totals[i] += row[i];
    }

    /// <summary>0 / 0 is NaN: no user counts.</summary>
    private double Mean(double[] sums, int value) => sums[value] / sums[(2 * _metricCount) + value];

    /// <summary>The values at both ends; nearest rank, so that infinite lifts do no harm.</summary>
    private static (double Lower, double Upper) Interval(double[] ascending, double level)
    {
        if (ascending.Length == 0)
            return (double.NaN, double.NaN);
        int below = (int)Math.Round((ascending.Length - 1) * (1 - level) / 2, MidpointRounding.AwayFromZero);
        return (ascending[below], ascending[^(below + 1)]);
    }
}
