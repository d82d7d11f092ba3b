using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// DIN (Zhou et al., "Deep Interest Network for Click-Through Rate Prediction", KDD 2018): how much each liked item says of the candidate is a small
/// network's word, v = Σ_j a(e_j, e) e_j, and y = MLP([v; e; v ∗ e]). As published, the a are not normalised over the history.
/// </summary>
/// <remarks>
/// a has one hidden layer of <see cref="AttentionWidth"/> over [e_j; e; e_j − e; e_j ∗ e]; where the paper has PReLU or Dice, here is relu, which
/// does not depend on the batch. It starts near 1, the plain sum of the history, which is the paper's base model. In training a candidate at a
/// position meets the items up to there alone, so that a sequence teaches at each of its positions.
/// </remarks>
internal sealed class DinModel : PairwiseModel
{
    /// <summary>h, the hidden units of a, as in the paper.</summary>
    public const int AttentionWidth = 36;

    // Positions of a sequence whose candidates are worked off together.
    private const long Stretch = 16;

    private readonly Parameter attention;
    private readonly Parameter attentionBias;
    private readonly Parameter share;
    private readonly Parameter shareBias;
    private readonly RankingTower tower;

    /// <param name="itemCount">N.</param>
    /// <param name="settings">Of these width, length, dropout and form are read.</param>
    /// <param name="weights">λ₁ and λ₂.</param>
    /// <param name="seed">What the initial weights follow from.</param>
    /// <param name="device">Where they lie.</param>
    public DinModel(int itemCount, EncoderSettings settings, PairwiseWeights weights, long seed, Device device)
        : base(nameof(DinModel), itemCount, settings, weights, seed, device)
    {
        attention = InitialWeights.XavierNormal(CounterRandom.Of(seed, 1), device, AttentionWidth, 4 * settings.Width);
        attentionBias = new Parameter(zeros(AttentionWidth, device: device));
        share = InitialWeights.XavierNormal(CounterRandom.Of(seed, 2), device, 1, AttentionWidth);
        shareBias = new Parameter(ones(1, device: device));
        tower = new RankingTower(partCount: 3, settings.Width, CounterRandom.Of(seed, 3).Bits64(), device);
        RegisterComponents();
    }

    private protected override IReadOnlyList<Parameter> NetworkParameters => [attention, attentionBias, share, shareBias, .. tower.parameters()];

    /// <summary>The interest in each item of a sequence, of itself and those before it: [batch, length] items → [batch, length, d].</summary>
    public override Tensor forward(Tensor inputs)
    {
        var embedded = items.index_select(0, inputs.view(-1)).view(inputs.shape[0], inputs.shape[1], Settings.Width);
        return Interests(embedded, Scalars.Range(0, inputs.shape[1], Device).view(1, -1), embedded.view(1, -1, Settings.Width)).view(embedded.shape);
    }

    public DinWeights ToWeights()
    {
        using var scope = NewDisposeScope();
        return new DinWeights(
            ItemCount, Settings.Width, Settings.MaximumLength, items.ToArray(), ItemWeight.ToArray(), CandidateWeight.ToArray(),
            ProductWeight.ToArray(), attentionBias.ToArray(), share.ToArray(), shareBias.ToArray()[0], tower.ToWeights());
    }

    // W₁e_j + W₂e + W₃(e_j − e) + W₄(e_j ∗ e) = (W₁ + W₃)e_j + (W₂ − W₃)e + W₄(e_j ∗ e), each [h, d]
    private Tensor ItemWeight => Part(0).add(Part(2), Scalars.One);

    private Tensor CandidateWeight => Part(1).sub(Part(2));

    private Tensor ProductWeight => Part(3);

    private Tensor Part(int index) => attention.narrow(1, index * Settings.Width, Settings.Width);

    private protected override Tensor Logits(LikedSequences sequences, Tensor embedded, Tensor? positions, Tensor candidates, Dropout dropout)
    {
        var interests = sequences.Slice is null && positions is not null
            ? Interests(embedded, positions.remainder(Scalars.Of(sequences.Length)).view(sequences.Count, -1), candidates)
            : InterestsAtAllPositions(embedded, positions, candidates);
        return tower.call([interests, candidates, interests.mul(candidates)], dropout);
    }

