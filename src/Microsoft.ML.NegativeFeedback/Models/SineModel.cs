using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The settings of SINE.</summary>
/// <param name="Encoder">Shape of the encoder.</param>
/// <param name="SubInterestCount">K, at least 2.</param>
/// <param name="Weights">λ₁ and λ₂.</param>
/// <param name="DistanceWeight">λ₃.</param>
/// <param name="SameInterestWeight">β₁ in [0, 1]; ½ leaves attention alone.</param>
/// <param name="Normalization">How γ comes of r.</param>
/// <param name="AdaptiveFusion">Whether sub-interests are fused by γ, or summed up ("w/o AF").</param>
internal sealed record SineSettings(
    EncoderSettings Encoder, int SubInterestCount, PairwiseWeights Weights, double DistanceWeight, double SameInterestWeight,
    FusionNormalization Normalization, bool AdaptiveFusion);

/// <summary>
/// SINE (Pan et al., RecSys '23): an encoder over liked items whose attention knows which of K sub-interests each item stands for, a projection of
/// its output onto every sub-interest, and their fusion by the candidate.
/// </summary>
internal sealed class SineModel : PairwiseModel
{
    private readonly SineSettings _settings;
    private readonly PositionalEncoder encoder;
    private readonly Parameter prototypes;
    private readonly SubInterestFusion? fusion;

    public SineModel(int itemCount, SineSettings settings, long seed, Device device)
        : base(nameof(SineModel), itemCount, settings.Encoder, settings.Weights, seed, device)
    {
        _settings = settings;
        encoder = new PositionalEncoder(settings.Encoder, seed, device);
        prototypes = InitialWeights.XavierNormal(CounterRandom.Of(seed, 3), device, settings.SubInterestCount, settings.Encoder.Width);
        if (settings.AdaptiveFusion)
            fusion = new SubInterestFusion(settings.Encoder.Width, settings.Normalization, CounterRandom.Of(seed, 4), device);
        RegisterComponents();
    }

    public override double RegularizerWeight => _settings.DistanceWeight;

    /// <summary>
    /// For published numerics: what attention weights of equal sub-interests are multiplied with, others with 1, by the item to be foreseen
    /// and in training alone; null for none.
    /// </summary>
    internal double? PublishedFilter { get; init; }

    private protected override IReadOnlyList<Parameter> NetworkParameters
        => [.. encoder.parameters(), prototypes, .. fusion is null ? [] : fusion.UsedParameters];

    private protected override IReadOnlyList<Parameter> RegularizedParameters => [prototypes];

    /// <summary>Hidden vectors o: [batch, length] items → [batch, length, d], with no skips.</summary>
    public override Tensor forward(Tensor inputs)
    {
        var sequences = new LikedSequences(inputs.shape[0], inputs.shape[1], inputs.view(-1), inputs.view(-1).mul(Scalars.Zero));
        return Encode(sequences, items.index_select(0, sequences.Inputs).view(sequences.Count, sequences.Length, Settings.Width), Dropout.Off);
    }

    public SineWeights ToWeights() => new(
        encoder.ToWeights(ItemCount, items), _settings.SubInterestCount, prototypes.ToArray(), fusion?.StateWeight, fusion?.ItemWeight,
        fusion?.Bias ?? 0, _settings.Normalization, _settings.SameInterestWeight);

    /// <summary>õ_k = o + σ(o ∗ z_k) ∗ o (eq. 11): [n, d] → [K, n, d].</summary>
    internal Tensor Project(Tensor states) => states.mul(states.mul(prototypes.unsqueeze(1)).sigmoid().add(Scalars.One, Scalars.One));

    /// <summary>õ_k·e of every sub-interest: features [K, n, d], candidates [c, n, d] → [c, K, n].</summary>
    internal static Tensor LogitsOfInterests(Tensor features, Tensor candidates)
    {
        var logits = new Tensor[candidates.shape[0]];
        for (int i = 0; i < logits.Length; i++)
            logits[i] = features.mul(candidates.narrow(0, i, 1)).sum(2);
        return stack(logits);
    }

    private protected override Tensor Regularizer() => DistanceCorrelation.OfPairs(prototypes);

