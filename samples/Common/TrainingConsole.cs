using System.Globalization;
using Microsoft.ML.NegativeFeedback;
using Spectre.Console;

namespace Common;

/// <summary>Tells how a training goes: a live line in a terminal, a line an epoch where the output goes elsewhere.</summary>
/// <param name="scoreName">What early stopping watches, in a word.</param>
/// <param name="console">Where it is told; null for the standard output.</param>
public sealed class TrainingConsole(string scoreName = "validation", IAnsiConsole? console = null) : IProgress<TrainingProgress>
{
    private readonly IAnsiConsole _console = console ?? AnsiConsole.Console;
    private readonly List<double> _epochSeconds = [];
    private StatusContext? _live;
    private string _title = "";

    /// <summary>The last report, or null before the first.</summary>
    public TrainingProgress? Last { get; private set; }

    /// <summary>The validation score of the best epoch among those that were reported.</summary>
    public double BestScore { get; private set; } = double.NaN;

    public double MedianEpochSeconds => _epochSeconds.Count == 0 ? double.NaN : _epochSeconds.Order().ElementAt(_epochSeconds.Count / 2);

    /// <summary>Trains, and shows how it goes meanwhile.</summary>
    /// <param name="title">What is trained.</param>
    /// <param name="train">Trains, and reports to this.</param>
    public T Watch<T>(string title, Func<T> train)
    {
        _title = title;
        if (!_console.Profile.Capabilities.Interactive)
        {
            _console.Profile.Out.Writer.WriteLine(title);
            return train();
        }

        var model = _console.Status().Start(Markup.Escape(title), context =>
        {
            _live = context;
            return train();
        });
        _live = null;
        if (Last is not null)
            _console.MarkupLineInterpolated($"{title}: {Line(Last)}");
        return model;
    }

    public void Report(TrainingProgress value)
    {
        _epochSeconds.Add((value.Elapsed - (Last?.Elapsed ?? TimeSpan.Zero)).TotalSeconds);
        Last = value;
        if (value.BestEpoch == value.Epoch)
            BestScore = value.ValidationScore ?? double.NaN;
        if (_live is null)
            _console.Profile.Out.Writer.WriteLine($"  {Line(value)}");
        else
            _live.Status(Markup.Escape($"{_title}: {Line(value)}"));
    }

    private string Line(TrainingProgress value)
    {
        string score = value.ValidationScore is { } number ? string.Create(CultureInfo.InvariantCulture, $", {scoreName} {number:0.0000} (best: epoch {value.BestEpoch})") : "";
        // early stopping can only make it shorter
        var left = TimeSpan.FromSeconds((value.MaximumNumberOfEpochs - value.Epoch) * _epochSeconds.Average());
        string time = left > TimeSpan.Zero ? $", at most {Text(left)} left" : "";
        return string.Create(CultureInfo.InvariantCulture, $"epoch {value.Epoch,3} of {value.MaximumNumberOfEpochs}: loss {value.Loss:0.0000}{score}, {value.SequencesPerSecond:N0} sequences/s{time}");
    }

    private static string Text(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes}:{time.Seconds:00}");
}
