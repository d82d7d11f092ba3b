using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// SASRec as SINE is compared with it: the encoder over liked items, y = o·e, learned pairwise (Kang and McAuley 2018 with the loss of BPR).
/// </summary>
internal sealed class SasRecPairwiseModel : PairwiseModel
{
    private readonly PositionalEncoder encoder;

    public SasRecPairwiseModel(int itemCount, EncoderSettings settings, PairwiseWeights weights, long seed, Device device)
        : base(nameof(SasRecPairwiseModel), itemCount, settings, weights, device,
            InitialWeights.ItemTable(CounterRandom.Of(seed, 0), device, itemCount, settings.Width, settings.Form))
    {
        encoder = new PositionalEncoder(settings, seed, device);
        RegisterComponents();
    }

    private protected override IReadOnlyList<Parameter> NetworkParameters => [.. encoder.parameters()];

    /// <summary>Hidden vectors: [batch, length] items → [batch, length, d].</summary>
    public override Tensor forward(Tensor inputs)
        => encoder.call(items.index_select(0, inputs.view(-1)).view(inputs.shape[0], inputs.shape[1], Settings.Width), new EncoderPass(Dropout.Off));

    public EncoderWeights ToWeights() => encoder.ToWeights(ItemCount, items);

    private protected override Tensor Logits(LikedSequences sequences, Tensor embedded, Tensor? positions, Tensor candidates, Dropout dropout)
        => Select(encoder.call(embedded, new EncoderPass(dropout)).view(-1, Settings.Width), positions).mul(candidates).sum(2);
}
