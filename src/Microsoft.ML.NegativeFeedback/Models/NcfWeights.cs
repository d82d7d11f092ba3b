namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The trained numbers of NCF (He et al. 2017) as plain arrays.</summary>
/// <param name="ItemCount">N, without padding.</param>
/// <param name="Width">d.</param>
/// <param name="MaximumLength">l: the mean of so many of the newest liked items stands for the user.</param>
/// <param name="ItemEmbeddings">[(N + 1) · d], row 0 zero.</param>
/// <param name="ProductWeight">[d]: the weights of u ∗ e, the generalised matrix factorisation.</param>
/// <param name="Tower">What reads u and e, in this order.</param>
internal sealed record NcfWeights(
    int ItemCount, int Width, int MaximumLength, float[] ItemEmbeddings, float[] ProductWeight, RankingTowerWeights Tower);
