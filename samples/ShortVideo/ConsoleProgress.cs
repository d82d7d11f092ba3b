using Microsoft.ML.NegativeFeedback;

namespace ShortVideo;

/// <summary>Prints a line an epoch and keeps what the table of results says of training.</summary>
internal sealed class ConsoleProgress : IProgress<TrainingProgress>
{
    /// <summary>The best AUC on the validation rows.</summary>
    public double ValidationAuc { get; private set; } = double.NaN;

    public int Epochs { get; private set; }

    public void Report(TrainingProgress value)
    {
        Epochs = value.Epoch;
        if (value.BestEpoch == value.Epoch)
            ValidationAuc = value.ValidationMetrics["AUC"];
        string metrics = string.Join(", ", value.ValidationMetrics.Select(metric => string.Create(Lines.Culture, $"{metric.Key} {metric.Value:0.0000}")));
        Console.WriteLine(string.Create(Lines.Culture,
            $"  epoch {value.Epoch,3}: loss {value.Loss:0.0000}, {metrics} (best: epoch {value.BestEpoch}), {value.Elapsed.TotalSeconds:0} s"));
    }
}
