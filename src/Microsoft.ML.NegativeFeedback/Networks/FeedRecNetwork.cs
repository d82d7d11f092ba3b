using System.Globalization;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>
/// FeedRec (Wu et al., "FeedRec: News Feed Recommendation with Various User Feedbacks", WWW 2022) over the whole history with its kinds of feedback f_j, liked (+), skipped (−) or
/// neither (0):
/// <code>
/// (1)  x_j = √d e_j + t_(f_j) + p_(t−j)                                       item, kind of feedback, place counted from the newest
/// (2)  H = Transformer(x_1 … x_t)                                             heterogeneous: all behaviours together
/// (3)  Rᵏ = Transformer_k(H_j : f_j = k),  k = +, −, 0                        homogeneous: one for each kind
/// (4)  s⁺ = Σ a_j R⁺_j,  a = softmax v·tanh(W R⁺_j + b);  s⁻ likewise         the strong kinds, pooled
/// (5)  w⁺ = Σ a_j R⁰_j,  a = softmax R⁰_j·s⁺ / √d;  w⁻ likewise by s⁻         strong-to-weak attention
/// (6)  u = W[s⁺; w⁺; s⁻; w⁻] + b,  y = u·e
/// (7)  cos([s⁺; w⁺], [s⁻; w⁻])                                                keeps positive and negative interest apart
/// </code>
/// </summary>
/// <remarks>
/// What differs from the paper: it has six kinds of feedback on news and foresees reading to the end and dwell time as well as clicks; here are SINE's kinds, in which skips are the
/// negative one, and what is neither liked nor skipped is the weak one, and the liked item is foreseen alone. Transformers are of one layer each, with items in the place of encoded news. A kind that
/// the history lacks has the vector 0; where it is a strong one, it asks the weak items for all alike. That positive and negative vectors are kept apart is the paper's; that it is by their cosine is this library's reading.
/// </remarks>
internal sealed class FeedRecNetwork(int itemCount, EncoderSettings settings, double contrastWeight, long seed) : Network(itemCount, settings, seed)
{
    // of |v|², below which a vector is taken for 0
    private const double SmallestSquare = 1e-6;

    private readonly NetworkParameter
        _kinds = NetworkParameter.XavierNormal("kinds", CounterRandom.Of(seed, 1), 3, settings.Width),
        _positions = NetworkParameter.XavierNormal("positions", CounterRandom.Of(seed, 2), settings.MaximumLength, settings.Width),
        _user = NetworkParameter.XavierNormal("user.weight", CounterRandom.Of(seed, 3), settings.Width, 4 * settings.Width),
        _userBias = NetworkParameter.Zeros("user.bias", settings.Width);

    private readonly MaskedTransformer
        _all = new("all.", settings, CounterRandom.Of(seed, 4).Bits64()), _ofLiked = new("liked.", settings, CounterRandom.Of(seed, 5).Bits64()),
        _ofSkipped = new("skipped.", settings, CounterRandom.Of(seed, 6).Bits64()), _ofNeither = new("neither.", settings, CounterRandom.Of(seed, 7).Bits64());

    private readonly AttentivePooling
        _likedPooling = new("liked.pooling.", settings.Width, CounterRandom.Of(seed, 8).Bits64()), _skippedPooling = new("skipped.pooling.", settings.Width, CounterRandom.Of(seed, 9).Bits64());

    public override bool ReadsWholeHistory => true;

    public override IReadOnlyList<NetworkInput> Inputs => [NetworkInput.Feedback];

    public override long ValuesPerPlace => Math.Max(3L * Settings.Width, Settings.HeadCount * (long)MaximumLength);

    // items heed later ones, too
    public override int? QuestionsPerSequence => 8;

    public override string Description => $"{base.Description} {contrastWeight.ToString("R", CultureInfo.InvariantCulture)}";

    public override IReadOnlyList<(string Name, double Weight)> FurtherLosses => contrastWeight > 0 ? [("cosine of positive and negative", contrastWeight)] : [];

    protected override IEnumerable<NetworkParameter> OwnParameters =>
    [
        _kinds, _positions, .. _all.Parameters, .. _ofLiked.Parameters, .. _ofSkipped.Parameters, .. _ofNeither.Parameters,
        .. _likedPooling.Parameters, .. _skippedPooling.Parameters, _user, _userBias,
    ];

