using Common;
using Microsoft.ML.NegativeFeedback;

namespace AutoMLSweep;

/// <summary>Draws sweeps over one option.</summary>
internal static class SweepFigures
{
    /// <summary>A plot a metric: its value on the test rows over the option, of every trial that succeeded.</summary>
    public static HtmlPage AddSweep(
        this HtmlPage page, RecommenderSweepResult sweep, string option, string symbol, params (string Name, Func<TrialMetrics, double> Of)[] metrics)
    {
        foreach (var (name, of) in metrics)
        {
            var points = sweep.Trials.Where(trial => trial.Failure is null)
                .Select(trial => new PlotPoint(Convert.ToDouble(trial.Parameters[option]), of(trial.Test!)));
            page.AddPlot(ResultPlot.Lines($"{name} over {symbol}", symbol, name, [new PlotLine(name, [.. points])]));
        }

        return page;
    }
}
