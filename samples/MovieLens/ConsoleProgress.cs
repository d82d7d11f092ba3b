using Microsoft.ML.NegativeFeedback;

namespace MovieLens;

/// <summary>Prints a line an epoch and keeps their times.</summary>
internal sealed class ConsoleProgress : IProgress<TrainingProgress>
{
    private readonly List<double> _epochSeconds = [];
    private TimeSpan _elapsed;

    public double MedianEpochSeconds => _epochSeconds.Count == 0 ? double.NaN : _epochSeconds.Order().ElementAt(_epochSeconds.Count / 2);

    public void Report(TrainingProgress value)
    {
        _epochSeconds.Add((value.Elapsed - _elapsed).TotalSeconds);
        _elapsed = value.Elapsed;
        Console.WriteLine($"epoch {value.Epoch,3}: loss {value.Loss:0.0000}, NDCG_p {value.ValidationScore:0.0000} (best: epoch {value.BestEpoch}), "
            + $"{value.SequencesPerSecond:0} sequences/s, {_epochSeconds[^1]:0.0} s");
    }
}
