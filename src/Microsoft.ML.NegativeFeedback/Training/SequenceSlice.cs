using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Sequences of like length, padded on the right with 0 to the longest of them: the part of a batch that goes through an encoder
/// at once. Every position that holds an item carries a label, the item that came next.
/// </summary>
/// <param name="Kind">What the sequences are made of.</param>
/// <param name="Count">Number of sequences.</param>
/// <param name="Length">Positions a sequence.</param>
/// <param name="Inputs">[count · length] items, 0 where a sequence has ended.</param>
/// <param name="LabelledPositions">[n] indices into <paramref name="Inputs"/> of the positions that hold an item, ascending.</param>
/// <param name="Labels">[n] items that came next there.</param>
/// <param name="Contrast">What the contrastive term compares, or null where the slice has no part in it.</param>
internal sealed record SequenceSlice(
    SequenceKind Kind, int Count, int Length, long[] Inputs, long[] LabelledPositions, long[] Labels, ContrastItems? Contrast)
{
    /// <summary>Whether some sequence is shorter than <see cref="Length"/>.</summary>
    public bool HasPadding => Labels.Length < Inputs.Length;
}

/// <summary>What the means of a batch divide by, over all of its slices.</summary>
/// <param name="Positives">Labelled positions of positive sequences (of whole sequences for a network that reads those).</param>
/// <param name="Negatives">Labelled positions of negative sequences.</param>
/// <param name="ContrastTargets">Positions with a contrastive target.</param>
internal readonly record struct BatchCounts(long Positives, long Negatives, long ContrastTargets);

/// <summary>
/// Liked sequences of like length, padded on the right with 0 to the longest of them, with what pairwise learning compares at every position
/// that holds an item: the item that was liked next, a sampled one that the row does not hold, and the one that was skipped just before.
/// </summary>
/// <param name="Count">Number of sequences.</param>
/// <param name="Length">Positions a sequence.</param>
/// <param name="Inputs">[count · length] liked items, 0 where a sequence has ended.</param>
/// <param name="InputSkips">[count · length] the item that was skipped just before the input was liked, 0 without one.</param>
/// <param name="Positions">[n] indices into <paramref name="Inputs"/> of the positions that hold an item, ascending.</param>
/// <param name="Liked">[n] items that were liked next.</param>
/// <param name="Sampled">[n] sampled items.</param>
/// <param name="Skipped">[n] items that were skipped just before the next was liked, 0 without one.</param>
internal sealed record PairwiseSlice(
    int Count, int Length, long[] Inputs, long[] InputSkips, long[] Positions, long[] Liked, long[] Sampled, long[] Skipped)
{
    /// <summary>Whether some sequence is shorter than <see cref="Length"/>.</summary>
    public bool HasPadding => Positions.Length < Inputs.Length;

    /// <summary>Whether anything was skipped.</summary>
    public bool HasSkips { get; } = Skipped.AsSpan().ContainsAnyExcept(0);
}

/// <summary>What the means of a batch divide by, over all of its slices.</summary>
/// <param name="Liked">Positions with a next liked item.</param>
/// <param name="Skipped">Those of them with an item skipped just before it.</param>
internal readonly record struct PairwiseCounts(long Liked, long Skipped);
