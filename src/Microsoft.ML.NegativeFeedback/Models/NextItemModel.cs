using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>
/// What the models share: an item table [N + 1, d] that embeds inputs and scores outputs (row 0 is padding and stays zero), and how
/// a slice of a batch goes through an encoder and its gradients come back. Parameters gather gradients slice by slice between
/// <see cref="StartStep"/> and <see cref="FinishStep"/>.
/// </summary>
internal abstract class NextItemModel : nn.Module<Tensor, Tensor>
{
    private readonly Device _device;

    private protected NextItemModel(string name, int itemCount, EncoderSettings settings, long seed, Device device) : base(name)
    {
        (ItemCount, Settings, _device) = (itemCount, settings, device);
        Dropout = new Dropout(settings.DropoutRate);
        items = InitialWeights.ItemTable(CounterRandom.Of(seed, 0), device, itemCount, settings.Width);
        positions = PositionTable(CounterRandom.Of(seed, 1), settings, device);
        finalNorm = new LayerNormalization(settings.Width, device);
    }

    // lower case: these fields name the parameters
    private protected readonly Parameter items;
    private protected readonly Parameter positions;
    private protected readonly LayerNormalization finalNorm;

    private protected Dropout Dropout { get; }

    public int ItemCount { get; }

    public EncoderSettings Settings { get; }

    /// <summary>
    /// Reproduces the published implementations where they slip, for tests of parity: item 0 counts as a class and is trained as
    /// one, and the contrastive term of SASRec_c is <see cref="PublishedInfoNce"/>.
    /// </summary>
    internal bool PublishedNumerics { get; init; }

    /// <summary>The sequences of a user that a step of training reads.</summary>
    public abstract IReadOnlyList<SequenceKind> TrainingSequences { get; }

    /// <summary>The sequence that recommendations are made from.</summary>
    public abstract SequenceKind ScoringSequence { get; }

    /// <summary>Whether a slice of that kind needs <see cref="SequenceSlice.Contrast"/>.</summary>
    public abstract bool Contrasts(SequenceKind kind);

    /// <summary>Adds a slice's losses to the sums and its gradients to the parameters.</summary>
    public abstract void AccumulateGradients(SequenceSlice slice, in BatchCounts counts, LossSums sums);

    /// <summary>The means of a batch and their weighted sum.</summary>
    public abstract LossTerms Mean(LossSums sums, in BatchCounts counts);

    /// <summary>The trained numbers of the encoder that recommends.</summary>
    public abstract EncoderWeights ToEncoderWeights();

    /// <summary>Clears the gradients and starts the dropout masks of a step.</summary>
    public void StartStep(long seed, long epoch, long step)
    {
        foreach (var parameter in parameters())
            parameter.grad = null;
        using var scope = NewDisposeScope();
        items.grad = zeros_like(items);
        Dropout.Start(_device, seed, epoch, step);
    }

    /// <summary>Ends a step's accumulation: padding has no gradient, and dropout is off again.</summary>
    public void FinishStep()
    {
        Dropout.Stop();
        if (PublishedNumerics)
            return;
        using var scope = NewDisposeScope();
        items.grad!.narrow(0, 0, 1).zero_();
    }

    /// <summary>Scores of items at the last position of each sequence.</summary>
    /// <param name="inputs">[batch, length] items, padded on the right with 0.</param>
    /// <param name="lastPositions">[batch] index of the last item of each.</param>
    /// <returns>[batch, N + 1]; column 0 is padding.</returns>
    public Tensor Score(Tensor inputs, Tensor lastPositions)
    {
        using var scope = NewDisposeScope();
        var hidden = call(inputs);
        var rows = arange(inputs.shape[0], device: _device).mul_(inputs.shape[1]).add_(lastPositions);
        var last = hidden.view(-1, Settings.Width).index_select(0, rows);
        return last.mm(items.t()).MoveToOuterDisposeScope();
    }

    /// <summary>The share of a loss in the gradients of a slice.</summary>
    private protected delegate void SliceLoss(SliceTensors slice);

    /// <summary>
    /// Runs a slice through an encoder, takes the gradients of its hidden vectors from <paramref name="loss"/>, and carries them back.
    /// </summary>
    private protected void Backpropagate(SequenceSlice slice, SelfAttentionEncoder encoder, Parameter positionTable, SliceLoss loss)
    {
        using var scope = NewDisposeScope();
        var inputs = tensor(slice.Inputs, device: _device);
        // a leaf of its own: the gradient of the looked-up rows is added to the table's without a table of zeros in between
        var embedded = items.detach().index_select(0, inputs).requires_grad_();
        var hidden = Encode(embedded, inputs, slice.Count, slice.Length, encoder, positionTable).view(-1, Settings.Width);
        var rows = slice.HasPadding ? hidden.index_select(0, tensor(slice.LabelledPositions, device: _device)) : hidden;
        Tensor rowGradient;
        using (no_grad())
        {
            rowGradient = empty_like(rows);
            var (classes, classGradient) = (ClassesOf(items), ClassesOf(items.grad!));
            loss(new SliceTensors(rows.detach(), rowGradient, classes, classGradient, ClassIndices(slice.Labels)));
        }

        rows.backward(grad_tensors: [rowGradient]);
        using (no_grad())
            items.grad!.index_add_(0, inputs, embedded.grad!, 1);
    }

    /// <summary>Embedded sequences [batch · length, d] → hidden vectors [batch, length, d].</summary>
    private protected Tensor Encode(
        Tensor embedded, Tensor inputs, long count, long length, SelfAttentionEncoder encoder, Parameter positionTable)
    {
        var values = positionTable.narrow(0, 0, length).add(embedded.view(count, length, Settings.Width), Math.Sqrt(Settings.Width));
        values = encoder.call(Dropout.Apply(values));
        if (PublishedNumerics)
            values = values.mul(inputs.view(count, length, 1).ne(0));
        return finalNorm.call(values);
    }

    private protected Tensor Lookup(Tensor inputs, SelfAttentionEncoder encoder, Parameter positionTable)
        => Encode(items.index_select(0, inputs.view(-1)), inputs, inputs.shape[0], inputs.shape[1], encoder, positionTable);

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

    private Tensor ClassIndices(long[] labels) => tensor(labels, device: _device).sub_(FirstClass);
}

/// <summary>What a loss sees of a slice, without autograd.</summary>
/// <param name="Rows">Hidden vectors [n, d] of the labelled positions.</param>
/// <param name="RowGradient">[n, d], to be written.</param>
/// <param name="Classes">Item vectors [classes, d].</param>
/// <param name="ClassGradient">[classes, d], to be added to.</param>
/// <param name="Labels">[n] classes.</param>
internal readonly record struct SliceTensors(Tensor Rows, Tensor RowGradient, Tensor Classes, Tensor ClassGradient, Tensor Labels);
