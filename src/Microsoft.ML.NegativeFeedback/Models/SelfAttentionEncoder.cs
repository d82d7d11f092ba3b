using Microsoft.ML.NegativeFeedback.Sampling;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// The blocks of a causal self-attention encoder. Sequences are padded on the right, so that no item ever sees padding and
/// neither a padding mask nor zeroed positions are needed: what stands at padded positions is never read.
/// </summary>
internal sealed class SelfAttentionEncoder : nn.Module<Tensor, Dropout, Tensor>
{
    private readonly SelfAttentionBlock[] _blocks;

    public SelfAttentionEncoder(EncoderSettings settings, long seed, Device device) : base(nameof(SelfAttentionEncoder))
    {
        _blocks = new SelfAttentionBlock[settings.BlockCount];
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new SelfAttentionBlock(settings, CounterRandom.Of(seed, i).Bits64(), device);
            register_module($"block{i}", _blocks[i]);
        }

        RegisterComponents();
    }

    /// <summary>Runs the blocks.</summary>
    /// <param name="input">Embedded sequences [batch, length, d].</param>
    /// <param name="dropout">The dropout of the pass.</param>
    /// <returns>[batch, length, d], before the final normalisation.</returns>
    public override Tensor forward(Tensor input, Dropout dropout)
    {
        long length = input.shape[1];
        var context = new BlockContext(full(length, length, float.NegativeInfinity, device: input.device).triu_(1), dropout);
        var values = input;
        foreach (var block in _blocks)
            values = block.call(values, context);
        return values;
    }

    public IReadOnlyList<EncoderBlockWeights> ToWeights() => Array.ConvertAll(_blocks, block => block.ToWeights());
}
