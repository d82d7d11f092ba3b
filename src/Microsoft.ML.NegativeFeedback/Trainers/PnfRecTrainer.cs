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
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.PnfRec(RecommendationCatalog.RecommendationTrainers, PnfRecTrainer.Options)"/> or its overload with the usual options.</para>
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
/// <para>Two self-attention encoders with one item table read the last l liked and the last l disliked items of a user. The loss is
/// L = CE⁺ + α·CE⁻ + β·L_c: cross entropy over the whole catalogue of the next liked and of the next disliked item, and a contrast between the next liked item and the
/// user's disliked ones, but for the newest of them, which the published code leaves out. Recommendations come from the encoder of the liked items alone; every item of the history is left out of them.</para>
/// <para>α and β at 0 give the paper's reduced models: β = 0 is PNFRec_pn, α = 0 is PNFRec_pc, both 0 is SASRec_p.</para>
/// <para>The defaults of <see cref="Options.Similarity"/> and <see cref="Options.SeparatePositionEmbeddings"/> follow the published code, which the published numbers come
/// from; the other values give the paper's text.</para>
/// </remarks>
/// <example>
/// <code>
/// var pipeline = ml.Transforms.Conversion.MapValueToKey("Items")
///     .Append(ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options { ValidationSet = split.ValidationSet }))
///     .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"));
/// var model = pipeline.Fit(users);
/// Console.WriteLine(ml.Recommendation().EvaluateNextItem(model.Transform(split.TestSet)));
/// </code>
/// </example>
/// <seealso href="https://doi.org/10.1145/3705328.3759333">PNFRec, RecSys '25</seealso>
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
        => new PnfRecNetwork(itemCount, EncoderSettings, readsNegatives: _options.NegativeWeight > 0, _options.NegativeWeight > 0 && _options.SeparatePositionEmbeddings, seed);

    private protected override NetworkWeights Train(TrainerInput input, TrainingSettings settings, TrainingRun run)
        => Train(input, new NextItemLoss(_options.NegativeWeight, _options.ContrastiveWeight, _options.Similarity, ContrastItems.OpposingTemperature, _options.Loss), settings, run);

    /// <summary>The options of <see cref="PnfRecTrainer"/>.</summary>
    public sealed class Options : SequenceTrainerOptions
    {
        /// <summary>α: weight of the cross entropy of the next disliked item; at least 0. Default 0.45, as published for MovieLens-1M.</summary>
        [Range(0.0, 1.0, init: 0.45)]
        public double NegativeWeight { get; set; } = 0.45;

        /// <summary>β: weight of the contrast between the next liked item and the disliked ones, without the newest of each row, as published; at least 0. Default 0.25, as published for MovieLens-1M.</summary>
        [Range(0.0, 1.0, init: 0.25)]
        public double ContrastiveWeight { get; set; } = 0.25;

        /// <summary>f of the contrast: the dot product of the published code, or the cosine of the paper's text. Default <see cref="ContrastSimilarity.Dot"/>.</summary>
        public ContrastSimilarity Similarity { get; set; } = ContrastSimilarity.Dot;

        /// <summary>
        /// What both cross entropies compare the next item with: the whole catalogue, as published, or a few items of a large one. Default <see cref="CatalogueLoss.Full"/>.
        /// </summary>
        public CatalogueLoss Loss { get; set; } = CatalogueLoss.Full;

        /// <summary>Whether each encoder has positions of its own, as the paper's section 3.2.1 has it; the published code shares them. Without <see cref="NegativeWeight"/> there is one encoder, and nothing to share. Default false.</summary>
        public bool SeparatePositionEmbeddings { get; set; }
    }
}
