namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The trained numbers of SINE ("Understanding and Modeling Passive-Negative Feedback", RecSys '23) as plain arrays.</summary>
/// <param name="Encoder">The encoder of the liked items; its biases of the attention's projections are zero.</param>
/// <param name="SubInterestCount">K.</param>
/// <param name="Prototypes">z [K, d].</param>
/// <param name="FusionStateWeight">
/// The part of w [d] that multiplies a projected state õ_k (eq. 12); null, as the other part then, without adaptive fusion: a score is the
/// sum over k of õ_k·e_i.
/// </param>
/// <param name="FusionItemWeight">The part of w [d] that multiplies an item's embedding e_i.</param>
/// <param name="FusionBias">b.</param>
/// <param name="Normalization">How the fusion layer's output becomes weights (eq. 13).</param>
/// <param name="SameInterestWeight">
/// β₁ (eq. 8), 0 to 1: attention between items of one dominant sub-interest is multiplied by 2β₁, other attention by 2(1 − β₁).
/// </param>
internal sealed record SineWeights(
    EncoderWeights Encoder,
    int SubInterestCount,
    float[] Prototypes,
    float[]? FusionStateWeight,
    float[]? FusionItemWeight,
    float FusionBias,
    FusionNormalization Normalization,
    double SameInterestWeight);
