using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// What the models share that foresee the next item by cross entropy over the catalogue: the item table scores outputs as it embeds
/// inputs, and a slice of a batch goes through an encoder and its gradients come back without autograd over the logits.
/// </summary>
internal abstract class NextItemModel : SequenceModel
{
    /// <summary>The names of the loss's terms: CE⁺ or CE of the whole sequence, CE⁻, and L_c or InfoNCE.</summary>
    internal const string CrossEntropyName = "CE", NegativeCrossEntropyName = "CE-", ContrastName = "contrast";

    private protected const int CrossEntropySum = 0, NegativeCrossEntropySum = 1, ContrastSum = 2;

    private protected NextItemModel(string name, int itemCount, EncoderSettings settings, long seed, Device device)
        : base(name, itemCount, settings, device, InitialWeights.ItemTable(CounterRandom.Of(seed, 0), device, itemCount, settings.Width))
    {
        positions = PositionTable(CounterRandom.Of(seed, 1), settings, device);
        finalNorm = new LayerNormalization(settings.Width, device);
    }

    // lower case: these fields name the parameters
    private protected readonly Parameter positions;
    private protected readonly LayerNormalization finalNorm;

    /// <summary>The sequences of a user that a step of training reads.</summary>
    public abstract IReadOnlyList<SequenceKind> TrainingSequences { get; }

    /// <summary>The sequence that recommendations are made from.</summary>
    public abstract SequenceKind ScoringSequence { get; }

    /// <summary>Whether a slice of that kind needs <see cref="SequenceSlice.Contrast"/>.</summary>
    public abstract bool Contrasts(SequenceKind kind);

    /// <summary>Adds a slice's losses and gradients to the sums.</summary>
    public abstract void AccumulateGradients(SequenceSlice slice, in BatchCounts counts, PassKey pass, GradientSums sums);

    /// <summary>The means of a batch and their weighted sum.</summary>
    public abstract LossTerms Mean(LossSums sums, in BatchCounts counts);

    /// <summary>The trained numbers of the encoder that recommends.</summary>
    public abstract EncoderWeights ToEncoderWeights();

    /// <summary>Scores of items at the last position of each sequence.</summary>
    /// <param name="inputs">[batch, length] items, padded on the right with 0.</param>
    /// <param name="lastPositions">[batch] index of the last item of each.</param>
    /// <returns>[batch, N + 1]; column 0 is padding.</returns>
    public Tensor Score(Tensor inputs, Tensor lastPositions)
    {
        using var scope = NewDisposeScope();
        return Score(LastStates(inputs, lastPositions)).MoveToOuterDisposeScope();
    }

    /// <summary>Scores of items: hidden vectors [n, d] → [n, N + 1]; column 0 is padding.</summary>
    public Tensor Score(Tensor states) => states.mm(items.t());

    /// <summary>Hidden vectors [batch, d] at the last position of each sequence; everything else as for the scores.</summary>
    public Tensor LastStates(Tensor inputs, Tensor lastPositions)
    {
        using var scope = NewDisposeScope();
        var hidden = call(inputs);
        var rows = Scalars.Range(0, inputs.shape[0], Device).mul_(Scalars.Of(inputs.shape[1])).add_(lastPositions, Scalars.One);
        return hidden.view(-1, Settings.Width).index_select(0, rows).MoveToOuterDisposeScope();
    }

    /// <summary>The share of a loss in the gradients of a slice.</summary>
    private protected delegate void SliceLoss(SliceTensors slice);

