namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>Which interactions of a user a sequence is made of, in their real order.</summary>
internal enum SequenceKind
{
    /// <summary>The items with positive feedback.</summary>
    Positives,

    /// <summary>The items with negative feedback.</summary>
    Negatives,

    /// <summary>Every item.</summary>
    Whole,
}

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
/// <param name="IsNegativeInput">
/// [count · length] 1 where the input had negative feedback, for <see cref="PublishedInfoNce"/> alone; null elsewhere.
/// </param>
internal sealed record SequenceSlice(
    SequenceKind Kind, int Count, int Length, long[] Inputs, long[] LabelledPositions, long[] Labels, ContrastItems? Contrast,
    long[]? IsNegativeInput = null)
{
    /// <summary>Whether some sequence is shorter than <see cref="Length"/>.</summary>
    public bool HasPadding => Labels.Length < Inputs.Length;
}

/// <summary>What the means of a batch divide by, over all of its slices.</summary>
/// <param name="Positives">Labelled positions of positive sequences (of whole sequences for a model that reads those).</param>
/// <param name="Negatives">Labelled positions of negative sequences.</param>
/// <param name="ContrastTargets">Positions with a contrastive target.</param>
internal readonly record struct BatchCounts(long Positives, long Negatives, long ContrastTargets);
