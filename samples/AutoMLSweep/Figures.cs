using Microsoft.ML.NegativeFeedback;

namespace AutoMLSweep;

/// <summary>Draws sweeps over one option.</summary>
internal static class Figures
{
    /// <summary>A chart a metric: its value on the test rows over the option, of every trial that succeeded.</summary>
    public static ReportPage AddSweep(
        this ReportPage page, RecommenderSweepResult sweep, string option, string symbol, params (string Name, Func<TrialMetrics, double> Of)[] metrics)
    {
        foreach (var (name, of) in metrics)
        {
            var points = sweep.Trials.Where(trial => trial.Failure is null)
                .Select(trial => new LinePoint(Convert.ToDouble(trial.Parameters[option]), of(trial.Test!)));
            page.AddLineChart($"{name} over {symbol}", symbol, name, [new LineSeries(name, [.. points])]);
        }

        return page;
    }
}
