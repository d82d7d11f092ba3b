using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// The blocks of a causal self-attention encoder. Sequences are padded on the right, so that no item ever sees padding and
/// neither a padding mask nor zeroed positions are needed: what stands at padded positions is never read.
/// </summary>
internal sealed class SelfAttentionEncoder : nn.Module<Tensor, Tensor>
{
    private readonly SelfAttentionBlock[] _blocks;

    public SelfAttentionEncoder(EncoderSettings settings, Dropout dropout, long seed, Device device) : base(nameof(SelfAttentionEncoder))
    {
        _blocks = new SelfAttentionBlock[settings.BlockCount];
        for (int i = 0; i < _blocks.Length; i++)
        {
            _blocks[i] = new SelfAttentionBlock(settings, dropout, CounterRandom.Of(seed, i).Bits(0), device);
            register_module($"block{i}", _blocks[i]);
        }

        RegisterComponents();
    }

    /// <summary>Runs the blocks.</summary>
    /// <param name="input">Embedded sequences [batch, length, d].</param>
    /// <returns>[batch, length, d], before the final normalisation.</returns>
    public override Tensor forward(Tensor input)
    {
        long length = input.shape[1];
        var causalMask = full(length, length, float.NegativeInfinity, device: input.device).triu_(1);
        var values = input;
        foreach (var block in _blocks)
            values = block.call(values, causalMask);
        return values;
    }

    public IReadOnlyList<EncoderBlockWeights> ToWeights() => Array.ConvertAll(_blocks, block => block.ToWeights());
}
