namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>What a graph of <see cref="NextItemGraph"/> does around the network.</summary>
internal sealed record NextItemGraphOptions
{
    /// <summary>k, the number of recommended items a row; at least 1. Not read with <see cref="Candidates"/>.</summary>
    public int TopK { get; init; } = 10;

    /// <summary>Whether every item of the raw history, whatever its feedback, is left out of the recommendations.</summary>
    public bool ExcludeSeenItems { get; init; } = true;

    /// <summary>[N + 1]: the scores for a history in which there is nothing to read; the first, of padding, is not read.</summary>
    public required float[] Popularity { get; init; }

    /// <summary>Whether the graph scores given candidates instead of recommending from the whole catalogue.</summary>
    public bool Candidates { get; init; }

    /// <summary>
    /// Whether the graph also tells how much each sub-interest counts in the scores that it gives; only of a network that weighs them.
    /// </summary>
    public bool SubInterestWeights { get; init; }
}
