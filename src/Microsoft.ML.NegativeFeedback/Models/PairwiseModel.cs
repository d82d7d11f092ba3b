using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The coefficients of a pairwise loss (SINE, eq. 16).</summary>
/// <param name="Sampled">λ₁, of the next liked item before a sampled one.</param>
/// <param name="Skipped">λ₂, of the next liked item before one that was skipped; 0 leaves skips out.</param>
internal readonly record struct PairwiseWeights(double Sampled, double Skipped);

/// <summary>
/// What the models share that learn to score the next liked item above others, −ln σ(y(u, i) − y(u, j)) (BPR; SINE, eq. 15). A model says how it
/// scores candidates at positions of sequences; losses and gradients are the same for all.
/// </summary>
internal abstract class PairwiseModel : SequenceModel
{
    /// <summary>The names of the loss's terms.</summary>
    internal const string SampledName = "BPR sampled", SkippedName = "BPR skipped", RegularizerName = "dCor";

    private const int SampledSum = 0, SkippedSum = 1, RegularizerSum = 2;

    private readonly PairwiseWeights _weights;

    // number 0 of the seed is the item table's
    private protected PairwiseModel(string name, int itemCount, EncoderSettings settings, PairwiseWeights weights, long seed, Device device)
        : base(name, itemCount, settings, device,
            InitialWeights.ItemTable(CounterRandom.Of(seed, 0), device, itemCount, settings.Width, settings.Form)) => _weights = weights;

    /// <summary>The coefficient of <see cref="Regularizer"/>; 0 without one.</summary>
    public virtual double RegularizerWeight => 0;

    /// <summary>Scores candidates.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="embedded">Their embedded items [count, length, d].</param>
    /// <param name="positions">[n] the positions to score at, indices into [count · length]; null for all.</param>
    /// <param name="candidates">Item vectors [c, n, d], c for each position.</param>
    /// <param name="dropout">The dropout of the pass.</param>
    /// <returns>Logits [c, n].</returns>
    private protected abstract Tensor Logits(LikedSequences sequences, Tensor embedded, Tensor? positions, Tensor candidates, Dropout dropout);

    /// <summary>The parameters that <see cref="Logits"/> uses beside the item table.</summary>
    private protected abstract IReadOnlyList<Parameter> NetworkParameters { get; }

    /// <summary>A term that depends on parameters alone: a scalar.</summary>
    private protected virtual Tensor Regularizer() => throw new InvalidOperationException("The model has no such term.");

    /// <summary>The parameters that <see cref="Regularizer"/> uses.</summary>
    private protected virtual IReadOnlyList<Parameter> RegularizedParameters => [];

    /// <summary>
    /// How far the next liked item's logit is above the sampled one's, [n], and above the skipped one's, [n] or null without skips.
    /// </summary>
    private protected virtual (Tensor Sampled, Tensor? Skipped) Margins(
        LikedSequences sequences, Tensor embedded, Tensor? positions, Tensor candidates, Dropout dropout)
        => Margins(Logits(sequences, embedded, positions, candidates, dropout));

    /// <summary>The margins of logits [2 or 3, n].</summary>
    private protected static (Tensor Sampled, Tensor? Skipped) Margins(Tensor logits)
    {
        var liked = logits.narrow(0, 0, 1).squeeze(0);
        return (liked.sub(logits.narrow(0, 1, 1).squeeze(0)), logits.shape[0] < 3 ? null : liked.sub(logits.narrow(0, 2, 1).squeeze(0)));
    }

    /// <summary>Logits of candidates at one position a sequence, without gradients.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="positions">[count] indices into [count · length].</param>
    /// <param name="candidates">[c, count] items, 0 where a sequence has fewer.</param>
    /// <returns>[c, count].</returns>
    public Tensor Score(LikedSequences sequences, Tensor positions, Tensor candidates)
    {
        using var scope = NewDisposeScope();
        var embedded = items.index_select(0, sequences.Inputs).view(sequences.Count, sequences.Length, Settings.Width);
        var vectors = items.index_select(0, candidates.view(-1)).view(-1, sequences.Count, Settings.Width);
        return Logits(sequences, embedded, positions, vectors, Dropout.Off).MoveToOuterDisposeScope();
    }

