using Microsoft.ML.NegativeFeedback;

namespace Ranking;

/// <summary>Prints a line an epoch.</summary>
internal sealed class ConsoleProgress : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => Console.WriteLine(FormattableString.Invariant(
        $"  epoch {value.Epoch,3}: loss {value.Loss:0.0000}, validation {value.ValidationScore:0.0000} (best: epoch {value.BestEpoch}), {value.Elapsed.TotalSeconds:0} s"));
}