    /// <summary>
    /// Runs a slice through an encoder, takes the gradients of its hidden vectors from <paramref name="loss"/>, and carries them back.
    /// </summary>
    private protected void Backpropagate(SequenceSlice slice, EncoderBranch branch, PassKey pass, GradientSums sums, SliceLoss loss)
    {
        using var scope = NewDisposeScope();
        var inputs = Tensors.Of(slice.Inputs, Device);
        // a leaf of its own: the gradient of the looked-up rows is added to the table's without a table of zeros in between
        var embedded = items.detach().index_select(0, inputs).requires_grad_();
        var dropout = new Dropout(Settings.DropoutRate, pass);
        var hidden = Encode(embedded, inputs, slice.Count, slice.Length, branch, dropout).view(-1, Settings.Width);
        var rows = slice.HasPadding ? hidden.index_select(0, Tensors.Of(slice.LabelledPositions, Device)) : hidden;
        var itemGradient = sums.Of(items);
        Tensor rowGradient;
        using (no_grad())
        {
            rowGradient = empty_like(rows);
            loss(new SliceTensors(rows.detach(), rowGradient, ClassesOf(items), ClassesOf(itemGradient), ClassIndices(slice.Labels)));
        }

        var inputGradient = sums.Backpropagate(rows, rowGradient, branch.Parameters, embedded);
        using (no_grad())
            RowSums.Add(itemGradient, slice.Inputs, inputGradient!);
    }

    /// <summary>Embedded sequences [batch · length, d] → hidden vectors [batch, length, d].</summary>
    private protected Tensor Encode(Tensor embedded, Tensor inputs, long count, long length, EncoderBranch branch, Dropout dropout)
    {
        var values = branch.Positions.narrow(0, 0, length)
            .add(embedded.view(count, length, Settings.Width), Scalars.Of(Math.Sqrt(Settings.Width)));
        values = branch.Encoder.call(dropout.Apply(values), new EncoderPass(dropout));
        if (PublishedNumerics)
            values = values.mul(inputs.view(count, length, 1).ne(Scalars.Zero));
        return finalNorm.call(values);
    }

    private protected Tensor Lookup(Tensor inputs, EncoderBranch branch)
        => Encode(items.index_select(0, inputs.view(-1)), inputs, inputs.shape[0], inputs.shape[1], branch, Dropout.Off);

    private protected EncoderBranch CreateBranch(SelfAttentionEncoder encoder, Parameter positionTable)
        => new(encoder, positionTable, [.. encoder.parameters(), .. finalNorm.parameters(), positionTable]);

    private protected static Parameter PositionTable(CounterRandom random, EncoderSettings settings, Device device)
        => InitialWeights.Normal(random, device, settings.MaximumLength, settings.Width);

    private protected CatalogueContrast CreateContrast(
        ContrastItems contrast, SliceTensors slice, ContrastSimilarity similarity, double temperature, double relativeWeight)
        => new(contrast, FirstClass, slice.Rows, slice.Classes, similarity, temperature, relativeWeight);

    private protected EncoderWeights ToEncoderWeights(SelfAttentionEncoder encoder) => new(
        ItemCount, Settings.Width, Settings.MaximumLength, Settings.HeadCount, items.ToArray(), positions.ToArray(),
        encoder.ToWeights(), finalNorm.Weight, finalNorm.Bias);

    private int FirstClass => PublishedNumerics ? 0 : 1;

    private Tensor ClassesOf(Tensor table) => table.detach().narrow(0, FirstClass, ItemCount + 1 - FirstClass);

    private Tensor ClassIndices(long[] labels) => Tensors.Of(labels, Device).sub_(Scalars.Of(FirstClass));
}

/// <summary>What a loss sees of a slice, without autograd.</summary>
/// <param name="Rows">Hidden vectors [n, d] of the labelled positions.</param>
/// <param name="RowGradient">[n, d], to be written.</param>
/// <param name="Classes">Item vectors [classes, d].</param>
/// <param name="ClassGradient">[classes, d], to be added to.</param>
/// <param name="Labels">[n] classes.</param>
internal readonly record struct SliceTensors(Tensor Rows, Tensor RowGradient, Tensor Classes, Tensor ClassGradient, Tensor Labels);

/// <summary>An encoder with the position table that it uses.</summary>
/// <param name="Encoder">The blocks.</param>
/// <param name="Positions">[l, d].</param>
/// <param name="Parameters">All that its hidden vectors are made with, but for the item table.</param>
internal sealed record EncoderBranch(SelfAttentionEncoder Encoder, Parameter Positions, IReadOnlyList<Parameter> Parameters);
