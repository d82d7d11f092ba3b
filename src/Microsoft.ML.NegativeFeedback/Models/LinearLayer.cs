using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>x·Wᵀ + b; b = 0 at first, or missing.</summary>
internal sealed class LinearLayer : nn.Module<Tensor, Tensor>
{
    private readonly int _outputs;
    private readonly Parameter weight;
    private readonly Parameter? bias;

    /// <summary>A square layer with W ~ N(0, 0.02).</summary>
    public LinearLayer(int width, CounterRandom random, Device device)
        : this(InitialWeights.Normal(random, device, width, width), hasBias: true, device)
    {
    }

    /// <summary>A layer with the given weights [out, in].</summary>
    public LinearLayer(Parameter weights, bool hasBias, Device device) : base(nameof(LinearLayer))
    {
        weight = weights;
        _outputs = (int)weights.shape[0];
        bias = hasBias ? new Parameter(zeros(_outputs, device: device)) : null;
        RegisterComponents();
    }

    /// <summary>W, [out, in].</summary>
    public Parameter Matrix => weight;

    /// <summary>[out, in].</summary>
    public float[] Weight => weight.ToArray();

    /// <summary>[out]; zeros where there is none.</summary>
    public float[] Bias => bias?.ToArray() ?? new float[_outputs];

    public override Tensor forward(Tensor input) => nn.functional.linear(input, weight, bias);
}
