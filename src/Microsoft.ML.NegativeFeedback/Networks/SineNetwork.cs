using System.Text.Json;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.NegativeFeedback.Tensors;

namespace Microsoft.ML.NegativeFeedback.Networks;

/// <summary>The settings of SINE's network.</summary>
/// <param name="Encoder">Shape of the encoder.</param>
/// <param name="SubInterestCount">K, at least 2.</param>
/// <param name="SameInterestWeight">β₁ in [0, 1]; ½ leaves attention alone.</param>
/// <param name="Normalization">How γ comes of r.</param>
/// <param name="AdaptiveFusion">Whether sub-interests are fused by γ, or summed up ("w/o AF").</param>
internal sealed record SineSettings(
    EncoderSettings Encoder, int SubInterestCount, double SameInterestWeight, FusionNormalization Normalization, bool AdaptiveFusion);

/// <summary>
/// SINE (Pan et al., RecSys '23): an encoder over liked items whose attention knows which of K sub-interests each item stands for, a projection of its output onto
/// every sub-interest, and their fusion by the candidate.
/// </summary>
internal class SineNetwork : Network
{
    private readonly SineSettings _settings;
    private readonly SelfAttentionEncoder _encoder;
    private readonly NetworkParameter? _fusionState, _fusionItem, _fusionBias;

    public SineNetwork(int itemCount, SineSettings settings, long seed)
        : base(itemCount, settings.Encoder, seed)
    {
        _settings = settings;
        int width = settings.Encoder.Width;
        _encoder = CreateEncoder(seed);
        Prototypes = NetworkParameter.XavierNormal("prototypes", CounterRandom.Of(seed, 3), settings.SubInterestCount, width);
        if (!settings.AdaptiveFusion)
            return;
        // w [1, 2d] of eq. 12, drawn as one: what multiplies õ_k, then what multiplies e_i
        float[] Draw() => CounterRandom.Of(seed, 4).Normal(2 * width, Math.Sqrt(2.0 / (1 + (2 * width))));
        _fusionState = new("fusion.state", [width, 1], () => Draw()[..width]);
        _fusionItem = new("fusion.item", [width, 1], () => Draw()[width..]);
        _fusionBias = NetworkParameter.Zeros("fusion.bias", 1);
    }

    public override string Description => $"{GetType().Name} {JsonSerializer.Serialize(_settings)}";

    /// <summary>z [K, d].</summary>
    public NetworkParameter Prototypes { get; }

    /// <summary>
    /// Under softmax, and without fusion, the candidate has no say in the shares: its part is the same for every k and cancels, so that one vector, Σ γ_k õ_k,
    /// scores every candidate.
    /// </summary>
    public override bool HasStates => !_settings.AdaptiveFusion || _settings.Normalization == FusionNormalization.Softmax;

    public override int SubInterestCount => _settings.AdaptiveFusion ? _settings.SubInterestCount : 0;

    public override IReadOnlyList<NetworkInput> Inputs => _settings.SameInterestWeight == 0.5 ? [] : [NetworkInput.Skips];

    public override long ValuesPerRow => (ItemCount + 1L) * (HasStates ? 1 : _settings.SubInterestCount);

    public override long ValuesPerCandidate => Math.Max(Settings.Width + 1, _settings.SubInterestCount);

    public override long ValuesPerPlace => Math.Max(_encoder.ValuesPerPlace, _settings.SubInterestCount);

    protected override IEnumerable<NetworkParameter> OwnParameters
        => _encoder.Parameters.Append(Prototypes).Concat(new[] { _fusionState, _fusionItem, _fusionBias }.OfType<NetworkParameter>());

    public override T States<T>(Pass<T> pass, History<T> history)
    {
        if (_settings.AdaptiveFusion && T.FuseProjections(Encode(pass, history), pass.Of(Prototypes), pass.Of(_fusionState!)) is { } fused)
            return fused;
        var projected = Project(pass, history);                                                     // [n, K, d]
        return _settings.AdaptiveFusion ? (projected * StateShares(pass, projected)).Sum(1) : projected.Sum(1);
    }

