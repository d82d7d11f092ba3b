using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>
/// DIEN (Zhou et al., "Deep Interest Evolution Network for Click-Through Rate Prediction", AAAI 2019): gated recurrent units read an interest h_t out of the liked
/// items up to each (eq. 2 to 5), attention tells how much it says of the candidate, a_t = softmax(h_t W e) (eq. 8), and further units follow the interests as far as they do
/// (AUGRU, eq. 11 and 12) to a last state h'; y = MLP([h'; e; h' ∗ e]).
/// </summary>
/// <remarks>
/// An auxiliary loss has each interest foresee the liked item after it, −ln σ(h_t·e_{t+1}) − ln σ(−h_t·ê) (eq. 6), here the mean over a sequence's steps. ê is the item that was
/// sampled for the question, the same at all steps of its sequence. The product h' ∗ e stands in the place of the paper's features of user and context.
/// </remarks>
internal sealed class DienNetwork(int itemCount, EncoderSettings settings, double auxiliaryWeight, long seed) : Network(itemCount, settings, seed)
{
    /// <summary>The name of the auxiliary loss.</summary>
    public const string AuxiliaryName = "auxiliary";

    private readonly InterestUnits
        _extractor = new("extractor", settings.Width, CounterRandom.Of(seed, 1).Bits64()), _evolution = new("evolution", settings.Width, CounterRandom.Of(seed, 2).Bits64());

    private readonly NetworkParameter _attention = NetworkParameter.XavierNormal("attention", CounterRandom.Of(seed, 3), settings.Width, settings.Width);
    private readonly RankingTower _tower = new(partCount: 3, settings.Width, CounterRandom.Of(seed, 4).Bits64());

    public override string Description => FormattableString.Invariant($"{base.Description} {auxiliaryWeight:R}");

    public override bool HasStates => false;

    public override bool ScoresCatalogue => false;

    // an epoch that asked at every place would read as many times more
    public override int? QuestionsPerSequence => 8;

    public override long ValuesPerCandidate => (long)Math.Max(MaximumLength, 3) * Settings.Width;

    // the gates'
    public override long ValuesPerPlace => 3L * Settings.Width;

    public override IReadOnlyList<(string Name, double Weight)> FurtherLosses => auxiliaryWeight > 0 ? [(AuxiliaryName, auxiliaryWeight)] : [];

    protected override IEnumerable<NetworkParameter> OwnParameters => [.. _extractor.Parameters, _attention, .. _evolution.Parameters, .. _tower.Parameters];

    public override T Scores<T>(Pass<T> pass, History<T> history, T candidates)
    {
        var interests = Interests(pass, history);
        var logits = interests.MatMul(candidates.Linear(pass.Of(_attention)).Permute(0, 2, 1));     // h_t W e, [b, w, c]
        var attention = CandidateAttention.SoftmaxOfRead(logits, history.Newest!.Value.Unsqueeze(1));
        // no attention is on what stands behind the newest place, so that the last state is that place's
        var last = _evolution.States(pass, candidates.Detach() * 0, interests, attention.Unsqueeze(3)).Slice(1, -1).Squeeze(1);
        return _tower.Run(pass, last, candidates, last * candidates);                               // [b, c, d] each
    }

    public override T[] FurtherLossesAt<T>(Pass<T> pass, History<T> history, T candidates)
    {
        if (auxiliaryWeight == 0)
            return [];
        var interests = Interests(pass, history).Slice(1, 0, -1);                                   // [b, w − 1, d]
        var liked = pass.Lookup(Items, history.Items).Slice(1, 1);
        var sampled = candidates.Slice(1, 1, 2);                                                    // [b, 1, d]
        var losses = (interests * liked).Sum(2).LogSigmoid() + ((interests * sampled).Sum(2) * -1).LogSigmoid();
        var newest = history.Newest!.Value;
        var isStep = history.Items.RangeOf(1).Unsqueeze(0).IsAtMost(newest.Unsqueeze(1)).ToSingle().Slice(1, 1);
        return [(losses * isStep).Sum(1) / newest.ToSingle().Clamp(1, MaximumLength) * -1];
    }

    // h_t, [b, w, d]
    private T Interests<T>(Pass<T> pass, History<T> history)
        where T : struct, ITensor<T>
        => pass.Once(() =>
        {
            var embedded = pass.Lookup(Items, history.Items);
            return _extractor.States(pass, embedded.Slice(1, 0, 1).Squeeze(1).Detach() * 0, pass.Dropout(embedded));
        });

    /// <summary>
    /// Gated recurrent units (eq. 2 to 5): u = σ(W_u x + U_u h + b_u), r = σ(W_r x + U_r h + b_r), h̃ = tanh(W x + r ∗ U h + b), h ← h + u ∗ (h̃ − h); with
    /// attention a·u in the place of u, AUGRU (eq. 11 and 12).
    /// </summary>
    private sealed class InterestUnits(string name, int width, long seed)
    {
        // rows of the gates come as [u; r; h̃], d of each
        private readonly NetworkParameter
            _input = NetworkParameter.XavierNormal($"{name}.input.weight", CounterRandom.Of(seed, 1), 3 * width, width),
            _bias = NetworkParameter.Zeros($"{name}.input.bias", 3 * width),
            _recurrent = NetworkParameter.XavierNormal($"{name}.recurrent", CounterRandom.Of(seed, 2), 3 * width, width);

        public IEnumerable<NetworkParameter> Parameters => [_input, _bias, _recurrent];

        /// <summary>The states after every step.</summary>
        /// <param name="pass">The pass.</param>
        /// <param name="initial">The state before the first, [b, d], or with attention [b, c, d].</param>
        /// <param name="inputs">x, [b, w, d].</param>
        /// <param name="attention">a, [b, w, c, 1]; null for none.</param>
        /// <returns>[b, w, d] or [b, w, c, d].</returns>
        public T States<T>(Pass<T> pass, T initial, T inputs, T? attention = null)
            where T : struct, ITensor<T>
        {
            var recurrent = pass.Of(_recurrent);
            var steps = inputs.Linear(pass.Of(_input), pass.Of(_bias));                             // [b, w, 3d]
            return attention is { } shares ? T.Scan(initial, [steps.Unsqueeze(2), shares], Cell) : T.Scan(initial, [steps], Cell);

            T Cell(T h, T[] step)
            {
                var ofState = h.Linear(recurrent);
                var gates = (step[0].Slice(-1, 0, 2 * width) + ofState.Slice(-1, 0, 2 * width)).Sigmoid();
                T u = gates.Slice(-1, 0, width), r = gates.Slice(-1, width);
                var proposal = (step[0].Slice(-1, 2 * width) + r * ofState.Slice(-1, 2 * width)).Tanh();
                return h + (step.Length > 1 ? step[1] * u : u) * (proposal - h);
            }
        }
    }
}