    private protected override Tensor Logits(LikedSequences sequences, Tensor embedded, Tensor? positions, Tensor candidates, Dropout dropout)
    {
        var features = Features(sequences, embedded, positions, dropout);
        if (fusion is { DependsOnCandidate: false })
            return features.mul(fusion.Shares(features).unsqueeze(2)).sum(dim: 0).mul(candidates).sum(2);
        var logits = LogitsOfInterests(features, candidates);
        return fusion is null ? logits.sum(1) : logits.mul(fusion.call(features, candidates)).sum(1);
    }

    // Without fusion the published code holds a skipped item against the sub-interest that tells it best from the liked one.
    private protected override (Tensor Sampled, Tensor? Skipped) Margins(
        LikedSequences sequences, Tensor embedded, Tensor? positions, Tensor candidates, Dropout dropout)
    {
        if (fusion is not null)
            return Margins(Logits(sequences, embedded, positions, candidates, dropout));
        var logits = LogitsOfInterests(Features(sequences, embedded, positions, dropout), candidates);
        var (sampled, skipped) = Margins(logits);
        return (sampled.sum(dim: 0), skipped?.amax(0));
    }

    private Tensor Features(LikedSequences sequences, Tensor embedded, Tensor? positions, Dropout dropout)
        => Project(Select(Encode(sequences, embedded, dropout).view(-1, Settings.Width), positions));

    private Tensor Encode(LikedSequences sequences, Tensor embedded, Dropout dropout)
    {
        var kept = PublishedNumerics ? sequences.Inputs.view(sequences.Count, sequences.Length, 1).ne(Scalars.Zero) : null;
        return encoder.call(embedded, new EncoderPass(dropout, AttentionFactors(sequences), kept));
    }

    /// <summary>β of eq. 8, [count, length, length] by query and key: 2β₁ where their sub-interests are the same, 2β₂ elsewhere.</summary>
    private Tensor? AttentionFactors(LikedSequences sequences)
    {
        using var noGradient = no_grad();
        if (PublishedNumerics)
            return PublishedFilter is { } filter && sequences.Slice is { } slice ? PublishedFactors(slice, filter) : null;
        if (_settings.SameInterestWeight == 0.5)
            return null;
        var dominant = DominantInterests(sequences.Inputs, sequences.InputSkips).view(sequences.Count, sequences.Length);
        double same = 2 * _settings.SameInterestWeight, other = 2 - same;
        return Factors(dominant, dominant, same, other);
    }

    /// <summary>argmax_k e₊·z_k − e₋·z_k (eq. 4), the second term only where there was a skip: [n] items → [n], the lowest k in ties.</summary>
    internal Tensor DominantInterests(Tensor liked, Tensor? skipped)
    {
        var table = items.detach();
        var transposed = prototypes.detach().t();
        var relations = table.index_select(0, liked).mm(transposed);
        if (skipped is not null)
            relations = relations.sub(table.index_select(0, skipped).mm(transposed).mul(skipped.ne(Scalars.Zero).unsqueeze(1)));
        return relations.argmax(1);
    }

    private static Tensor Factors(Tensor queries, Tensor keys, double same, double other)
        => queries.unsqueeze(2).eq(keys.unsqueeze(1)).to(ScalarType.Float32).mul_(Scalars.Of(same - other)).add_(Scalars.Of(other), Scalars.One);

    // The published code takes the sub-interest of the item to be foreseen for the query's, and shifts it by one for the keys'.
    private Tensor PublishedFactors(PairwiseSlice slice, double filter)
    {
        var (liked, skipped) = (new long[slice.Inputs.Length], new long[slice.Inputs.Length]);
        for (int i = 0; i < slice.Positions.Length; i++)
            (liked[slice.Positions[i]], skipped[slice.Positions[i]]) = (slice.Liked[i], slice.Skipped[i]);
        var targets = DominantInterests(Tensors.Of(liked, CPU), Tensors.Of(skipped, CPU)).view(slice.Count, slice.Length);
        var first = DominantInterests(Tensors.Of(slice.Inputs, CPU, slice.Count, slice.Length).narrow(1, 0, 1).reshape(-1), null).view(slice.Count, 1);
        var inputs = cat([first, targets.narrow(1, 0, slice.Length - 1)], 1);
        return Factors(targets, inputs, filter, 1);
    }
}
