namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The trained numbers of Caser as plain arrays. A window holds the last L liked items, oldest first, with zeros in front of a shorter history.</summary>
/// <param name="ItemCount">N.</param>
/// <param name="Width">d.</param>
/// <param name="MaximumLength">How many of the newest liked items are read: at most L.</param>
/// <param name="ItemEmbeddings">[N + 1, d]; row 0 is padding and zero.</param>
/// <param name="HorizontalWeights">Of each height h, 1 to L: [filters, h · d].</param>
/// <param name="HorizontalBiases">Of each height: [filters].</param>
/// <param name="VerticalWeight">[vertical filters, L].</param>
/// <param name="OutputWeight">[d, L · filters + d · vertical filters], (out, in): the answers by height, then the sums by dimension.</param>
/// <param name="OutputBias">[d].</param>
internal sealed record CaserWeights(
    int ItemCount,
    int Width,
    int MaximumLength,
    float[] ItemEmbeddings,
    IReadOnlyList<float[]> HorizontalWeights,
    IReadOnlyList<float[]> HorizontalBiases,
    float[] VerticalWeight,
    float[] OutputWeight,
    float[] OutputBias)
{
    /// <summary>L.</summary>
    public int WindowLength => HorizontalWeights.Count;
}
