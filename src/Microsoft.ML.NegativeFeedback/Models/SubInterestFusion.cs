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
        state = new Parameter(tensor(weights[..width], width, 1, device: device));
        item = new Parameter(tensor(weights[width..], width, 1, device: device));
        bias = new Parameter(zeros(1, device: device));
        RegisterComponents();
    }

    public float[] StateWeight => state.ToArray();

    public float[] ItemWeight => item.ToArray();

    public float Bias => bias.ToArray()[0];

    /// <summary>γ: sub-interests [K, n, d], candidates [c, n, d] → [c, K, n].</summary>
    public Tensor Shares(Tensor features, Tensor candidates) => call(features, candidates);

    public override Tensor forward(Tensor features, Tensor candidates)
    {
        var (interests, rows, width) = (features.shape[0], features.shape[1], features.shape[2]);
        var ofState = features.view(interests * rows, width).mm(state).view(1, interests, rows);
        var ofItem = candidates.reshape(-1, width).mm(item).view(-1, 1, rows);
        var raw = ofState.add(ofItem).add(bias);
        if (_normalization == FusionNormalization.Softmax)
            return raw.softmax(1);
        var gates = raw.sigmoid();
        return gates.div(gates.sum(1, keepdim: true));
    }
}
