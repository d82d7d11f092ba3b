namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// The trained numbers of DIN (Zhou et al. 2018) as plain arrays. A first layer over [e_j; e; e_j − e; e_j ∗ e] is the sum of what it makes of e_j, of
/// e and of e_j ∗ e; here is what is left of it then.
/// </summary>
/// <param name="ItemCount">N, without padding.</param>
/// <param name="Width">d.</param>
/// <param name="MaximumLength">l: so many of the newest liked items are read.</param>
/// <param name="ItemEmbeddings">[(N + 1) · d], row 0 zero.</param>
/// <param name="AttentionItemWeight">[h, d], multiplies the item e_j of the history.</param>
/// <param name="AttentionCandidateWeight">[h, d], multiplies the candidate e.</param>
/// <param name="AttentionProductWeight">[h, d], multiplies e_j ∗ e.</param>
/// <param name="AttentionBias">[h].</param>
/// <param name="ShareWeight">[h]: makes the share of an item in the interest of the h hidden units.</param>
/// <param name="ShareBias">The share's bias.</param>
/// <param name="Tower">What reads the interest v, e and v ∗ e, in this order.</param>
internal sealed record DinWeights(
    int ItemCount, int Width, int MaximumLength, float[] ItemEmbeddings, float[] AttentionItemWeight, float[] AttentionCandidateWeight,
    float[] AttentionProductWeight, float[] AttentionBias, float[] ShareWeight, float ShareBias, RankingTowerWeights Tower);
