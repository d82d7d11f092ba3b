using Microsoft.ML.NegativeFeedback.Losses;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Trains PNFRec: "Benefiting from Negative yet Informative Feedback by Contrasting Opposing Sequential Patterns" (Ivanova, Frolov and Vasilev, RecSys '25).
/// </summary>
/// <remarks>
/// <para>Two self-attention encoders with one item table read the last l liked and the last l disliked items of a user. The loss is
/// L = CE⁺ + α·CE⁻ + β·L_c: cross entropy over the whole catalogue of the next liked and of the next disliked item, and a contrast between the next liked item and the
/// user's disliked ones. Recommendations come from the encoder of the liked items alone; every item of the history is left out of them.</para>
/// <para>α and β at 0 give the paper's reduced models: β = 0 is PNFRec_pn, α = 0 is PNFRec_pc, both 0 is SASRec_p.</para>
/// <para>The defaults of <see cref="Options.Similarity"/> and <see cref="Options.SeparatePositionEmbeddings"/> follow the published code, which the published numbers come
/// from; the other values give the paper's text.</para>
/// </remarks>
public sealed class PnfRecTrainer : NextItemTrainer
{
    private readonly Options _options;

    internal PnfRecTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(PnfRecTrainer), options)
    {
        _options = options = (Options)OwnOptions;
        TrainerChecks.InRange(options.NegativeWeight, nameof(options.NegativeWeight), value => value >= 0, "at least 0");
        TrainerChecks.InRange(options.ContrastiveWeight, nameof(options.ContrastiveWeight), value => value >= 0, "at least 0");
        TrainerChecks.IsDefined(options.Similarity, nameof(options.Similarity));
        ArgumentNullException.ThrowIfNull(options.Loss);
    }

    private protected override Network CreateNetwork(int itemCount, DataViewSchema schema, long seed)
        => new PnfRecNetwork(itemCount, EncoderSettings, readsNegatives: _options.NegativeWeight > 0, _options.SeparatePositionEmbeddings, seed);

    private protected override NetworkWeights Train(TrainerInput input, TrainingSettings settings, TrainingRun run)
        => Train(input, new NextItemLoss(_options.NegativeWeight, _options.ContrastiveWeight, _options.Similarity, ContrastItems.OpposingTemperature, _options.Loss), settings, run);

    /// <summary>The options of <see cref="PnfRecTrainer"/>.</summary>
    public sealed class Options : SequenceTrainerOptions
    {
        /// <summary>α: weight of the cross entropy of the next disliked item; at least 0. Default 0.45, as published for MovieLens-1M.</summary>
        [Range(0.0, 1.0, init: 0.45)]
        public double NegativeWeight { get; set; } = 0.45;

        /// <summary>β: weight of the contrast between the next liked item and the disliked ones; at least 0. Default 0.25, as published for MovieLens-1M.</summary>
        [Range(0.0, 1.0, init: 0.25)]
        public double ContrastiveWeight { get; set; } = 0.25;

        /// <summary>f of the contrast: the dot product of the published code, or the cosine of the paper's text. Default <see cref="ContrastSimilarity.Dot"/>.</summary>
        public ContrastSimilarity Similarity { get; set; } = ContrastSimilarity.Dot;

        /// <summary>
        /// What both cross entropies compare the next item with: the whole catalogue, as published, or a few items of a large one. Default <see cref="CatalogueLoss.Full"/>.
        /// </summary>
        public CatalogueLoss Loss { get; set; } = CatalogueLoss.Full;

        /// <summary>Whether each encoder has positions of its own, as the paper's section 3.2.1 has it; the published code shares them. Default false.</summary>
        public bool SeparatePositionEmbeddings { get; set; }
    }
}
