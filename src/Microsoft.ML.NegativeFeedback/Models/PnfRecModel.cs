using Microsoft.ML.NegativeFeedback.Sampling;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The settings of PNFRec.</summary>
/// <param name="Encoder">Shape of both encoders.</param>
/// <param name="NegativeWeight">α, the coefficient of CE⁻; 0 is PNFRec_pc, which has no negative encoder.</param>
/// <param name="ContrastWeight">β, the coefficient of L_c; 0 is PNFRec_pn.</param>
/// <param name="Similarity">f in L_c.</param>
/// <param name="SeparatePositionEmbeddings">
/// Whether each encoder has a position table of its own, as in the paper's text, rather than one shared, as in its code.
/// </param>
internal sealed record PnfRecSettings(
    EncoderSettings Encoder, double NegativeWeight, double ContrastWeight, ContrastSimilarity Similarity, bool SeparatePositionEmbeddings);

/// <summary>
/// PNFRec (Ivanova, Frolov and Vasilev, RecSys '25): one encoder for the positives of a user and one for the negatives, one item table,
/// L = CE⁺ + α·CE⁻ + β·L_c. The positive encoder alone recommends. As in the published code the encoders share the final
/// normalisation, and the position table unless asked otherwise.
/// </summary>
internal sealed class PnfRecModel : NextItemModel
{
    private readonly PnfRecSettings _settings;
    private readonly EncoderBranch _positiveBranch;
    private readonly EncoderBranch? _negativeBranch;
    private readonly SelfAttentionEncoder positive;
    private readonly SelfAttentionEncoder? negative;
    private readonly Parameter? negativePositions;

    public PnfRecModel(int itemCount, PnfRecSettings settings, long seed, Device device)
        : base(nameof(PnfRecModel), itemCount, settings.Encoder, seed, device)
    {
        _settings = settings;
        positive = new SelfAttentionEncoder(settings.Encoder, CounterRandom.Of(seed, 2).Bits64(), device);
        _positiveBranch = CreateBranch(positive, positions);
        if (HasNegatives)
        {
            negative = new SelfAttentionEncoder(settings.Encoder, CounterRandom.Of(seed, 3).Bits64(), device);
            if (settings.SeparatePositionEmbeddings)
                negativePositions = PositionTable(CounterRandom.Of(seed, 4), settings.Encoder, device);
            _negativeBranch = CreateBranch(negative, negativePositions ?? positions);
        }

        RegisterComponents();
    }

    public override IReadOnlyList<SequenceKind> TrainingSequences
        => HasNegatives ? [SequenceKind.Positives, SequenceKind.Negatives] : [SequenceKind.Positives];

    public override SequenceKind ScoringSequence => SequenceKind.Positives;

    private bool HasNegatives => _settings.NegativeWeight > 0;

    public override bool Contrasts(SequenceKind kind) => kind == SequenceKind.Positives && _settings.ContrastWeight > 0;

    /// <summary>Hidden vectors of the positive encoder: [batch, length] items → [batch, length, d].</summary>
    public override Tensor forward(Tensor inputs) => Lookup(inputs, _positiveBranch);

    /// <summary>Hidden vectors of the negative encoder, for tests of parity.</summary>
    internal Tensor EncodeNegatives(Tensor inputs) => Lookup(inputs, _negativeBranch!);

    public override void AccumulateGradients(SequenceSlice slice, in BatchCounts counts, PassKey pass, GradientSums sums)
    {
        var batch = counts;
        if (slice.Kind == SequenceKind.Positives)
            Backpropagate(slice, _positiveBranch, pass, sums, tensors => LossOfPositives(slice, tensors, batch, sums.Losses));
        else
            Backpropagate(slice, _negativeBranch!, pass, sums, tensors => LossOfNegatives(tensors, batch, sums.Losses));
    }

    public override LossTerms Mean(LossSums sums, in BatchCounts counts)
    {
        double[] totals = sums.Read();
        double crossEntropy = totals[CrossEntropySum] / Math.Max(counts.Positives, 1);
        double negativeCrossEntropy = totals[NegativeCrossEntropySum] / Math.Max(counts.Negatives, 1);
        double contrast = totals[ContrastSum] / Math.Max(counts.ContrastTargets, 1);
        return new LossTerms(
            crossEntropy + (_settings.NegativeWeight * negativeCrossEntropy) + (_settings.ContrastWeight * contrast),
            (CrossEntropyName, crossEntropy), (NegativeCrossEntropyName, negativeCrossEntropy), (ContrastName, contrast));
    }

    public override EncoderWeights ToEncoderWeights() => ToEncoderWeights(positive);

    private void LossOfPositives(SequenceSlice slice, SliceTensors tensors, BatchCounts counts, LossSums sums)
    {
        double weight = 1.0 / counts.Positives;
        var contrast = slice.Contrast is null ? null : CreateContrast(slice.Contrast, tensors, _settings.Similarity,
            OpposingContrast.Temperature, _settings.ContrastWeight / counts.ContrastTargets / weight);
        sums.Add(CrossEntropySum, CatalogueCrossEntropy.Accumulate(tensors, weight, contrast));
        if (contrast is not null)
            sums.Add(ContrastSum, contrast.LossSum);
    }

    private void LossOfNegatives(SliceTensors tensors, BatchCounts counts, LossSums sums)
        => sums.Add(
            NegativeCrossEntropySum, CatalogueCrossEntropy.Accumulate(tensors, _settings.NegativeWeight / counts.Negatives, null));
}
