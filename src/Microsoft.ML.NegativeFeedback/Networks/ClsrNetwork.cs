using System.Globalization;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>
/// CLSR (Zheng et al., "Disentangling Long and Short-Term Interests for Recommendation", WWW 2022) over the liked items e_1 … e_t:
/// <code>
/// (1)  m = mean e_j,  q = GRU₁(e)_t,  o_j = GRU₂(e)_j,  h = GRU₃(e)_t
/// (2)  u_l = Σ_j a_j e_j,  a = softmax MLP[W_l e_j; m; W_l e_j − m; W_l e_j ∗ m]         long-term interest
/// (3)  u_s = Σ_j a_j o_j,  a = softmax MLP[W_s o_j; q; W_s o_j − q; W_s o_j ∗ q]         short-term interest
/// (4)  α = σ(MLP[h; u_l; u_s; e]),  u = α u_l + (1 − α) u_s,  y = MLP[u; e]
/// (5)  p_l = m,  p_s = mean of e_(t−k+1) … e_t                                           proxies
/// (6)  f(u_l, p_l, p_s) + f(u_s, p_s, p_l) + f(p_l, u_l, u_s) + f(p_s, u_s, u_l),  f(a, b, c) = −ln σ(a·b − a·c)
/// </code>
/// </summary>
/// <remarks>
/// What differs from paper and published code: users have no embeddings. Of the two that they have there m stands for the long-term one, as in NCF, so that users whom training
/// never met are served, and GRU₁ begins at 0 in the place of the short-term one; with them goes the loss that keeps those two apart. The published code adds the candidate to q;
/// here q is of the history alone, so that a place has one short-term interest to hold to its proxy. GRU₂ knows no times (the code has a cell with times as an option), nor does α. Every attention has one hidden layer, as DIN has here, and towers are those of NCF
/// and DIN. Eq. 6 is asked for after at least <see cref="ShortestContrasted"/> liked items; elsewhere it is 0, and the loss has the mean over all places.
/// </remarks>
internal sealed class ClsrNetwork(int itemCount, EncoderSettings settings, double contrastWeight, long seed) : Network(itemCount, settings, seed)
{
    /// <summary>k of eq. 5, and how many items there are at least where eq. 6 is asked for: more than 5; both as in the published code.</summary>
    public const int RecentCount = 3, ShortestContrasted = 6;

    private readonly GatedRecurrentLayer
        _intention = Layer("intention.", settings.Width, seed, 1), _behaviour = Layer("behaviour.", settings.Width, seed, 3), _fusionState = Layer("fusionState.", settings.Width, seed, 5);

    private readonly QueryAttention
        _longAttention = new("longAttention.", settings.Width, CounterRandom.Of(seed, 7).Bits64()), _shortAttention = new("shortAttention.", settings.Width, CounterRandom.Of(seed, 8).Bits64());

    private readonly RankingTower
        _fusion = new(partCount: 4, settings.Width, CounterRandom.Of(seed, 9).Bits64(), "fusion"), _tower = new(partCount: 2, settings.Width, CounterRandom.Of(seed, 10).Bits64());

    private readonly NetworkParameter _fusionBias = NetworkParameter.Zeros("fusion.outputBias", 1);

    public override bool HasStates => false;

    // the first layers' d units of every item, as in NCF
    public override long ValuesPerRow => (ItemCount + 1L) * Settings.Width;

    // the gates', and those of the attentions' hidden layers
    public override long ValuesPerPlace => Math.Max(GatedRecurrentLayer.ValuesPerPlace(Settings.Width), CandidateAttention.HiddenWidth);

    public override string Description => $"{base.Description} {contrastWeight.ToString("R", CultureInfo.InvariantCulture)}";

    public override IReadOnlyList<(string Name, double Weight)> FurtherLosses => contrastWeight > 0 ? [("contrast of interests", contrastWeight)] : [];

    protected override IEnumerable<NetworkParameter> OwnParameters =>
    [
        .. _intention.Parameters, .. _behaviour.Parameters, .. _fusionState.Parameters, .. _longAttention.Parameters, .. _shortAttention.Parameters,
        .. _fusion.Parameters, _fusionBias, .. _tower.Parameters,
    ];

