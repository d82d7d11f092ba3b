namespace Common;

/// <summary>A mean over trainings and the standard deviation of the sample.</summary>
/// <param name="Mean">The mean; NaN where a value is.</param>
/// <param name="StandardDeviation">Null where there is one value, or the mean is none.</param>
/// <param name="Count">How many trainings.</param>
public readonly record struct Spread(double Mean, double? StandardDeviation, int Count)
{
    public static Spread Of<T>(IReadOnlyCollection<T> results, Func<T, double> metric)
    {
        double mean = results.Average(metric);
        return new Spread(mean, results.Count < 2 || double.IsNaN(mean) ? null : Math.Sqrt(results.Sum(result => Math.Pow(metric(result) - mean, 2)) / (results.Count - 1)), results.Count);
    }

    public override string ToString() => double.IsNaN(Mean) ? "–"
        : FormattableString.Invariant($"{Mean:0.0000}") + (StandardDeviation is { } deviation ? FormattableString.Invariant($" ± {deviation:0.0000}") : "");
}
