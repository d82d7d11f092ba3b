using Microsoft.ML.NegativeFeedback;

namespace AutoMLSweep;

/// <summary>Metrics over one option of a sweep.</summary>
internal sealed class Figure
{
    private readonly string _title;
    private readonly string _axis;
    private readonly double[] _values;
    private readonly (string Name, double[] Values)[] _lines;

    private Figure(string title, string axis, double[] values, (string Name, double[] Values)[] lines)
    {
        _title = title;
        _axis = axis;
        _values = values;
        _lines = lines;
    }

    /// <summary>The trials that succeeded, measured on the test rows.</summary>
    public static Figure Of(
        RecommenderSweepResult sweep, string parameter, string title, string axis, params (string Name, Func<TrialMetrics, double> Of)[] metrics)
    {
        var trials = sweep.Trials.Where(trial => trial.Failure is null).ToArray();
        return new Figure(title, axis, [.. trials.Select(trial => Convert.ToDouble(trial.Parameters[parameter]))],
            [.. metrics.Select(metric => (metric.Name, trials.Select(trial => metric.Of(trial.Test!)).ToArray()))]);
    }

    public void Print()
    {
        Console.WriteLine();
        Console.WriteLine(_title);
        Console.WriteLine($"{_axis,6}{string.Concat(_lines.Select(line => $"{line.Name,12}"))}");
        for (int i = 0; i < _values.Length; i++)
            Console.WriteLine($"{_values[i],6:0.##}{string.Concat(_lines.Select(line => $"{line.Values[i],12:0.0000}"))}");
    }
}
