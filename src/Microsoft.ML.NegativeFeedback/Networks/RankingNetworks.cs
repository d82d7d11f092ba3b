using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>
/// NCF (He et al., "Neural Collaborative Filtering", WWW 2017): a generalised matrix factorisation and a multilayer perceptron over a user and an item,
/// y = w·[u ∗ e; MLP([u; e])].
/// </summary>
/// <remarks>
/// Two things differ from the paper. A user has no embedding of their own: u is the mean of the embeddings of the items that they liked up to the
/// position, the newest l, so that users whom training never met are served and what they like next counts at once. And both halves share the
/// item table. The order of the items makes no difference to the network.
/// </remarks>
internal sealed class NcfNetwork(int itemCount, EncoderSettings settings, long seed) : Network(itemCount, settings, seed)
{
    // at 1 the first half is plain matrix factorisation
    private readonly NetworkParameter _product = NetworkParameter.Ones("product", settings.Width);
    private readonly RankingTower _tower = new(partCount: 2, settings.Width, CounterRandom.Of(seed, 1).Bits64());

    public override bool HasStates => false;

    // the first layer's d units of every item: d times what a dot product takes, so that fewer histories share a run
    public override long ValuesPerRow => (ItemCount + 1L) * Settings.Width;

    protected override IEnumerable<NetworkParameter> OwnParameters => [_product, .. _tower.Parameters];

    public override T Scores<T>(Pass<T> pass, History<T> history, T candidates)
    {
        var user = pass.Once(() =>
        {
            var embedded = pass.Lookup(Items, history.Items);                                       // [b, w, d]
            var counts = (embedded.RangeOf(1).ToSingle() + 1).Unsqueeze(1);                         // [w, 1]
            return history.Select(embedded.CumulativeSum(1) / counts).Unsqueeze(1);                 // [n, 1, d]
        });
        return (user * pass.Of(_product)).DotProducts(candidates).Squeeze(1) + _tower.Run(pass, user, candidates);
    }
}

/// <summary>
/// DIN (Zhou et al., "Deep Interest Network for Click-Through Rate Prediction", KDD 2018): how much each liked item says of the candidate is a small
/// network's word, v = Σ_j a(e_j, e) e_j, and y = MLP([v; e; v ∗ e]). As published, the a are not normalised over the history.
/// </summary>
/// <remarks>
/// a has one hidden layer of <see cref="CandidateAttention.HiddenWidth"/> over [e_j; e; e_j − e; e_j ∗ e]; where the paper has PReLU or Dice, here is relu, which
/// does not depend on the batch. It starts near 1, the plain sum of the history, which is the paper's base model. In training a candidate at a
/// position meets the items up to there alone, so that a sequence teaches at each of its positions.
/// </remarks>
internal sealed class DinNetwork(int itemCount, EncoderSettings settings, long seed) : Network(itemCount, settings, seed)
{
    private readonly CandidateAttention _attention = new(settings.Width, CounterRandom.Of(seed, 1), CounterRandom.Of(seed, 2), hasShareBias: true);
    private readonly RankingTower _tower = new(partCount: 3, settings.Width, CounterRandom.Of(seed, 3).Bits64());

    public override bool HasStates => false;

    public override bool ScoresCatalogue => false;

    public override long ValuesPerCandidate => CandidateAttention.ValuesPerCandidate(MaximumLength, Settings.Width);

    protected override IEnumerable<NetworkParameter> OwnParameters => [.. _attention.Parameters, .. _tower.Parameters];

    public override T Scores<T>(Pass<T> pass, History<T> history, T candidates)
    {
        var embedded = pass.Lookup(Items, history.Items);                                           // [b, w, d]
        var interests = history.Read(embedded, candidates, Interests);                              // [n, c, d]
        return _tower.Run(pass, interests, candidates, interests * candidates);

        // v of q candidates a sequence, each of which reads the items up to its newest: [b, q, d]
        T Interests(T read, T newest, T asked)
        {
            var logits = _attention.Logits(pass, read, asked);
            return (logits * CandidateAttention.IsRead(logits, newest)).Permute(0, 2, 1).MatMul(read);
        }
    }
}

/// <summary>
/// What a small network makes of vectors of the history x_j beside a candidate e (DIN): one hidden layer with relu over [x_j; e; x_j − e; x_j ∗ e], and a number of it.
/// </summary>
/// <param name="width">d of both.</param>
/// <param name="ofHidden">What the hidden layer's weights are drawn by.</param>
/// <param name="ofShare">What those of the number are drawn by.</param>
/// <param name="hasShareBias">Whether the number has a bias, which starts at 1; before a softmax it would change nothing.</param>
/// <param name="prefix">What the names of the parameters begin with.</param>
internal sealed class CandidateAttention(int width, CounterRandom ofHidden, CounterRandom ofShare, bool hasShareBias, string prefix = "")
{
    /// <summary>h, the hidden units, as in the paper.</summary>
    public const int HiddenWidth = 36;

    private readonly NetworkParameter
        _hidden = NetworkParameter.XavierNormal($"{prefix}attention", ofHidden, HiddenWidth, 4 * width),
        _hiddenBias = NetworkParameter.Zeros($"{prefix}attentionBias", HiddenWidth),
        _share = NetworkParameter.XavierNormal($"{prefix}share", ofShare, 1, HiddenWidth);

