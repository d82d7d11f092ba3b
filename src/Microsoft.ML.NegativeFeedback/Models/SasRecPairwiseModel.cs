using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// SASRec as SINE is compared with it: the encoder over liked items, y = o·e, learned pairwise (Kang and McAuley 2018 with the loss of BPR).
/// </summary>
internal sealed class SasRecPairwiseModel : DotProductModel
{
    private readonly PositionalEncoder encoder;

    public SasRecPairwiseModel(int itemCount, EncoderSettings settings, PairwiseWeights weights, long seed, Device device)
        : base(nameof(SasRecPairwiseModel), itemCount, settings, weights, seed, device)
    {
        encoder = new PositionalEncoder(settings, seed, device);
        RegisterComponents();
    }

    private protected override IReadOnlyList<Parameter> NetworkParameters => [.. encoder.parameters()];

    public EncoderWeights ToWeights() => encoder.ToWeights(ItemCount, items);

    private protected override Tensor States(Tensor embedded, Dropout dropout) => encoder.call(embedded, new EncoderPass(dropout));
}
