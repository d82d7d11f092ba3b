using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>Embedded items → hidden vectors: positions, the blocks of self-attention, a last normalisation (Kang and McAuley 2018).</summary>
internal sealed class PositionalEncoder : nn.Module<Tensor, EncoderPass, Tensor>
{
    private readonly EncoderSettings _settings;
    private readonly Parameter positions;
    private readonly SelfAttentionEncoder blocks;
    private readonly LayerNormalization finalNorm;

    public PositionalEncoder(EncoderSettings settings, long seed, Device device) : base(nameof(PositionalEncoder))
    {
        _settings = settings;
        positions = InitialWeights.XavierNormal(CounterRandom.Of(seed, 1), device, settings.MaximumLength, settings.Width);
        blocks = new SelfAttentionEncoder(settings, CounterRandom.Of(seed, 2).Bits64(), device);
        finalNorm = new LayerNormalization(settings.Width, device);
        RegisterComponents();
    }

    /// <summary>Runs the encoder.</summary>
    /// <param name="input">Embedded items [batch, length, d].</param>
    /// <param name="pass">What else the pass takes.</param>
    /// <returns>[batch, length, d].</returns>
    public override Tensor forward(Tensor input, EncoderPass pass)
    {
        var values = pass.Dropout.Apply(positions.narrow(0, 0, input.shape[1]).add(input, Scalars.Of(Math.Sqrt(_settings.Width))));
        if (pass.KeptPositions is { } kept)
            values = values.mul(kept);
        return finalNorm.call(blocks.call(values, pass));
    }

    /// <summary>The trained numbers, with the item table [N + 1, d] of the model.</summary>
    public EncoderWeights ToWeights(int itemCount, Parameter items) => new(
        itemCount, _settings.Width, _settings.MaximumLength, _settings.HeadCount, items.ToArray(), positions.ToArray(),
        blocks.ToWeights(), finalNorm.Weight, finalNorm.Bias);
}
