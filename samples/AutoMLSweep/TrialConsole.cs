using System.Globalization;
using Microsoft.ML.NegativeFeedback;

namespace AutoMLSweep;

/// <summary>Prints a line a trial.</summary>
internal sealed class TrialConsole(string model) : IProgress<SweepProgress>
{
    public void Report(SweepProgress value)
    {
        var trial = value.Trial;
        string parameters = string.Join(", ", trial.Parameters.Select(parameter => string.Create(CultureInfo.InvariantCulture, $"{parameter.Key} {parameter.Value:0.####}")));
        string outcome = trial.Failure is null ? trial.Metric.ToString("0.0000", CultureInfo.InvariantCulture) : $"failed: {trial.Failure.Message.Split('\n')[0]}";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{model}, {parameters}: {outcome} in {trial.Duration.TotalSeconds:0.0} s, best so far {value.Best?.Metric:0.0000}"));
    }
}
