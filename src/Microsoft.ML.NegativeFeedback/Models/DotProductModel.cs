using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>What the models share that read a history into one vector s, whatever the candidate: y = s·e, with the item table that embeds inputs.</summary>
internal abstract class DotProductModel : PairwiseModel
{
    private protected DotProductModel(string name, int itemCount, EncoderSettings settings, PairwiseWeights weights, long seed, Device device)
        : base(name, itemCount, settings, weights, seed, device)
    {
    }

    /// <summary>The vector of the history that ends at each position, of which padding on the right may be anything.</summary>
    /// <param name="embedded">[count, length, d]; zeros for padding.</param>
    /// <param name="dropout">The dropout of the pass.</param>
    /// <returns>[count, length, d].</returns>
    private protected abstract Tensor States(Tensor embedded, Dropout dropout);

    /// <summary>Vectors of histories: [batch, length] items → [batch, length, d].</summary>
    public override Tensor forward(Tensor inputs)
        => States(items.index_select(0, inputs.view(-1)).view(inputs.shape[0], inputs.shape[1], Settings.Width), Dropout.Off);

    private protected override Tensor Logits(LikedSequences sequences, Tensor embedded, Tensor? positions, Tensor candidates, Dropout dropout)
        => Select(States(embedded, dropout).view(-1, Settings.Width), positions).mul(candidates).sum(2);

    private protected override Tensor CatalogueLogits(LikedSequences sequences, Tensor embedded, Tensor positions)
        => Select(States(embedded, Dropout.Off).view(-1, Settings.Width), positions).mm(items.t());
}
