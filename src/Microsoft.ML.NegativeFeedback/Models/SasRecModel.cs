using Microsoft.ML.NegativeFeedback.Sampling;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Models;

/// <summary>The settings of SASRec.</summary>
/// <param name="Encoder">Shape of the encoder.</param>
/// <param name="ReadsWholeSequence">Whether every item is read and foreseen (SASRec, SASRec_c) or the positives alone (SASRec_p).</param>
/// <param name="ContrastWeight">The coefficient of InfoNCE; above 0 is SASRec_c, which reads whole sequences.</param>
internal sealed record SasRecSettings(EncoderSettings Encoder, bool ReadsWholeSequence, double ContrastWeight);

/// <summary>
/// SASRec (Kang and McAuley 2018) with cross entropy over the catalogue, and SASRec_c, which adds InfoNCE between next positives and
/// negatives (Seshadri et al. 2024): the baselines of PNFRec.
/// </summary>
internal sealed class SasRecModel : NextItemModel
{
    private readonly SasRecSettings _settings;
    private readonly EncoderBranch _branch;
    private readonly SelfAttentionEncoder encoder;

    public SasRecModel(int itemCount, SasRecSettings settings, long seed, Device device)
        : base(nameof(SasRecModel), itemCount, settings.Encoder, seed, device)
    {
        if (settings.ContrastWeight > 0 && !settings.ReadsWholeSequence)
            throw new ArgumentException("InfoNCE contrasts the positives and negatives of a whole sequence.", nameof(settings));
        _settings = settings;
        encoder = new SelfAttentionEncoder(settings.Encoder, CounterRandom.Of(seed, 2).Bits64(), device);
        _branch = CreateBranch(encoder, positions);
        RegisterComponents();
    }

    public override IReadOnlyList<SequenceKind> TrainingSequences => [ScoringSequence];

    public override SequenceKind ScoringSequence => _settings.ReadsWholeSequence ? SequenceKind.Whole : SequenceKind.Positives;

    public override bool Contrasts(SequenceKind kind) => _settings.ContrastWeight > 0;

    /// <summary>Hidden vectors: [batch, length] items → [batch, length, d].</summary>
    public override Tensor forward(Tensor inputs) => Lookup(inputs, _branch);

    public override void AccumulateGradients(SequenceSlice slice, in BatchCounts counts, PassKey pass, GradientSums sums)
    {
        var batch = counts;
        Backpropagate(slice, _branch, pass, sums, tensors => Loss(slice, tensors, batch, sums.Losses));
        if (PublishedNumerics && slice.IsNegativeInput is { } isNegative)
            PublishedInfoNce.Accumulate(this, items, slice, isNegative, _settings.ContrastWeight, sums, ContrastSum);
    }

    public override LossTerms Mean(LossSums sums, in BatchCounts counts)
    {
        double[] totals = sums.Read();
        double crossEntropy = totals[CrossEntropySum] / Math.Max(counts.Positives, 1);
        double contrast = totals[ContrastSum] / Math.Max(counts.ContrastTargets, 1);
        return new LossTerms(crossEntropy + (_settings.ContrastWeight * contrast), (CrossEntropyName, crossEntropy), (ContrastName, contrast));
    }

    public override EncoderWeights ToEncoderWeights() => ToEncoderWeights(encoder);

    private void Loss(SequenceSlice slice, SliceTensors tensors, BatchCounts counts, LossSums sums)
    {
        double weight = 1.0 / counts.Positives;
        var contrast = slice.Contrast is not { TargetCount: > 0 } ? null
            : CreateContrast(slice.Contrast, tensors, ContrastSimilarity.Cosine, InfoNce.Temperature,
                _settings.ContrastWeight / counts.ContrastTargets / weight);
        sums.Add(CrossEntropySum, CatalogueCrossEntropy.Accumulate(tensors, weight, contrast));
        if (contrast is not null)
            sums.Add(ContrastSum, contrast.LossSum);
    }
}
