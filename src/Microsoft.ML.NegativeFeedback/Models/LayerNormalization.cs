using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>Layer normalisation over the last dimension, ε = 1e-8, with a learned scale (1 at first) and shift (0 at first).</summary>
internal sealed class LayerNormalization : nn.Module<Tensor, Tensor>
{
    private readonly long[] _shape;
    private readonly Parameter weight;
    private readonly Parameter bias;

    public LayerNormalization(int width, Device device) : base(nameof(LayerNormalization))
    {
        _shape = [width];
        weight = new Parameter(ones(width, device: device));
        bias = new Parameter(zeros(width, device: device));
        RegisterComponents();
    }

    public float[] Weight => weight.ToArray();

    public float[] Bias => bias.ToArray();

    public override Tensor forward(Tensor input) => nn.functional.layer_norm(input, _shape, weight, bias, EncoderWeights.NormEpsilon);
}