    // a pair takes h times the length of the sequence
    private protected override long PairsAtOnce => 1 << 11;

    // Candidates at some positions stand among zeros at the others, so that all sequences have as many.
    private Tensor InterestsAtAllPositions(Tensor embedded, Tensor? positions, Tensor candidates)
    {
        if (positions is null)
            return InterestsByStretches(embedded, candidates);
        long rows = embedded.shape[0] * embedded.shape[1];
        var all = zeros(candidates.shape[0], rows * Settings.Width, device: Device).view(-1, rows, Settings.Width)
            .index_add_(1, positions, candidates, Scalars.One);
        return InterestsByStretches(embedded, all).index_select(1, positions);
    }

    // A candidate meets no item after its position: a stretch of positions needs only the items up to its own end.
    private Tensor InterestsByStretches(Tensor embedded, Tensor candidates)
    {
        long count = embedded.shape[0], length = embedded.shape[1], kinds = candidates.shape[0];
        var ofPositions = candidates.view(kinds * count, length, Settings.Width).split(Stretch, 1);
        var interests = new Tensor[ofPositions.Length];
        for (int i = interests.Length - 1; i >= 0; i--)
        {
            long positions = ofPositions[i].shape[1], start = embedded.shape[1] - positions;
            var newest = Scalars.Range(start, positions, Device).view(1, -1);
            interests[i] = Interests(embedded, newest, ofPositions[i].reshape(kinds, -1, Settings.Width)).view(kinds, count, positions, Settings.Width);
            if (i > 0)
                embedded = embedded.narrow(1, 0, start);
        }

        return cat(interests, 2).view(kinds, -1, Settings.Width);
    }

    /// <summary>v of candidates that stand at p positions of every sequence.</summary>
    /// <param name="embedded">Embedded items [count, length, d].</param>
    /// <param name="newest">The newest item that each may read, [count or 1, p].</param>
    /// <param name="candidates">[c, count · p, d].</param>
    /// <returns>[c, count · p, d].</returns>
    private Tensor Interests(Tensor embedded, Tensor newest, Tensor candidates)
    {
        var isRead = Scalars.Range(0, embedded.shape[1], Device).view(1, -1, 1).sub(newest.unsqueeze(1)).lt(Scalars.One);
        var ofItems = nn.functional.linear(embedded, ItemWeight, attentionBias).unsqueeze(2);
        var interests = new Tensor[candidates.shape[0]];
        for (int i = 0; i < interests.Length; i++)
        {
            using var scope = NewDisposeScope();
            var candidate = candidates.narrow(0, i, 1).view(embedded.shape[0], -1, Settings.Width);
            interests[i] = Shares(embedded, ofItems, candidate).mul(isRead).transpose(1, 2).bmm(embedded)
                .view(-1, Settings.Width).MoveToOuterDisposeScope();
        }

        return stack(interests);
    }

    /// <summary>a: items [count, length, d] and what the first layer makes of them, candidates [count, p, d] → [count, length, p].</summary>
    private Tensor Shares(Tensor embedded, Tensor ofItems, Tensor candidates)
    {
        long count = embedded.shape[0], length = embedded.shape[1];
        // W₄(e_j ∗ e) = (W₄ ∗ e)e_j: a matrix a candidate takes less than a product a pair
        var ofProducts = candidates.unsqueeze(2).mul(ProductWeight).reshape(count, -1, Settings.Width).transpose(1, 2);
        var ofCandidates = nn.functional.linear(candidates, CandidateWeight).view(count, 1, -1);
        var hidden = embedded.bmm(ofProducts).add_(ofCandidates, Scalars.One).view(count, length, -1, AttentionWidth).add(ofItems, Scalars.One).relu_();
        return nn.functional.linear(hidden, share, shareBias).squeeze(3);
    }
}
