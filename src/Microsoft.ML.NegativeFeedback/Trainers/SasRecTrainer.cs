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

    /// <summary>SASRec: reads and foresees every item of the history, whatever its feedback.</summary>
    WholeSequence,

    /// <summary>
    /// SASRec_c: as <see cref="WholeSequence"/>, with an InfoNCE term that draws a position to the next liked item and away from the disliked ones
    /// (Seshadri, Shashaani and Knees, RecSys '24).
    /// </summary>
    Contrastive,
}
