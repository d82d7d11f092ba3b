using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// GRU4Rec ("Session-based Recommendations with Recurrent Neural Networks", Hidasi et al., ICLR '16): a layer of gated recurrent units over the liked
/// items, y = h·e. z = σ(W_z x + U_z h + b_z), r = σ(W_r x + U_r h + b_r), ĥ = tanh(W x + U (r ∗ h) + b), h ← z ∗ h + (1 − z) ∗ ĥ (Cho et al. 2014, whose z
/// that paper calls 1 − z).
/// </summary>
internal sealed class Gru4RecModel : DotProductModel
{
    private readonly LinearLayer input;
    private readonly Parameter recurrent;

    public Gru4RecModel(int itemCount, EncoderSettings settings, PairwiseWeights weights, long seed, Device device)
        : base(nameof(Gru4RecModel), itemCount, settings, weights, seed, device)
    {
        int width = settings.Width;
        input = new LinearLayer(InitialWeights.XavierNormal(CounterRandom.Of(seed, 1), device, 3 * width, width), hasBias: true, device);
        recurrent = InitialWeights.XavierNormal(CounterRandom.Of(seed, 2), device, 3 * width, width);
        RegisterComponents();
    }

    private protected override IReadOnlyList<Parameter> NetworkParameters => [.. input.parameters(), recurrent];

    public GruWeights ToWeights()
        => new(ItemCount, Settings.Width, Settings.MaximumLength, items.ToArray(), input.Weight, input.Bias, recurrent.ToArray());

    private protected override Tensor States(Tensor embedded, Dropout dropout)
    {
        long count = embedded.shape[0], width = Settings.Width;
        var ofGates = recurrent.narrow(0, 0, 2 * width).t();
        var ofProposal = recurrent.narrow(0, 2 * width, width).t();
        var state = zeros(count, width, device: Device);
        // what the inputs bring is one product for all steps; unbound, so that its gradient is put together once and not at every step
        var steps = input.call(dropout.Apply(embedded).transpose(0, 1)).unbind(0);
        var states = new Tensor[steps.Length];
        for (int i = 0; i < steps.Length; i++)
        {
            var gates = steps[i].narrow(1, 0, 2 * width).add(state.mm(ofGates), Scalars.One).sigmoid();
            var (kept, reset) = (gates.narrow(1, 0, width), gates.narrow(1, width, width));
            var proposal = steps[i].narrow(1, 2 * width, width).add(reset.mul(state).mm(ofProposal), Scalars.One).tanh();
            state = states[i] = proposal.add(kept.mul(state.sub(proposal)), Scalars.One);
        }

        return stack(states, 1);
    }
}
