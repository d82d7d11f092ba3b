using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>
/// SLi-Rec (Yu et al., "Adaptive User Modeling with Long and Short-Term Preferences for Personalized Recommendation", IJCAI 2019). Long term: the liked items' embeddings,
/// summed with the weights softmax(q·e_j), attentive asymmetric SVD. Short term: an LSTM whose gates know of times, and attention of its states by the candidate. Both are fused,
/// α·long + (1 − α)·short, α = σ(MLP([long; short; e; s])), and y = MLP([fused; e; fused ∗ e]).
/// </summary>
/// <remarks>
/// <para>The cell, with δ = tanh(w ln(1 + gap / m) + b) of the time since the step before and s likewise of the time up to the question:
/// T_δ = σ(W x + W δ + b), T_s = σ(W x + W s + b), c ← f ∗ T_δ ∗ c + i ∗ T_s ∗ tanh(W x + U h + b), o = σ(W x + U h + W δ + W s + b), h = o ∗ tanh(c); i and f as in any LSTM.
/// m, a typical gap of the training rows, makes the unit of the times irrelevant, where the published code has days; a time before the one it follows counts as that one.</para>
/// <para>The published W q of the long-term attention, a matrix and a vector, is one vector here. The attention by the candidate is DIN's small network over
/// [W h_j; e; W h_j − e; W h_j ∗ e], with a softmax behind it; padding has no part in either. The last gap comes to α as s of the newest item, and the product
/// fused ∗ e to the tower as in DIN.</para>
/// </remarks>
/// <param name="itemCount">N, without padding.</param>
/// <param name="settings">Width and length.</param>
/// <param name="typicalGap">m, in the times' unit; above 0.</param>
/// <param name="seed">What the initial weights follow from.</param>
internal sealed class SliRecNetwork(int itemCount, EncoderSettings settings, double typicalGap, long seed) : Network(itemCount, settings, seed)
{
    /// <summary>When each item was met, and when the question is asked.</summary>
    public static readonly NetworkInput Times = new("Times", InputScope.Items | InputScope.Question, IsInteger: true);

    private readonly NetworkParameter
        _longTerm = NetworkParameter.XavierNormal("longTerm", CounterRandom.Of(seed, 1), 1, settings.Width),
        _gap = NetworkParameter.XavierNormal("gap.weight", CounterRandom.Of(seed, 2), settings.Width, 1),
        _gapBias = NetworkParameter.Zeros("gap.bias", settings.Width),
        _span = NetworkParameter.XavierNormal("span.weight", CounterRandom.Of(seed, 3), settings.Width, 1),
        _spanBias = NetworkParameter.Zeros("span.bias", settings.Width),
        _shortTerm = NetworkParameter.XavierNormal("shortTerm", CounterRandom.Of(seed, 8), settings.Width, settings.Width);

    // what gates and proposal have of x comes as [i; f; o; c̃; T_s; T_δ], of h as [i; f; o; c̃], of s and δ as [o; T], d rows of each
    private readonly NetworkParameter
        _input = NetworkParameter.XavierNormal("input.weight", CounterRandom.Of(seed, 4), 6 * settings.Width, settings.Width),
        _bias = ForgettingLittle("input.bias", settings.Width),
        _ofSpan = NetworkParameter.XavierNormal("input.span", CounterRandom.Of(seed, 5), 2 * settings.Width, settings.Width),
        _ofGap = NetworkParameter.XavierNormal("input.gap", CounterRandom.Of(seed, 6), 2 * settings.Width, settings.Width),
        _recurrent = NetworkParameter.XavierNormal("recurrent", CounterRandom.Of(seed, 7), 4 * settings.Width, settings.Width);

    private readonly CandidateAttention _attention = new(settings.Width, CounterRandom.Of(seed, 9), CounterRandom.Of(seed, 10), hasShareBias: false);
    private readonly RankingTower _fusion = new(partCount: 4, settings.Width, CounterRandom.Of(seed, 11).Bits64(), "fusion");
    private readonly RankingTower _tower = new(partCount: 3, settings.Width, CounterRandom.Of(seed, 12).Bits64());

    public override string Description => FormattableString.Invariant($"{base.Description} {typicalGap:R}");

    public override IReadOnlyList<NetworkInput> Inputs => [Times];

    public override bool HasStates => false;

    public override bool ScoresCatalogue => false;

    // an epoch that asked at every place would read as many times more
    public override int? QuestionsPerSequence => 8;

    public override long ValuesPerCandidate => CandidateAttention.ValuesPerCandidate(MaximumLength, Settings.Width);

    // the gates'
    public override long ValuesPerPlace => 6L * Settings.Width;

