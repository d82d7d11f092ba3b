namespace Microsoft.ML.NegativeFeedback.Onnx;

/// <summary>
/// A trained network as the middle of a <see cref="NextItemGraph"/>, between the selected history and the scores of items. One file a
/// network; everything around it is the same for all.
/// </summary>
internal abstract class ScoringNetwork
{
    /// <summary>N, the number of items without padding.</summary>
    public abstract int ItemCount { get; }

    /// <summary>l, how many of the newest selected items the network reads.</summary>
    public abstract int MaximumLength { get; }

    /// <summary>
    /// Whether the network can score the whole catalogue. One that reads history and item together, rather than each into a vector of its
    /// own, scores given candidates alone.
    /// </summary>
    public virtual bool ScoresCatalogue => true;

    /// <summary>K, if the network can tell how much each sub-interest counts in a score; 0 otherwise.</summary>
    public virtual int SubInterestCount => 0;

    /// <summary>The values of its largest tensor that a row takes when the whole catalogue is scored: who makes batches keeps them small by it.</summary>
    public virtual long ValuesPerRow => ItemCount + 1L;

    /// <summary>The values of its largest tensor that a candidate takes.</summary>
    public abstract long ValuesPerCandidate { get; }

    /// <summary>Checks the weights, and the options as far as they are the network's.</summary>
    /// <exception cref="ArgumentException">An array does not fit the others, or an option not the network.</exception>
    public abstract void Check(NextItemGraphOptions options);

    /// <summary>Appends what scores of any items need: all that depends on the history alone.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="history">The selected history.</param>
    /// <param name="popularity">[N + 1]: the scores for a history in which nothing was selected; the first, of padding, is not read.</param>
    public abstract ItemScores Append(OnnxGraphBuilder graph, HistoryValues history, float[] popularity);

    /// <summary>Checks an item table [N + 1, d].</summary>
    /// <exception cref="ArgumentException">It has another size.</exception>
    private protected static void CheckEmbeddings(float[] embeddings, int itemCount, int width)
    {
        if (itemCount < 1)
            throw new ArgumentException("A graph needs at least one item.", nameof(itemCount));
        if (embeddings.Length != (itemCount + 1L) * width)
            throw new ArgumentException($"{embeddings.Length} numbers are no embeddings of {itemCount} items and padding at width {width}.", nameof(embeddings));
    }
}

/// <summary>The scores of items after the histories of a batch, as nodes of a graph that are added on demand.</summary>
internal abstract class ItemScores
{
    /// <summary>Single [b, N + 1]: the scores of the whole catalogue, −∞ for padding, popularity beside an empty history.</summary>
    public virtual OnnxValue OfCatalogue() => throw new NotSupportedException("The network scores candidates alone.");

    /// <summary>Single [b, c]: the scores of some items, −∞ for padding, popularity beside an empty history.</summary>
    /// <param name="items">Int64 [b, c].</param>
    public abstract OnnxValue OfItems(OnnxValue items);

    /// <summary>Single [b, c, K]: the weights of the sub-interests in those scores, 0 for padding and beside an empty history.</summary>
    /// <param name="items">Int64 [b, c].</param>
    public virtual OnnxValue SubInterestWeightsOf(OnnxValue items)
        => throw new NotSupportedException("The network weighs no sub-interests.");
}
