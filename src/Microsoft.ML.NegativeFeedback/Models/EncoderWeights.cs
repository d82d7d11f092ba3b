namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// The trained numbers of one self-attention encoder as plain arrays, row-major in torch's layouts, so that a graph can be
/// written and scored without libtorch.
/// </summary>
/// <param name="ItemCount">Number of items N, without padding.</param>
/// <param name="Width">Embedding width d.</param>
/// <param name="MaximumLength">Number of positions l.</param>
/// <param name="HeadCount">Attention heads; divides <paramref name="Width"/>.</param>
/// <param name="ItemEmbeddings">[N + 1, d]; row 0 is padding and zero.</param>
/// <param name="PositionEmbeddings">[l, d]; row 0 belongs to the oldest item that is kept.</param>
/// <param name="Blocks">The blocks, first to last.</param>
/// <param name="FinalNormWeight">[d].</param>
/// <param name="FinalNormBias">[d].</param>
internal sealed record EncoderWeights(
    int ItemCount,
    int Width,
    int MaximumLength,
    int HeadCount,
    float[] ItemEmbeddings,
    float[] PositionEmbeddings,
    IReadOnlyList<EncoderBlockWeights> Blocks,
    float[] FinalNormWeight,
    float[] FinalNormBias)
{
    /// <summary>The epsilon of every layer normalisation (Kang and McAuley 2018, as the reference implementations have it).</summary>
    public const float NormEpsilon = 1e-8f;
}

/// <summary>
/// One block: q = LN(x); x = q + Attention(q, x, x, causal); x = LN(x); x = x + W₂·relu(W₁·x + b₁) + b₂.
/// </summary>
/// <param name="AttentionNormWeight">[d].</param>
/// <param name="AttentionNormBias">[d].</param>
/// <param name="InProjectionWeight">[3d, d], rows [Q; K; V].</param>
/// <param name="InProjectionBias">[3d].</param>
/// <param name="OutProjectionWeight">[d, d], (out, in).</param>
/// <param name="OutProjectionBias">[d].</param>
/// <param name="ForwardNormWeight">[d].</param>
/// <param name="ForwardNormBias">[d].</param>
/// <param name="FirstWeight">W₁ [d, d], (out, in).</param>
/// <param name="FirstBias">b₁ [d].</param>
/// <param name="SecondWeight">W₂ [d, d], (out, in).</param>
/// <param name="SecondBias">b₂ [d].</param>
internal sealed record EncoderBlockWeights(
    float[] AttentionNormWeight,
    float[] AttentionNormBias,
    float[] InProjectionWeight,
    float[] InProjectionBias,
    float[] OutProjectionWeight,
    float[] OutProjectionBias,
    float[] ForwardNormWeight,
    float[] ForwardNormBias,
    float[] FirstWeight,
    float[] FirstBias,
    float[] SecondWeight,
    float[] SecondBias);
