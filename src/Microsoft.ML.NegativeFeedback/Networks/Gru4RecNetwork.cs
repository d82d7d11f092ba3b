using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>
/// GRU4Rec ("Session-based Recommendations with Recurrent Neural Networks", Hidasi et al., ICLR '16): a layer of gated recurrent units over the liked
/// items, y = h·e. z = σ(W_z x + U_z h + b_z), r = σ(W_r x + U_r h + b_r), ĥ = tanh(W x + U (r ∗ h) + b), h ← z ∗ h + (1 − z) ∗ ĥ (Cho et al. 2014, whose z
/// that paper calls 1 − z).
/// </summary>
internal sealed class Gru4RecNetwork(int itemCount, EncoderSettings settings, long seed) : Network(itemCount, settings, seed)
{
    // rows of the gates come as [z; r; ĥ], d of each
    private readonly NetworkParameter
        _input = NetworkParameter.XavierNormal("input.weight", CounterRandom.Of(seed, 1), 3 * settings.Width, settings.Width),
        _bias = NetworkParameter.Zeros("input.bias", 3 * settings.Width),
        _recurrent = NetworkParameter.XavierNormal("recurrent", CounterRandom.Of(seed, 2), 3 * settings.Width, settings.Width);

    protected override IEnumerable<NetworkParameter> OwnParameters => [_input, _bias, _recurrent];

    public override T States<T>(Pass<T> pass, History<T> history)
    {
        int d = Settings.Width;
        var embedded = pass.Lookup(Items, history.Items);                                           // [b, w, d]
        T ofGates = pass.Of(_recurrent).Slice(0, 0, 2 * d), ofProposal = pass.Of(_recurrent).Slice(0, 2 * d);
        // what the inputs bring is one product for all steps
        var steps = pass.Dropout(embedded).Linear(pass.Of(_input), pass.Of(_bias));                 // [b, w, 3d]
        var initial = embedded.Slice(1, 0, 1).Squeeze(1).Detach() * 0;                              // [b, d]
        return history.Select(T.Scan(initial, [steps], Cell));

        T Cell(T h, T[] step)
        {
            var gates = (step[0].Slice(1, 0, 2 * d) + h.Linear(ofGates)).Sigmoid();
            T z = gates.Slice(1, 0, d), r = gates.Slice(1, d);
            var proposal = (step[0].Slice(1, 2 * d) + (r * h).Linear(ofProposal)).Tanh();
            return proposal + z * (h - proposal);
        }
    }
}
