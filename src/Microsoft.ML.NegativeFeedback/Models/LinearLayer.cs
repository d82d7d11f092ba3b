using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>x·Wᵀ + b with W ~ N(0, 0.02) and b = 0 at first.</summary>
internal sealed class LinearLayer : nn.Module<Tensor, Tensor>
{
    private readonly Parameter weight;
    private readonly Parameter bias;

    public LinearLayer(int width, CounterRandom random, Device device) : base(nameof(LinearLayer))
    {
        weight = new Parameter(InitialWeights.Normal(random, device, width, width));
        bias = new Parameter(zeros(width, device: device));
        RegisterComponents();
    }

    public float[] Weight => weight.ToArray();

    public float[] Bias => bias.ToArray();

    public override Tensor forward(Tensor input) => nn.functional.linear(input, weight, bias);
}
