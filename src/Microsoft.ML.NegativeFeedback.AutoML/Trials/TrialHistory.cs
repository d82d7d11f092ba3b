using System.Globalization;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>The finished trials of a sweep, and the best of them.</summary>
internal sealed class TrialHistory
{
    private readonly List<RecommendationTrial> _trials = [];
    private readonly TrialMeasurement _measurement;
    private readonly bool _ownsModels;

    /// <param name="measurement">What the trials are measured by.</param>
    /// <param name="ownsModels">Whether a model that is not the best, or no longer, can be disposed: nobody else has an eye on it.</param>
    public TrialHistory(TrialMeasurement measurement, bool ownsModels)
    {
        _measurement = measurement;
        _ownsModels = ownsModels;
    }

    public IReadOnlyList<RecommendationTrial> Trials => _trials;

    public RecommendationTrial? Best { get; private set; }

    public ITransformer? BestModel { get; private set; }

    /// <summary>Keeps a trial, and tells the log and the options' progress how the sweep stands; a progress that throws is warned of, as the trial is done.</summary>
    public void Add(RecommendationTrial trial, ITransformer? model, IChannelProvider log)
    {
        _trials.Add(trial);
        bool isBest = model is not null && (Best is null || trial.Metric > Best.Metric);
        if (_ownsModels)
            ((isBest ? BestModel : model) as IDisposable)?.Dispose();
        if (isBest)
            (Best, BestModel) = (trial, model);

        using var channel = log.Start("Sweep");
        channel.Info(MessageSensitivity.None, "{0}", Describe(trial));
        try
        {
            _measurement.Options.Progress?.Report(new SweepProgress(trial, Best));
        }
        catch (Exception exception)
        {
            channel.Warning(MessageSensitivity.None, "{0} was told of trial {1} and threw {2}; the sweep goes on: {3}",
                nameof(RecommendationMetricOptions.Progress), trial.Id, exception.GetType().Name, FirstLine(exception.Message));
        }
    }

    private string Describe(RecommendationTrial trial)
    {
        string outcome = trial.Failure is null
            ? string.Create(CultureInfo.InvariantCulture, $"{_measurement.MetricName} {trial.Metric:0.0000}")
            : $"failed, {FirstLine(trial.Failure.Message)}";
        string best = Best is null
            ? "no trial has succeeded so far"
            : string.Create(CultureInfo.InvariantCulture, $"best so far {Best.Metric:0.0000} of trial {Best.Id}");
        return string.Create(CultureInfo.InvariantCulture,
            $"Trial {trial.Id}{trial.TrainerName} ({trial.ParameterText}): {outcome} after {trial.Duration.TotalSeconds:0.0} s; {best}");
    }

    /// <summary>libtorch's messages go on with a stack trace.</summary>
    private static string FirstLine(string message) => message.Split('\n', 2)[0].TrimEnd();
}
