using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Tests.Scoring;

/// <summary>The numbers of one self-attention encoder as the reference computes with them, row-major, matrices (out, in).</summary>
internal sealed record EncoderWeights(
    int ItemCount, int Width, int MaximumLength, int HeadCount, float[] ItemEmbeddings, float[] PositionEmbeddings,
    IReadOnlyList<EncoderBlockWeights> Blocks, float[] FinalNormWeight, float[] FinalNormBias)
{
    /// <summary>The same as a network's numbers.</summary>
    public NetworkWeights ToNetwork(bool readsWholeSequence = false)
        => new(new SasRecNetwork(ItemCount, Settings(EncoderForm.PnfRec), readsWholeSequence, seed: 0), Named("", "encoder.", hasBiases: true));

    public EncoderSettings Settings(EncoderForm form) => new(Width, MaximumLength, Blocks.Count, HeadCount, 0, form);

    /// <summary>The arrays by the names that a network has for them.</summary>
    public Dictionary<string, float[]> Named(string prefix, string blockPrefix, bool hasBiases)
    {
        var named = new Dictionary<string, float[]>
        {
            ["items"] = ItemEmbeddings,
            [$"{prefix}positions"] = PositionEmbeddings,
            [$"{prefix}finalNorm.weight"] = FinalNormWeight,
            [$"{prefix}finalNorm.bias"] = FinalNormBias,
        };
        for (int i = 0; i < Blocks.Count; i++)
        {
            foreach (var (name, values) in Blocks[i].Named())
            {
                if (hasBiases || name is not ("inProjectionBias" or "outProjection.bias"))
                    named[$"{blockPrefix}block{i}.{name}"] = values;
            }
        }

        return named;
    }
}

internal sealed record EncoderBlockWeights(
    float[] AttentionNormWeight, float[] AttentionNormBias, float[] InProjectionWeight, float[] InProjectionBias, float[] OutProjectionWeight,
    float[] OutProjectionBias, float[] ForwardNormWeight, float[] ForwardNormBias, float[] FirstWeight, float[] FirstBias, float[] SecondWeight,
    float[] SecondBias)
{
    public IEnumerable<(string Name, float[] Values)> Named() =>
    [
        ("attentionNorm.weight", AttentionNormWeight), ("attentionNorm.bias", AttentionNormBias),
        ("inProjectionWeight", InProjectionWeight), ("inProjectionBias", InProjectionBias),
        ("outProjection.weight", OutProjectionWeight), ("outProjection.bias", OutProjectionBias),
        ("forwardNorm.weight", ForwardNormWeight), ("forwardNorm.bias", ForwardNormBias),
        ("first.weight", FirstWeight), ("first.bias", FirstBias), ("second.weight", SecondWeight), ("second.bias", SecondBias),
    ];
}

/// <summary>The numbers of SINE; without fusion weights a score is the sum over k of õ_k·e_i.</summary>
internal sealed record SineWeights(
    EncoderWeights Encoder, int SubInterestCount, float[] Prototypes, float[]? FusionStateWeight, float[]? FusionItemWeight, float FusionBias,
    FusionNormalization Normalization, double SameInterestWeight)
{
    /// <summary>The same as a network's numbers.</summary>
    public NetworkWeights ToNetwork()
    {
        var settings = new SineSettings(
            Encoder.Settings(EncoderForm.Sine), SubInterestCount, SameInterestWeight, Normalization, AdaptiveFusion: FusionStateWeight is not null);
        var named = Encoder.Named("encoder.", "encoder.blocks.", hasBiases: false);
        named["prototypes"] = Prototypes;
        if (FusionStateWeight is not null)
            (named["fusion.state"], named["fusion.item"], named["fusion.bias"]) = (FusionStateWeight, FusionItemWeight!, [FusionBias]);
        return new NetworkWeights(new SineNetwork(Encoder.ItemCount, settings, seed: 0), named);
    }
}