    private readonly NetworkParameter? _shareBias = hasShareBias ? NetworkParameter.Ones($"{prefix}shareBias", 1) : null;

    public IEnumerable<NetworkParameter> Parameters => [_hidden, _hiddenBias, _share, .. _shareBias is { } bias ? [bias] : Array.Empty<NetworkParameter>()];

    /// <summary>The values of the largest tensor that a candidate takes.</summary>
    public static long ValuesPerCandidate(int length, int width) => (long)Math.Max(length, width + 1) * HiddenWidth;

    /// <summary>The numbers of q candidates a sequence.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="read">x, [b, w, d].</param>
    /// <param name="asked">e, [b, q, d].</param>
    /// <returns>[b, w, q].</returns>
    public T Logits<T>(Pass<T> pass, T read, T asked)
        where T : struct, ITensor<T>
    {
        T w1 = Part(0), w2 = Part(1), w3 = Part(2), w4 = Part(3);
        // W₁x_j + W₂e + W₃(x_j − e) + W₄(x_j ∗ e) = (W₁ + W₃)x_j + (W₂ − W₃)e + (W₄ ∗ e)x_j: a matrix a candidate takes less than a product a pair
        var ofItems = read.Linear(w1 + w3, pass.Of(_hiddenBias)).Unsqueeze(2);                      // [b, w, 1, h]
        var ofCandidates = asked.Linear(w2 - w3).Unsqueeze(1);                                      // [b, 1, q, h]
        var matrices = (asked.Unsqueeze(2) * w4).Reshape(0, -1, width).Permute(0, 2, 1);            // [b, d, q · h]
        var hidden = (read.MatMul(matrices).Reshape(0, 0, -1, HiddenWidth) + ofCandidates + ofItems).Relu();    // [b, w, q, h]
        return hidden.Linear(pass.Of(_share), _shareBias is { } bias ? pass.Of(bias) : null).Squeeze(3);

        T Part(int index) => pass.Of(_hidden).Slice(1, index * width, (index + 1) * width);
    }

    /// <summary>1 at places up to the newest, 0 behind it.</summary>
    /// <param name="values">[b, w, …].</param>
    /// <param name="newest">Int64 [b or 1, q or 1].</param>
    /// <returns>[b or 1, w, q or 1].</returns>
    public static T IsRead<T>(T values, T newest)
        where T : struct, ITensor<T>
        => values.RangeOf(1).Reshape(1, -1, 1).IsAtMost(newest.Unsqueeze(1)).ToSingle();

    /// <summary>The softmax over the places up to the newest, 0 behind it.</summary>
    /// <param name="logits">[b, w, q].</param>
    /// <param name="newest">Int64 [b or 1, q or 1].</param>
    /// <returns>[b, w, q].</returns>
    public static T SoftmaxOfRead<T>(T logits, T newest)
        where T : struct, ITensor<T>
    {
        const double OfNone = 1e9; // e to the minus of it is 0 beside any logit
        return (logits + (IsRead(logits, newest) + -1) * OfNone).Softmax(1);
    }
}

/// <summary>
/// The layers that NCF, DIN and the networks after them judge a history and a candidate with: vectors of width d laid beside each other → d → ⌈d/2⌉ → 1, with relu between.
/// The first layer is the sum of what it makes of each vector, so that vectors broadcast and none has to be copied beside another. Only differences
/// of scores are learned from, which a last bias would not change: there is none.
/// </summary>
internal sealed class RankingTower(int partCount, int width, long seed, string name = "tower")
{
    private readonly NetworkParameter
        _first = NetworkParameter.XavierNormal($"{name}.first", CounterRandom.Of(seed, 0), width, partCount * width),
        _firstBias = NetworkParameter.Zeros($"{name}.firstBias", width),
        _second = NetworkParameter.XavierNormal($"{name}.second.weight", CounterRandom.Of(seed, 1), (width + 1) / 2, width),
        _secondBias = NetworkParameter.Zeros($"{name}.second.bias", (width + 1) / 2),
        _output = NetworkParameter.XavierNormal($"{name}.output", CounterRandom.Of(seed, 2), 1, (width + 1) / 2);

    public IEnumerable<NetworkParameter> Parameters => [_first, _firstBias, _second, _secondBias, _output];

    /// <summary>Scores.</summary>
    /// <param name="pass">The pass; its dropout is behind both layers.</param>
    /// <param name="parts">The vectors [n, c or 1, d], or [c, d] for all n.</param>
    /// <returns>[n, c].</returns>
    public T Run<T>(Pass<T> pass, params ReadOnlySpan<T> parts)
        where T : struct, ITensor<T>
    {
        var hidden = parts[0].Linear(Part(0), pass.Of(_firstBias));
        for (int i = 1; i < parts.Length; i++)
            hidden += parts[i].Linear(Part(i));
        hidden = pass.DropoutRelu(pass.DropoutRelu(hidden).Linear(pass.Of(_second), pass.Of(_secondBias)));
        return hidden.Linear(pass.Of(_output)).Squeeze(-1);

        T Part(int index) => pass.Of(_first).Slice(1, index * width, (index + 1) * width);
    }
}
