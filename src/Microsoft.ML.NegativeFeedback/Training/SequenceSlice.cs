using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Sequences of like length, padded on the right with 0 to the longest of them: what goes through a network at once. Channels are what a sequence carries at each
/// place; at some places, all that hold an item or the last of each sequence, the network is asked, and targets are what is to be learned there.
/// </summary>
/// <param name="Kind">What the sequences are made of.</param>
/// <param name="Count">Number of sequences.</param>
/// <param name="Length">Places a sequence.</param>
/// <param name="Places">[n] the places at which the network is asked, ascending, as indices into [count · length].</param>
/// <param name="Channels">The items and what stands beside them, [count · length]; 0 where a sequence has ended.</param>
/// <param name="Targets">By name [n]: <see cref="Next"/>, and in pairwise learning <see cref="Sampled"/> and <see cref="Skipped"/>.</param>
internal sealed record SequenceSlice(
    SequenceKind Kind, int Count, int Length, long[] Places, IReadOnlyDictionary<NetworkInput, ColumnValues> Channels,
    IReadOnlyDictionary<string, long[]> Targets)
{
    /// <summary>The item that came next, one that was sampled, and the one that was skipped just before the next, 0 without one.</summary>
    public const string Next = "Next", Sampled = "Sampled", Skipped = "Skipped";

    /// <summary>What is known of the question at each of those places, [n].</summary>
    public IReadOnlyDictionary<NetworkInput, ColumnValues> Asked { get; init; } = new Dictionary<NetworkInput, ColumnValues>();

    /// <summary>Whether the network is asked at the last place of each sequence alone.</summary>
    public bool AsksAtNewest { get; init; }

    /// <summary>What the contrastive term compares, or null where the slice has no part in it.</summary>
    public ContrastItems? Contrast { get; init; }

    /// <summary>[count · length] the items.</summary>
    public ReadOnlySpan<long> Items => ((ColumnValues<long>)Channels[NetworkInput.Items]).Values;

    /// <summary>Whether some place is not asked at.</summary>
    public bool HasPadding => Places.Length < (long)Count * Length;

    /// <summary>Whether anything was skipped.</summary>
    public bool HasSkips { get; } = Targets.TryGetValue(Skipped, out long[]? skipped) && skipped.AsSpan().ContainsAnyExcept(0);

    /// <summary>The same with one more target.</summary>
    public SequenceSlice With(string target, long[] values) => this with { Targets = new Dictionary<string, long[]>(Targets) { [target] = values } };
}

/// <summary>What the means of a batch divide by, over all of its slices.</summary>
/// <param name="Positives">Labelled positions of positive sequences (of whole sequences for a network that reads those).</param>
/// <param name="Negatives">Labelled positions of negative sequences.</param>
/// <param name="ContrastTargets">Positions with a contrastive target.</param>
internal readonly record struct BatchCounts(long Positives, long Negatives, long ContrastTargets);

/// <summary>What the means of a batch divide by, over all of its slices.</summary>
/// <param name="Liked">Positions with a next liked item.</param>
/// <param name="Skipped">Those of them with an item skipped just before it.</param>
internal readonly record struct PairwiseCounts(long Liked, long Skipped);
