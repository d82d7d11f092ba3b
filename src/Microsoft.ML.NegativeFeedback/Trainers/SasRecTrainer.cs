using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Trains SASRec: "Self-Attentive Sequential Recommendation" (Kang and McAuley, ICDM '18) with cross entropy over the whole catalogue, in the three variants that PNFRec
/// (RecSys '25) is compared with.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.SasRec(RecommendationCatalog.RecommendationTrainers, SasRecTrainer.Options)"/> or its overload with the usual options.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term><c>Items</c>, input</term><description>vector of keys, oldest first: <see cref="SequenceTrainerOptions.ItemsColumnName"/></description></item>
/// <item><term><c>Feedback</c>, input</term><description>vector of Single beside it, +1 liked, −1 skipped, 0 neither: <see cref="SequenceTrainerOptions.FeedbackColumnName"/></description></item>
/// <item><term><c>RecommendedItems</c>, output</term><description>keys [k], best first: <see cref="SequenceTrainerOptions.RecommendedItemsColumnName"/></description></item>
/// <item><term><c>Scores</c>, output</term><description>Single [k] beside them, logits, or counts where the network finds nothing to read: <see cref="SequenceTrainerOptions.ScoresColumnName"/></description></item>
/// <item><term><c>Candidates</c>, input where named</term><description>vector of keys of the same dictionary: <see cref="SequenceTrainerOptions.CandidatesColumnName"/></description></item>
/// <item><term><c>CandidateScores</c>, output in place of the two</term><description>Single a candidate, −∞ for an unknown one: <see cref="SequenceTrainerOptions.CandidateScoresColumnName"/></description></item>
/// </list>
/// <para><b>Trainer characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Machine learning task</term><description>Recommendation: the next item of a sequence</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: rows are read once, and sequences stay in memory</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback; TorchSharp-cpu, or a CUDA package of TorchSharp; Microsoft.ML.OnnxRuntime, or Microsoft.ML.OnnxRuntime.Gpu</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, with everything around it: <see cref="NextItemTransformer.ExportToOnnx"/> (not <c>Model.ConvertToOnnx</c>)</description></item>
/// </list>
/// <para><b>Training algorithm details</b></para>
/// <para>Self-attention over the newest l items, liked ones or all (<see cref="Options.Variant"/>), learns at every place to tell the next item from the whole catalogue. Kang and McAuley
/// learn from one sampled item each; PNFRec compares itself with the form by cross entropy, which is the one here. <see cref="BaselineTrainer"/> has the sampled one, as SINE (RecSys '23) compares itself with.</para>
/// <para>"Self-Attentive Sequential Recommendation", https://doi.org/10.1109/ICDM.2018.00035.</para>
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Conversion.MapValueToKey("Items")
///     .Append(ml.Recommendation().Trainers.SasRec(new SasRecTrainer.Options { Variant = SasRecVariant.PositiveItems, ValidationSet = split.ValidationSet }))
///     .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"));
/// var model = pipeline.Fit(users);
/// </code>
/// </example>
public sealed class SasRecTrainer : NextItemTrainer
{
    private readonly Options _options;

    internal SasRecTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(SasRecTrainer), options)
    {
        _options = options = (Options)OwnOptions;
        TrainerChecks.IsDefined(options.Variant, nameof(options.Variant));
        TrainerChecks.InRange(options.ContrastiveWeight, nameof(options.ContrastiveWeight), value => value >= 0, "at least 0");
        ArgumentNullException.ThrowIfNull(options.Loss);
    }

    private protected override Network CreateNetwork(int itemCount, DataViewSchema schema, long seed)
        => new SasRecNetwork(itemCount, EncoderSettings, readsWholeSequence: _options.Variant != SasRecVariant.PositiveItems, seed);

    private protected override NetworkWeights Train(TrainerInput input, TrainingSettings settings, TrainingRun run)
        => Train(input, new NextItemLoss(0, _options.Variant == SasRecVariant.Contrastive ? _options.ContrastiveWeight : 0, ContrastSimilarity.Cosine,
            ContrastItems.InfoNceTemperature, _options.Loss), settings, run);

    /// <summary>The options of <see cref="SasRecTrainer"/>.</summary>
    public sealed class Options : SequenceTrainerOptions
    {
        /// <summary>What the network reads. Default <see cref="SasRecVariant.PositiveItems"/>.</summary>
        public SasRecVariant Variant { get; set; } = SasRecVariant.PositiveItems;

        /// <summary>
        /// Weight of the InfoNCE term of <see cref="SasRecVariant.Contrastive"/>, whose temperature is 0.1 (Seshadri et al., RecSys '24); at least 0. Default 0.25.
        /// </summary>
        [Range(0.0, 1.0, init: 0.25)]
        public double ContrastiveWeight { get; set; } = 0.25;

        /// <summary>
        /// What cross entropy compares the next item with: the whole catalogue, as published, or a few items of a large one. Default <see cref="CatalogueLoss.Full"/>.
        /// </summary>
        public CatalogueLoss Loss { get; set; } = CatalogueLoss.Full;
    }
}

/// <summary>Which of the SASRec baselines of PNFRec (RecSys '25, section 4.2.1) a <see cref="SasRecTrainer"/> trains.</summary>
public enum SasRecVariant
{
    /// <summary>SASRec_p: reads and foresees the liked items alone.</summary>
    PositiveItems,

    /// <summary>
    /// SASRec: reads and foresees every item of the history, whatever its feedback. Published with a <see cref="SequenceTrainerOptions.MaximumSequenceLength"/> twice that of
    /// <see cref="PositiveItems"/>, 100 on MovieLens and 50 elsewhere (PNFRec, RecSys '25, section 4.2.2).
    /// </summary>
    WholeSequence,

    /// <summary>
    /// SASRec_c: as <see cref="WholeSequence"/>, with an InfoNCE term that draws a position to the next liked item and away from the disliked ones
    /// (Seshadri, Shashaani and Knees, RecSys '24).
    /// </summary>
    Contrastive,
}
