using Microsoft.ML.NegativeFeedback.Losses;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Training rows that can be cut into what a step works off.</summary>
internal interface IBatchSource
{
    /// <summary>How many rows there is something to learn from.</summary>
    int RowCount { get; }

    /// <summary>Cuts a batch.</summary>
    /// <param name="rows">Which of the rows, 0 … <see cref="RowCount"/> − 1.</param>
    /// <param name="step">What the step is known by: everything random about the batch follows from it.</param>
    Batch Cut(ReadOnlySpan<int> rows, PassKey step);
}

/// <summary>What a step works off.</summary>
/// <param name="Parts">The parts, independent of each other.</param>
/// <param name="Mean">The loss of the batch from the sums over all parts.</param>
internal sealed record Batch(IReadOnlyList<BatchPart> Parts, Func<LossSums, LossTerms> Mean);

/// <summary>A part of a batch that goes through the model at once.</summary>
/// <param name="Size">How much work it is: positions.</param>
/// <param name="Accumulate">Adds its losses and gradients to a thread's sums.</param>
internal sealed record BatchPart(long Size, Action<PassKey, GradientSums> Accumulate);
