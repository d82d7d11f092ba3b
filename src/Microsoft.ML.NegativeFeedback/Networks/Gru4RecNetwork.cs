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
    private readonly GatedRecurrentLayer _layer = new("", settings.Width, CounterRandom.Of(seed, 1), CounterRandom.Of(seed, 2));

    public override long ValuesPerPlace => GatedRecurrentLayer.ValuesPerPlace(Settings.Width);

    protected override IEnumerable<NetworkParameter> OwnParameters => _layer.Parameters;

    public override T States<T>(Pass<T> pass, History<T> history)
        => history.Select(_layer.Run(pass, pass.Dropout(pass.Lookup(Items, history.Items))));
}

/// <summary>A layer of gated recurrent units, as wide as what it reads, that begins at 0.</summary>
/// <param name="prefix">What its parameters' names begin with.</param>
/// <param name="width">d.</param>
/// <param name="inputDraws">What the first weights of the inputs follow from.</param>
/// <param name="recurrentDraws">And those of the states.</param>
internal sealed class GatedRecurrentLayer(string prefix, int width, CounterRandom inputDraws, CounterRandom recurrentDraws)
{
    // rows of the gates come as [z; r; ĥ], d of each
    private readonly NetworkParameter
        _input = NetworkParameter.XavierNormal($"{prefix}input.weight", inputDraws, 3 * width, width),
        _bias = NetworkParameter.Zeros($"{prefix}input.bias", 3 * width),
        _recurrent = NetworkParameter.XavierNormal($"{prefix}recurrent", recurrentDraws, 3 * width, width);

    public IEnumerable<NetworkParameter> Parameters => [_input, _bias, _recurrent];

    /// <summary>The values of the largest tensor that a step takes: those of the gates.</summary>
    public static long ValuesPerPlace(int width) => 3L * width;

    /// <summary>The states after every step: [b, w, d] → [b, w, d].</summary>
    public T Run<T>(Pass<T> pass, T values)
        where T : struct, ITensor<T>
    {
        T ofGates = pass.Of(_recurrent).Slice(0, 0, 2 * width), ofProposal = pass.Of(_recurrent).Slice(0, 2 * width);
        // what the inputs bring is one product for all steps
        var steps = values.Linear(pass.Of(_input), pass.Of(_bias));                                 // [b, w, 3d]
        var initial = values.Slice(1, 0, 1).Squeeze(1).Detach() * 0;                                // [b, d]
        return T.Scan(initial, [steps], Cell);

        T Cell(T h, T[] step)
        {
            var gates = (step[0].Slice(1, 0, 2 * width) + h.Linear(ofGates)).Sigmoid();
            T z = gates.Slice(1, 0, width), r = gates.Slice(1, width);
            var proposal = (step[0].Slice(1, 2 * width) + (r * h).Linear(ofProposal)).Tanh();
            return proposal + z * (h - proposal);
        }
    }
}
