using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// NCF (He et al., "Neural Collaborative Filtering", WWW 2017): a generalised matrix factorisation and a multilayer perceptron over a user and an item,
/// y = w·[u ∗ e; MLP([u; e])].
/// </summary>
/// <remarks>
/// Two things differ from the paper. A user has no embedding of their own: u is the mean of the embeddings of the items that they liked up to the
/// position, the newest l, so that users whom training never met are served and what they like next counts at once. And both halves share the
/// item table. The order of the items makes no difference to the network.
/// </remarks>
internal sealed class NcfModel : PairwiseModel
{
    // the field names are those of the parameters
    private readonly Parameter product;
    private readonly RankingTower tower;

    /// <param name="itemCount">N.</param>
    /// <param name="settings">Of these width, length, dropout and form are read.</param>
    /// <param name="weights">λ₁ and λ₂.</param>
    /// <param name="seed">What the initial weights follow from.</param>
    /// <param name="device">Where they lie.</param>
    public NcfModel(int itemCount, EncoderSettings settings, PairwiseWeights weights, long seed, Device device)
        : base(nameof(NcfModel), itemCount, settings, weights, seed, device)
    {
        // at 1 the first half is plain matrix factorisation
        product = new Parameter(ones(settings.Width, device: device));
        tower = new RankingTower(partCount: 2, settings.Width, CounterRandom.Of(seed, 1).Bits64(), device);
        RegisterComponents();
    }

    private protected override IReadOnlyList<Parameter> NetworkParameters => [product, .. tower.parameters()];

    /// <summary>u at every position: [batch, length] items, padded on the right → [batch, length, d].</summary>
    public override Tensor forward(Tensor inputs)
        => Users(items.index_select(0, inputs.view(-1)).view(inputs.shape[0], inputs.shape[1], Settings.Width));

    public NcfWeights ToWeights()
        => new(ItemCount, Settings.Width, Settings.MaximumLength, items.ToArray(), product.ToArray(), tower.ToWeights());

    private protected override Tensor Logits(LikedSequences sequences, Tensor embedded, Tensor? positions, Tensor candidates, Dropout dropout)
    {
        var users = Select(Users(embedded).view(-1, Settings.Width), positions);
        return users.mul(product).mul(candidates).sum(2).add(tower.call([users.unsqueeze(0), candidates], dropout), Scalars.One);
    }

    // The running mean as a matrix product: row i of the matrix holds 1 / (i + 1) up to its diagonal.
    private Tensor Users(Tensor embedded)
    {
        int length = (int)embedded.shape[1];
        var means = new float[length * length];
        for (int i = 0; i < length; i++)
            means.AsSpan(i * length, i + 1).Fill(1f / (i + 1));
        return Tensors.Of(means, Device, length, length).matmul(embedded);
    }
}
