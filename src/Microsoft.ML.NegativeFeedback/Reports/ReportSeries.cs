namespace Microsoft.ML.NegativeFeedback;

/// <summary>A series of bars in a <see cref="ReportPage"/>: the same measure of every group.</summary>
/// <param name="Name">What the series is, as the legend has it.</param>
/// <param name="Values">A value a group, in the order of the groups; NaN or infinite where there is none.</param>
public sealed record BarSeries(string Name, IReadOnlyList<double> Values);

/// <summary>A line in a <see cref="ReportPage"/>.</summary>
/// <param name="Name">What the series is, as the legend has it.</param>
/// <param name="Points">Its points; they are drawn in the order of x.</param>
public sealed record LineSeries(string Name, IReadOnlyList<LinePoint> Points);

/// <summary>A point of a <see cref="LineSeries"/>.</summary>
/// <param name="X">Where, on the axis that goes right; finite.</param>
/// <param name="Y">How much, on the axis that goes up; NaN or infinite where there is no value: the line has a gap there.</param>
/// <param name="StandardDeviation">Drawn as a bar from Y − SD to Y + SD; at least 0, or null where it is unknown.</param>
public readonly record struct LinePoint(double X, double Y, double? StandardDeviation = null);