    // eq. 14: Σ γ_k õ_k·e_i
    public override T Scores<T>(Pass<T> pass, History<T> history, T candidates)
    {
        if (HasStates)
            return base.Scores(pass, history, candidates);
        var projected = Project(pass, history);
        return (projected.DotProducts(candidates) * CandidateShares(pass, projected, candidates)).Sum(1);   // [n, c]
    }

    // Without fusion the published code holds a skipped item against the sub-interest that tells it best from the liked one.
    public override T Margins<T>(Pass<T> pass, History<T> history, T candidates)
    {
        if (_settings.AdaptiveFusion)
            return base.Margins(pass, history, candidates);
        var logits = Project(pass, history).DotProducts(candidates);                                // [n, K, c]
        var margins = logits.Slice(2, 0, 1) - logits.Slice(2, 1);
        return T.Concat(1, margins.Slice(2, 0, 1).Sum(1), margins.Slice(2, 1).Maximum(1));
    }

    public override T Shares<T>(Pass<T> pass, History<T> history, T candidates)
    {
        var projected = Project(pass, history);
        return HasStates ? StateShares(pass, projected).Permute(0, 2, 1)                            // [n, 1, K]
            : CandidateShares(pass, projected, candidates).Permute(0, 2, 1);                        // [n, c, K]
    }

    /// <summary>õ_k = o + σ(o ∗ z_k) ∗ o (eq. 11), [n, K, d].</summary>
    private T Project<T>(Pass<T> pass, History<T> history)
        where T : struct, ITensor<T>
    {
        var o = Encode(pass, history).Unsqueeze(1);                                                 // [n, 1, d]
        return o * ((o * pass.Of(Prototypes)).Sigmoid() + 1);
    }

    /// <summary>o, [n, d].</summary>
    private T Encode<T>(Pass<T> pass, History<T> history)
        where T : struct, ITensor<T>
        => pass.Once(() =>
        {
            var embedded = pass.Lookup(Items, history.Items);                                       // [b, w, d]
            return _encoder.Encode(pass, history, embedded, Attention(pass, history, embedded));
        });

    // softmax over k of w·õ_k, [n, K, 1]
    private T StateShares<T>(Pass<T> pass, T projected)
        where T : struct, ITensor<T>
        => projected.MatMul(pass.Of(_fusionState!)).Softmax(1);

    // eq. 12 and 13: r_k = σ(w·[e_i; õ_k] + b) is of a part of the sub-interest and one of the candidate; γ = r / Σ r, [n, K, c]
    private T CandidateShares<T>(Pass<T> pass, T projected, T candidates)
        where T : struct, ITensor<T>
        => T.SigmoidShares(projected.MatMul(pass.Of(_fusionState!)).Squeeze(2), (candidates.MatMul(pass.Of(_fusionItem!)) + pass.Of(_fusionBias!)).Squeeze(-1));

    /// <summary>
    /// Eq. 8 and 9, with factors 2β₁ and 2β₂, which learned projections cannot tell from β₁ and β₂, so that they turn attention up and down and not its output.
    /// </summary>
    protected virtual AttentionSettings<T> Attention<T>(Pass<T> pass, History<T> history, T embedded)
        where T : struct, ITensor<T>
        => _settings.SameInterestWeight == 0.5 ? new(Settings.HeadCount) : new(Settings.HeadCount,
            Groups: DominantInterests(pass, embedded, pass.LookupFrozen(Items, history[NetworkInput.Skips])),
            SameGroup: 2 * _settings.SameInterestWeight, OtherGroup: 2 * (1 - _settings.SameInterestWeight));

    /// <summary>argmax_k e₊·z_k − e₋·z_k (eq. 4), Int64 [b, w]: where nothing was skipped e₋ is padding's, 0; the lowest k in ties.</summary>
    protected T DominantInterests<T>(Pass<T> pass, T liked, T skipped)
        where T : struct, ITensor<T>
        => (liked.Detach() - skipped).Linear(pass.Of(Prototypes).Detach()).ArgMaximum(2);

    /// <summary>The encoder.</summary>
    protected virtual SelfAttentionEncoder CreateEncoder(long seed) => SelfAttentionEncoder.OfSine(Settings, seed);
}