    /// <summary>The margins of a slice, without dropout and gradients, for tests.</summary>
    internal (Tensor Sampled, Tensor? Skipped) Margins(PairwiseSlice slice)
    {
        var sequences = new LikedSequences(slice.Count, slice.Length, Tensors.Of(slice.Inputs, Device), Tensors.Of(slice.InputSkips, Device), slice);
        var embedded = items.index_select(0, sequences.Inputs).view(slice.Count, slice.Length, Settings.Width);
        var candidates = items.index_select(0, Tensors.Of([.. slice.Liked, .. slice.Sampled, .. slice.Skipped], Device)).view(3, -1, Settings.Width);
        return Margins(sequences, embedded, Tensors.Of(slice.Positions, Device), candidates, Dropout.Off);
    }

    /// <summary>Adds a slice's losses and gradients to the sums.</summary>
    public void AccumulateGradients(PairwiseSlice slice, PairwiseCounts counts, PassKey pass, GradientSums sums)
    {
        using var scope = NewDisposeScope();
        bool readsSkips = slice.HasSkips && _weights.Skipped > 0;
        long[] lookedUp = [.. slice.Inputs, .. slice.Liked, .. slice.Sampled, .. readsSkips ? slice.Skipped : []];
        // a leaf of its own: the gradient of the looked-up rows is added to the table's without a table of zeros in between
        var vectors = items.detach().index_select(0, Tensors.Of(lookedUp, Device)).requires_grad_();
        long[] sizes = [slice.Inputs.Length, lookedUp.Length - slice.Inputs.Length];
        var parts = vectors.split(sizes, 0);
        var sequences = new LikedSequences(slice.Count, slice.Length, Tensors.Of(slice.Inputs, Device), Tensors.Of(slice.InputSkips, Device), slice);
        var embedded = parts[0].view(slice.Count, slice.Length, Settings.Width);
        var candidates = parts[1].view(readsSkips ? 3 : 2, -1, Settings.Width);
        var positions = slice.HasPadding ? Tensors.Of(slice.Positions, Device) : null;

        var (sampled, skipped) = Margins(sequences, embedded, positions, candidates, new Dropout(Settings.DropoutRate, pass));
        var sampledLoss = LogisticLoss(sampled).sum();
        sums.Losses.Add(SampledSum, sampledLoss.detach());
        var loss = sampledLoss.mul(Scalars.Of(_weights.Sampled / counts.Liked));
        if (skipped is not null)
        {
            var skippedLoss = LogisticLoss(skipped).mul(Tensors.Of(slice.Skipped, Device).ne(Scalars.Zero)).sum();
            sums.Losses.Add(SkippedSum, skippedLoss.detach());
            loss = loss.add(skippedLoss, Scalars.Of(_weights.Skipped / counts.Skipped));
        }

        var gradient = sums.Backpropagate(loss, null, NetworkParameters, vectors);
        using (no_grad())
            RowSums.Add(sums.Of(items), lookedUp, gradient!);
    }

    /// <summary>Adds the regularizer, which does not depend on the batch, to the sums.</summary>
    public void AccumulateRegularizer(GradientSums sums)
    {
        using var scope = NewDisposeScope();
        var term = Regularizer();
        sums.Losses.Add(RegularizerSum, term.detach());
        sums.Backpropagate(term.mul(Scalars.Of(RegularizerWeight)), null, RegularizedParameters, leaf: null);
    }

    /// <summary>The means of a batch and their weighted sum.</summary>
    public LossTerms Mean(LossSums sums, in PairwiseCounts counts)
    {
        double[] totals = sums.Read();
        double sampled = totals[SampledSum] / Math.Max(counts.Liked, 1);
        double skipped = totals[SkippedSum] / Math.Max(counts.Skipped, 1);
        double regularizer = totals[RegularizerSum];
        return new LossTerms((_weights.Sampled * sampled) + (_weights.Skipped * skipped) + (RegularizerWeight * regularizer),
            (SampledName, sampled), (SkippedName, skipped), (RegularizerName, regularizer));
    }

    // −ln σ(x)
    private static Tensor LogisticLoss(Tensor margins) => margins.log_sigmoid().mul(Scalars.MinusOne);

    private protected static Tensor Select(Tensor values, Tensor? positions) => positions is null ? values : values.index_select(0, positions);
}
