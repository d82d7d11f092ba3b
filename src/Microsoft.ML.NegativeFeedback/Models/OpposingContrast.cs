namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// L_c of PNFRec (section 3.3): at each position of the positive sequence the item that came next is contrasted with the items of
/// the user's negative sequence, as <see cref="CatalogueContrast"/> computes it. f is the dot product in the published code and the
/// cosine in the text.
/// </summary>
internal static class OpposingContrast
{
    public const double Temperature = 1;

    /// <summary>What is compared: the labels of the positive sequences with the negatives of their users.</summary>
    /// <param name="labels">[n] items that came next.</param>
    /// <param name="sequenceOfLabel">[n] the sequence each label belongs to.</param>
    /// <param name="negatives">
    /// The window of negatives of each sequence's user. Its newest item is left out, as in the published code, where it is a label of the
    /// negative encoder only.
    /// </param>
    public static ContrastItems Items(long[] labels, int[] sequenceOfLabel, ReadOnlyMemory<int>[] negatives)
        => ContrastItems.Of(labels, sequenceOfLabel, Array.ConvertAll(negatives, window => window[..Math.Max(0, window.Length - 1)]));
}
