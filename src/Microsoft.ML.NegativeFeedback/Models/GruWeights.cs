namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The trained numbers of GRU4Rec as plain arrays. Rows of the gates come as [z; r; ĥ], d of each.</summary>
/// <param name="ItemCount">N.</param>
/// <param name="Width">d.</param>
/// <param name="MaximumLength">l: how many of the newest liked items are read.</param>
/// <param name="ItemEmbeddings">[N + 1, d]; row 0 is padding and zero.</param>
/// <param name="InputWeight">W [3d, d], (out, in).</param>
/// <param name="InputBias">b [3d].</param>
/// <param name="RecurrentWeight">U [3d, d], (out, in).</param>
internal sealed record GruWeights(
    int ItemCount, int Width, int MaximumLength, float[] ItemEmbeddings, float[] InputWeight, float[] InputBias, float[] RecurrentWeight);