    // eq. 6
    public override T States<T>(Pass<T> pass, History<T> history)
        => Interests(pass, history).Reshape(0, 4 * Settings.Width).Linear(pass.Of(_user), pass.Of(_userBias));

    // eq. 7
    public override T[] FurtherLossesAt<T>(Pass<T> pass, History<T> history, T candidates)
    {
        if (contrastWeight == 0)
            return [];
        var interests = Interests(pass, history);
        T positive = interests.Slice(1, 0, 2).Reshape(0, 2 * Settings.Width), negative = interests.Slice(1, 2, 4).Reshape(0, 2 * Settings.Width);
        return [(positive * negative).Sum(1) * ReciprocalNorm(positive) * ReciprocalNorm(negative)];

        static T ReciprocalNorm(T vectors) => (((vectors * vectors).Sum(1) + SmallestSquare).Log() * -0.5).Exp();
    }

    /// <summary>s⁺, w⁺, s⁻ and w⁻ (eq. 1 to 5), [n, 4, d].</summary>
    private T Interests<T>(Pass<T> pass, History<T> history)
        where T : struct, ITensor<T>
        => pass.Once(() =>
        {
            var embedded = pass.Lookup(Items, history.Items);                                       // [b, w, d]
            var newest = history.Newest!.Value.Unsqueeze(1);                                        // [b, 1]
            var places = embedded.RangeOf(1).Unsqueeze(0);                                          // [1, w]
            T isBefore = places.IsAtMost(newest), isRead = isBefore.ToSingle(), feedback = history[NetworkInput.Feedback] * isRead;
            T liked = feedback.Relu(), skipped = (feedback * -1).Relu(), neither = isRead - liked - skipped;   // [b, w], 0 or 1

            var age = newest - places;
            var x = pass.Of(_positions).Gather(isBefore.Where(age, age - age)).PlusTimes(embedded, Math.Sqrt(Settings.Width))
                + T.Concat(2, liked.Unsqueeze(2), skipped.Unsqueeze(2), neither.Unsqueeze(2)).MatMul(pass.Of(_kinds));
            var all = _all.Run(pass, pass.Dropout(x), isRead);                                      // [b, w, d]
            var strongPositive = _likedPooling.Run(pass, _ofLiked.Run(pass, all, liked), liked);    // [b, 1, d]
            var strongNegative = _skippedPooling.Run(pass, _ofSkipped.Run(pass, all, skipped), skipped);
            var weak = _ofNeither.Run(pass, all, neither);
            return T.Concat(1, strongPositive, Distilled(strongPositive), strongNegative, Distilled(strongNegative));

            T Distilled(T strong) => MaskedTransformer.Mix(strong * (1 / Math.Sqrt(Settings.Width)), weak.Permute(0, 2, 1), weak, neither)
                * neither.Maximum(1, keepAxis: true).Unsqueeze(2);
        });
}

/// <summary>
/// A layer of the Transformer (Vaswani et al. 2017) without order, in which everything heeds some of the places: x ← LN(x + Attention(x)), x ← LN(x + W₂·relu(W₁x)).
/// </summary>
internal sealed class MaskedTransformer(string prefix, EncoderSettings settings, long seed)
{
    // what a softmax takes for 0
    private const double Unread = 1e9;

    // rows [Q; K; V], each drawn as a square matrix
    private readonly NetworkParameter
        _in = new($"{prefix}in", [3 * settings.Width, settings.Width],
            () => CounterRandom.Of(seed, 0).Normal(3 * settings.Width * settings.Width, Math.Sqrt(1.0 / settings.Width))),
        _out = NetworkParameter.XavierNormal($"{prefix}out", CounterRandom.Of(seed, 1), settings.Width, settings.Width),
        _first = NetworkParameter.XavierNormal($"{prefix}first.weight", CounterRandom.Of(seed, 2), settings.Width, settings.Width),
        _firstBias = NetworkParameter.Zeros($"{prefix}first.bias", settings.Width),
        _second = NetworkParameter.XavierNormal($"{prefix}second.weight", CounterRandom.Of(seed, 3), settings.Width, settings.Width),
        _secondBias = NetworkParameter.Zeros($"{prefix}second.bias", settings.Width);