    // eq. 4
    public override T Scores<T>(Pass<T> pass, History<T> history, T candidates)
    {
        var read = Read(pass, history);
        T state = read.Slice(1, 0, 1), longTerm = read.Slice(1, 1, 2), shortTerm = read.Slice(1, 2, 3);   // [n, 1, d]
        var share = (_fusion.Run(pass, state, longTerm, shortTerm, candidates) + pass.Of(_fusionBias)).Sigmoid().Unsqueeze(2);   // [n, c, 1]
        return _tower.Run(pass, shortTerm + share * (longTerm - shortTerm), candidates);
    }

    // eq. 6
    public override T[] FurtherLossesAt<T>(Pass<T> pass, History<T> history, T candidates)
    {
        if (contrastWeight == 0)
            return [];
        var read = Read(pass, history);
        T longTerm = read.Slice(1, 1, 2).Squeeze(1), shortTerm = read.Slice(1, 2, 3).Squeeze(1);   // [n, d]
        var embedded = pass.Lookup(Items, history.Items);                                           // [b, w, d]
        var (places, sums) = (embedded.RangeOf(1), embedded.CumulativeSum(1));
        var counts = (places.ToSingle() + 1).Unsqueeze(1);                                          // [w, 1]
        var whole = history.Select(sums / counts);                                                  // [n, d]
        var recent = history.Select((sums - sums.Pad(1, RecentCount, 0).Slice(1, 0, -RecentCount)) / counts.Clamp(1, RecentCount));
        var isLong = embedded.Slice(2, 0, 1).Detach() * 0 + places.IsAbove(ShortestContrasted - 2).ToSingle().Unsqueeze(1);   // [b, w, 1]
        T proxies = whole - recent, interests = longTerm - shortTerm;
        var agreement = Agreement(longTerm, proxies) + Agreement(shortTerm, proxies * -1) + Agreement(whole, interests) + Agreement(recent, interests * -1);
        return [agreement * history.Select(isLong).Squeeze(1) * -1];

        static T Agreement(T vector, T difference) => (vector * difference).Sum(1).LogSigmoid();
    }

    /// <summary>h, u_l and u_s (eq. 1 to 3), [n, 3, d].</summary>
    private T Read<T>(Pass<T> pass, History<T> history)
        where T : struct, ITensor<T>
        => pass.Once(() =>
        {
            var embedded = pass.Lookup(Items, history.Items);                                       // [b, w, d]
            var inputs = pass.Dropout(embedded);
            var counts = (embedded.RangeOf(1).ToSingle() + 1).Unsqueeze(1);                         // [w, 1]
            T user = At(embedded.CumulativeSum(1) / counts), intention = At(_intention.Run(pass, inputs));
            return T.Concat(1, At(_fusionState.Run(pass, inputs)),
                history.Read(embedded, user, (values, newest, queries) => _longAttention.Run(pass, values, newest, queries)),
                history.Read(_behaviour.Run(pass, inputs), intention, (values, newest, queries) => _shortAttention.Run(pass, values, newest, queries)));

            T At(T values) => history.Select(values).Unsqueeze(1);                                  // [n, 1, d]
        });

    private static GatedRecurrentLayer Layer(string prefix, int width, long seed, int number)
        => new(prefix, width, CounterRandom.Of(seed, number), CounterRandom.Of(seed, number + 1));
}

/// <summary>
/// What vectors x_j of a history say of a query q: Σ a_j x_j with a = softmax MLP[Wx_j; q; Wx_j − q; Wx_j ∗ q], of one hidden layer with relu. A last bias would go in the softmax: there
/// is none.
/// </summary>
internal sealed class QueryAttention(string prefix, int width, long seed)
{
    private readonly NetworkParameter _keys = NetworkParameter.XavierNormal($"{prefix}keys", CounterRandom.Of(seed, 0), width, width);
    private readonly CandidateAttention _attention = new(width, CounterRandom.Of(seed, 1), CounterRandom.Of(seed, 2), hasShareBias: false, prefix);

    public IEnumerable<NetworkParameter> Parameters => [_keys, .. _attention.Parameters];

    /// <summary>Runs it.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="values">x [b, w, d].</param>
    /// <param name="newest">Int64 [b or 1, q]: the newest place that each query may read.</param>
    /// <param name="queries">[b, q, d].</param>
    /// <returns>[b, q, d].</returns>
    public T Run<T>(Pass<T> pass, T values, T newest, T queries)
        where T : struct, ITensor<T>
    {
        var logits = _attention.Logits(pass, values.Linear(pass.Of(_keys)), queries);               // [b, w, q]
        return CandidateAttention.SoftmaxOfRead(logits, newest).Permute(0, 2, 1).MatMul(values);
    }
}
