using Microsoft.ML.NegativeFeedback.Sampling;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// The blocks of a causal self-attention encoder. Sequences are padded on the right, so that no item ever sees padding and
/// neither a padding mask nor zeroed positions are needed: what stands at padded positions is never read.
/// </summary>
internal sealed class SelfAttentionEncoder : nn.Module<Tensor, EncoderPass, Tensor>
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
    /// <param name="pass">What else the pass takes.</param>
    /// <returns>[batch, length, d], before the final normalisation.</returns>
    public override Tensor forward(Tensor input, EncoderPass pass)
    {
        long length = input.shape[1];
        var context = new BlockContext(full(length, length, Scalars.Of(float.NegativeInfinity), device: input.device).triu_(1), pass.Dropout, pass.AttentionFactors);
        var values = input;
        foreach (var block in _blocks)
        {
            values = block.call(values, context);
            if (pass.KeptPositions is { } kept)
                values = values.mul(kept);
        }

        return values;
    }

    public IReadOnlyList<EncoderBlockWeights> ToWeights() => Array.ConvertAll(_blocks, block => block.ToWeights());
}

/// <summary>What a pass through an encoder takes beside its input.</summary>
/// <param name="Dropout">The dropout of the pass.</param>
/// <param name="AttentionFactors">[batch, length, length], what attention weights are multiplied with; null for 1.</param>
/// <param name="KeptPositions">
/// [batch, length, 1], 0 at positions that are zeroed after every block, for published numerics with padding in front; null for none.
/// </param>
internal sealed record EncoderPass(Dropout Dropout, Tensor? AttentionFactors = null, Tensor? KeptPositions = null);