    private readonly LayerNormalization _attentionNorm = new($"{prefix}attentionNorm", settings.Width), _forwardNorm = new($"{prefix}forwardNorm", settings.Width);

    public IEnumerable<NetworkParameter> Parameters
        => [_in, _out, _first, _firstBias, _second, _secondBias, .. _attentionNorm.Parameters, .. _forwardNorm.Parameters];

    /// <summary>Runs the layer.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="x">[b, w, d].</param>
    /// <param name="isHeeded">[b, w]: 1 at places that are heeded, 0 elsewhere. Of a sequence without any the values mean nothing.</param>
    /// <returns>[b, w, d].</returns>
    public T Run<T>(Pass<T> pass, T x, T isHeeded)
        where T : struct, ITensor<T>
    {
        int d = settings.Width, heads = settings.HeadCount;
        var projected = x.Linear(pass.Of(_in));                                                     // [b, w, 3d]
        T queries = Split(projected.Slice(2, 0, d) * (1 / Math.Sqrt(d / heads))), keys = Split(projected.Slice(2, d, 2 * d)), values = Split(projected.Slice(2, 2 * d));
        var mixed = heads == 1 ? Mix(queries, keys.Permute(0, 2, 1), values, isHeeded) : Mix(queries, keys.Permute(0, 1, 3, 2), values, isHeeded.Unsqueeze(1));
        var attended = (heads == 1 ? mixed : mixed.Permute(0, 2, 1, 3).Reshape(0, 0, d)).Linear(pass.Of(_out));
        var y = _attentionNorm.Run(pass, pass.AddDropout(x, attended));
        var hidden = y.Linear(pass.Of(_first), pass.Of(_firstBias)).Relu();
        return _forwardNorm.Run(pass, pass.AddDropout(y, hidden.Linear(pass.Of(_second), pass.Of(_secondBias))));

        // [b, w, d] → [b, heads, w, d / heads]
        T Split(T packed) => heads == 1 ? packed : packed.Reshape(0, 0, heads, d / heads).Permute(0, 2, 1, 3);
    }

    /// <summary>softmax(q·kᵀ)·v over the places that are heeded.</summary>
    /// <param name="query">[.., q, d], scaled.</param>
    /// <param name="keys">kᵀ [.., d, w].</param>
    /// <param name="values">v [.., w, d].</param>
    /// <param name="isHeeded">[.., w]: 1 or 0.</param>
    /// <returns>[.., q, d].</returns>
    public static T Mix<T>(T query, T keys, T values, T isHeeded)
        where T : struct, ITensor<T>
        => (query.MatMul(keys) + ((isHeeded + -1) * Unread).Unsqueeze(-2)).Softmax(-1).MatMul(values);
}

/// <summary>A weighted mean of some places, the weights softmax v·tanh(Wx + b).</summary>
internal sealed class AttentivePooling(string prefix, int width, long seed)
{
    private readonly NetworkParameter
        _weight = NetworkParameter.XavierNormal($"{prefix}weight", CounterRandom.Of(seed, 0), width, width),
        _bias = NetworkParameter.Zeros($"{prefix}bias", width),
        _query = NetworkParameter.XavierNormal($"{prefix}query", CounterRandom.Of(seed, 1), 1, width);

    public IEnumerable<NetworkParameter> Parameters => [_weight, _bias, _query];

    /// <summary>Runs it.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="x">[b, w, d].</param>
    /// <param name="isPooled">[b, w]: 1 at places that count, 0 elsewhere.</param>
    /// <returns>[b, 1, d]; 0 where no place counts.</returns>
    public T Run<T>(Pass<T> pass, T x, T isPooled)
        where T : struct, ITensor<T>
        => MaskedTransformer.Mix(pass.Of(_query).Unsqueeze(0), x.Linear(pass.Of(_weight), pass.Of(_bias)).Tanh().Permute(0, 2, 1), x, isPooled)
            * isPooled.Maximum(1, keepAxis: true).Unsqueeze(2);
}