    protected override IEnumerable<NetworkParameter> OwnParameters =>
    [
        _longTerm, _gap, _gapBias, _span, _spanBias, _input, _bias, _ofSpan, _ofGap, _recurrent, _shortTerm,
        .. _attention.Parameters, .. _fusion.Parameters, .. _tower.Parameters,
    ];

    public override T Scores<T>(Pass<T> pass, History<T> history, T candidates)
    {
        var user = pass.Once(() => User(pass, history));                                            // [b, 2 + w, d]
        T longTerm = user.Slice(1, 0, 1), lastGap = user.Slice(1, 1, 2), states = user.Slice(1, 2);
        var logits = _attention.Logits(pass, states.Linear(pass.Of(_shortTerm)), candidates);       // [b, w, c]
        var shortTerm = CandidateAttention.SoftmaxOfRead(logits, history.Newest!.Value.Unsqueeze(1)).Permute(0, 2, 1).MatMul(states);
        var longShare = _fusion.Run(pass, longTerm, shortTerm, candidates, lastGap).Sigmoid().Unsqueeze(2);
        var fused = shortTerm + longShare * (longTerm - shortTerm);                                 // [b, c, d]
        return _tower.Run(pass, fused, candidates, fused * candidates);
    }

    // what does not depend on the candidate: the long-term preference, s of the newest item, and the states
    private T User<T>(Pass<T> pass, History<T> history)
        where T : struct, ITensor<T>
    {
        var embedded = pass.Lookup(Items, history.Items);                                           // [b, w, d]
        var shares = CandidateAttention.SoftmaxOfRead(embedded.Linear(pass.Of(_longTerm)), history.Newest!.Value.Unsqueeze(1));
        var times = history[Times];                                                                 // [b, w]
        var before = T.Concat(1, times.Slice(1, 0, 1), times.Slice(1, 0, -1));
        var gaps = InTypicalGaps(times - before).Linear(pass.Of(_gap), pass.Of(_gapBias)).Tanh();
        var spans = InTypicalGaps(history.Asked(Times) - times).Linear(pass.Of(_span), pass.Of(_spanBias)).Tanh();
        return T.Concat(1, (shares * embedded).Sum(1, keepAxis: true), history.Select(spans).Unsqueeze(1), States(pass, pass.Dropout(embedded), gaps, spans));
    }

    // [b, w] → ln(1 + gap / m), [b, w, 1]
    private T InTypicalGaps<T>(T gaps)
        where T : struct, ITensor<T>
        => (gaps.ToSingle().Relu() * (1 / typicalGap) + 1).Log().Unsqueeze(2);

    // h after every step, [b, w, d]
    private T States<T>(Pass<T> pass, T inputs, T gaps, T spans)
        where T : struct, ITensor<T>
    {
        int d = Settings.Width;
        var recurrent = pass.Of(_recurrent);
        var ofInputs = inputs.Linear(pass.Of(_input), pass.Of(_bias));                              // [b, w, 6d]
        T ofSpans = spans.Linear(pass.Of(_ofSpan)), ofGaps = gaps.Linear(pass.Of(_ofGap));          // [b, w, 2d]
        var outputGate = ofInputs.Slice(2, 2 * d, 3 * d) + ofSpans.Slice(2, 0, d) + ofGaps.Slice(2, 0, d);
        var steps = T.Concat(2, ofInputs.Slice(2, 0, 2 * d), outputGate, ofInputs.Slice(2, 3 * d, 4 * d));
        var timeGates = (ofInputs.Slice(2, 4 * d) + T.Concat(2, ofSpans.Slice(2, d), ofGaps.Slice(2, d))).Sigmoid();
        var initial = inputs.Slice(1, 0, 1).Squeeze(1).Detach() * 0;                                // [b, d]
        return T.Scan(T.Concat(1, initial, initial), [steps, timeGates], Cell).Slice(2, d);

        // the state is [c; h]
        T Cell(T state, T[] step)
        {
            var values = step[0] + state.Slice(1, d).Linear(recurrent);                             // [b, 4d]
            var gates = values.Slice(1, 0, 3 * d).Sigmoid();
            var timed = gates.Slice(1, 0, 2 * d) * step[1];                                         // [i ∗ T_s; f ∗ T_δ]
            var c = timed.Slice(1, d) * state.Slice(1, 0, d) + timed.Slice(1, 0, d) * values.Slice(1, 3 * d).Tanh();
            return T.Concat(1, c, gates.Slice(1, 2 * d) * c.Tanh());
        }
    }

    // 1 for f, as the published code has it, 0 for the rest
    private static NetworkParameter ForgettingLittle(string name, int width) => new(name, [6 * width], () =>
    {
        var values = new float[6 * width];
        values.AsSpan(width, width).Fill(1);
        return values;
    });
}
