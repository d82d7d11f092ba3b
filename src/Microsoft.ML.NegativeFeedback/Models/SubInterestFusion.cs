using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// The shares γ of sub-interests in a candidate's score (SINE, eq. 12 and 13). w·[e; õ_k] is a sum of a part of the candidate and one of the
/// sub-interest, so that neither has to be laid beside the other.
/// </summary>
internal sealed class SubInterestFusion : nn.Module<Tensor, Tensor, Tensor>
{
    private readonly FusionNormalization _normalization;
    private readonly Parameter state;
    private readonly Parameter item;
    private readonly Parameter bias;

    public SubInterestFusion(int width, FusionNormalization normalization, CounterRandom random, Device device) : base(nameof(SubInterestFusion))
    {
        _normalization = normalization;
        // one matrix [1, 2d] of the published code, drawn as one
        float[] weights = random.Normal(2 * width, Math.Sqrt(2.0 / (1 + (2 * width))));
        state = new Parameter(Tensors.Of(weights[..width], device, width, 1));
        item = new Parameter(Tensors.Of(weights[width..], device, width, 1));
        bias = new Parameter(zeros(1, device: device));
        RegisterComponents();
    }

    public float[] StateWeight => state.ToArray();

    public float[] ItemWeight => item.ToArray();

    public float Bias => bias.ToArray()[0];

    /// <summary>
    /// Whether the candidate has a say in the shares. Under softmax it has none: its part is the same for every sub-interest and cancels, so that one vector a
    /// position, Σ γ_k õ_k, scores every candidate.
    /// </summary>
    public bool DependsOnCandidate => _normalization != FusionNormalization.Softmax;

    /// <summary>The parameters that the shares depend on.</summary>
    public IReadOnlyList<Parameter> UsedParameters => DependsOnCandidate ? [state, item, bias] : [state];

    /// <summary>γ where candidates have no say: sub-interests [K, n, d] → [K, n].</summary>
    public Tensor Shares(Tensor features) => OfState(features).softmax(0);

    /// <summary>γ: sub-interests [K, n, d], candidates [c, n, d] → [c, K, n].</summary>
    public override Tensor forward(Tensor features, Tensor candidates)
    {
        var ofItem = candidates.reshape(-1, features.shape[2]).mm(item).view(-1, 1, features.shape[1]);
        var gates = OfState(features).unsqueeze(0).add(ofItem, Scalars.One).add(bias, Scalars.One).sigmoid();
        return gates.div(gates.sum(1, keepdim: true));
    }

    private Tensor OfState(Tensor features)
        => features.view(-1, features.shape[2]).mm(state).view(features.shape[0], features.shape[1]);
}
