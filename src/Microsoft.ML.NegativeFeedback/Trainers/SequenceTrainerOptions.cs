using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// What the options of every sequential trainer share: columns, output, the training loop and where it runs.
/// </summary>
/// <remarks>
/// <para>The defaults are the settings published for PNFRec on MovieLens-1M (RecSys '25) wherever that paper or its code names them,
/// but for <see cref="EmbeddingWidth"/>, 231 there.</para>
/// <para><see cref="RangeAttribute"/> and <see cref="ChoiceAttribute"/> say where a sweep with AutoML looks for a value and starts from; they bound nothing else.</para>
/// </remarks>
public abstract class SequenceTrainerOptions
{
    private protected SequenceTrainerOptions()
    {
    }

    /// <summary>A copy that later changes do not reach; what the options refer to, validation rows and progress, is shared.</summary>
    internal virtual SequenceTrainerOptions Copy() => (SequenceTrainerOptions)MemberwiseClone();

    // ---- columns

    /// <summary>
    /// The column with the items of a history, oldest first: a variable vector of keys, as
    /// <c>Conversion.MapValueToKey</c> makes it. Default "Items".
    /// </summary>
    public string ItemsColumnName { get; set; } = "Items";

    /// <summary>
    /// The column with the feedback beside the items: a vector of Single, +1 liked, −1 disliked, 0 neither. Default "Feedback".
    /// </summary>
    public string FeedbackColumnName { get; set; } = "Feedback";

    /// <summary>The column that scoring adds: keys [k] of the recommended items, best first, with the key values of the items. Default "RecommendedItems".</summary>
    public string RecommendedItemsColumnName { get; set; } = "RecommendedItems";

    /// <summary>
    /// The column that scoring adds beside it: the scores [k] as Single, which order the items of one row. A history in which the network finds nothing to read (no known item,
    /// or where it reads liked items alone no known liked one) gets counts, how often training met each item, in place of logits: compare scores of different rows only among
    /// rows of one kind. Default "Scores".
    /// </summary>
    public string ScoresColumnName { get; set; } = "Scores";

    /// <summary>
    /// A column with candidates to rank, a vector of keys of the same dictionary as the items. When it is given, scoring adds one score a candidate
    /// in <see cref="CandidateScoresColumnName"/> instead of recommending from the whole catalogue. Default null.
    /// </summary>
    public string? CandidatesColumnName { get; set; }

    /// <summary>
    /// The column that scoring adds in candidates mode: the scores of the row's candidates, in their order, as Single. As with <see cref="ScoresColumnName"/> they are counts where
    /// the network finds nothing to read in a history. <c>EvaluateCandidates</c> pools the scores of all rows for AUC and log loss: filter such rows out first, or look at its
    /// measures within rows. Default "CandidateScores".
    /// </summary>
    public string CandidateScoresColumnName { get; set; } = "CandidateScores";

    // ---- what is recommended

    /// <summary>k: how many items are recommended to a row; 1 up to the size of the catalogue. Default 10.</summary>
    public int NumberOfRecommendations { get; set; } = 10;

    /// <summary>Whether items of the row's own history, liked or not, are left out of its recommendations. Default true. The multi-feedback ranker, which orders the
    /// candidates that it is given, does not read it: <see cref="ScoringOptions.ExcludeSeenItems"/> leaves them out there.</summary>
    public bool ExcludeSeenItems { get; set; } = true;

    // ---- network

    /// <summary>l: how many of the most recent items the network reads; 1 to 10,000. Default 50.</summary>
    public int MaximumSequenceLength { get; set; } = 50;

    /// <summary>d: width of the item embeddings; 1 to 4,096 and a multiple of <see cref="NumberOfHeads"/>. Default 64.</summary>
    [Choice(new object[] { 32, 64, 128, 256 }, 64)]
    public int EmbeddingWidth { get; set; } = 64;

    /// <summary>Blocks of self-attention; 1 to 100. Default 2.</summary>
    [Choice(new object[] { 1, 2, 3 }, 2)]
    public int NumberOfBlocks { get; set; } = 2;

    /// <summary>Heads of self-attention; at least 1. Default 1.</summary>
    public int NumberOfHeads { get; set; } = 1;

    /// <summary>The share of activations that dropout zeroes in training, in [0, 1). Default 0.1.</summary>
    public double DropoutRate { get; set; } = 0.1;

    // ---- training

    /// <summary>Sequences in a step; at least 1. Default 500.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>The step size of Adam, which moves every weight by about as much; above 0 and at most 1. Default 0.001.</summary>
    [Range(1e-4, 1e-2, init: 1e-3, logBase: true)]
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>At most this many passes over the data; at least 1. Default 100.</summary>
    public int MaximumNumberOfEpochs { get; set; } = 100;

    /// <summary>
    /// Training stops after this many epochs without a better result on the validation rows and keeps the best epoch's weights; at least 1.
    /// Default 10.
    /// </summary>
    public int EarlyStoppingPatience { get; set; } = 10;

    /// <summary>
    /// Rows that early stopping watches: items and feedback as in the training data, as keys of the same dictionary or as the values behind them, and one of two kinds
    /// of columns beside them (for the multi-feedback ranker see <see cref="MultiFeedbackTrainer.Options"/>). Default null: a share of the training rows is held out, see <see cref="ValidationFraction"/>.
    /// <list type="bullet">
    /// <item><description><see cref="TargetItemColumnName"/> and <see cref="TargetFeedbackColumnName"/>, as <c>Data.TemporalSplit</c> makes them: NDCG_p@k of what came
    /// next over the catalogue, with k from <see cref="ValidationCutoff"/>. Rows whose target was not liked are left out.</description></item>
    /// <item><description><see cref="ValidationCandidatesColumnName"/> and <see cref="CandidateLabelsColumnName"/>, as <c>Data.LeaveLastOut</c> makes them: the
    /// <see cref="EarlyStoppingMetric"/> of the candidates' ranking.</description></item>
    /// <item><description>Rows with all four are watched as published for the trainer: by NDCG_p@k for PNFRec and SASRec, by candidates for SINE and its
    /// baselines.</description></item>
    /// </list>
    /// </summary>
    public IDataView? ValidationSet { get; set; }

    /// <summary>k of NDCG_p@k on validation rows with what came next, whatever <see cref="NumberOfRecommendations"/> is; at least 1. Default 10.</summary>
    public int ValidationCutoff { get; set; } = 10;

    /// <summary>What is watched of validation rows with candidates. Default <see cref="EarlyStoppingMetric.Auc"/>.</summary>
    public EarlyStoppingMetric EarlyStoppingMetric { get; set; } = EarlyStoppingMetric.Auc;

    /// <summary>The item that came next, in <see cref="ValidationSet"/>: a key of the same dictionary as the items. Default "TargetItem".</summary>
    public string TargetItemColumnName { get; set; } = "TargetItem";

    /// <summary>The feedback it got, in <see cref="ValidationSet"/>: Single. Default "TargetFeedback".</summary>
    public string TargetFeedbackColumnName { get; set; } = "TargetFeedback";

    /// <summary>
    /// The candidates in <see cref="ValidationSet"/>, a vector of the items' type or of keys of the same dictionary. Default "Candidates".
    /// </summary>
    public string ValidationCandidatesColumnName { get; set; } = "Candidates";

    /// <summary>Beside these candidates: Single, 1 where it was liked, 0 where it was skipped. Default "CandidateLabels".</summary>
    public string CandidateLabelsColumnName { get; set; } = "CandidateLabels";

    /// <summary>
    /// Without a <see cref="ValidationSet"/>: the share of training rows that are held out of training and whose last liked item early stopping
    /// tries to foresee, or, for SINE and its baselines, to rank above what was skipped around it; in [0, 1). 0 trains on everything for <see cref="MaximumNumberOfEpochs"/> epochs, and so does any share where only one row has two liked
    /// items, which training needs itself. For the multi-feedback ranker see <see cref="MultiFeedbackTrainer.Options"/>. Default 0.1.
    /// </summary>
    public double ValidationFraction { get; set; } = 0.1;

    /// <summary>The largest norm of a step's gradient, above 0; larger ones are scaled down to it. Default null: none is.</summary>
    public double? GradientClippingNorm { get; set; }

    /// <summary>
    /// A former model with whose weights training begins, rather than with drawn ones: what this trainer made with the same options, or <c>ScoreInBatches</c> of a saved one. Items are found by
    /// their values: known ones keep what was learned of them, new ones are drawn, those that the training data's keys lack are forgotten;
    /// <c>Conversion.MapValueToKey("Items", model)</c> gives keys that lack none. Keys of the ranker's features must stand for the same values as then. Adam begins anew. It may be disposed of.
    /// Default null.
    /// </summary>
    public NextItemTransformer? WarmStart { get; set; }

    /// <summary>
    /// A file that training writes after every epoch and goes on from where it exists, to the same result as if it had never stopped. Default null: none is
    /// written.
    /// </summary>
    /// <remarks>
    /// <para>A training that was cut short goes on only with the options and data that it began with; the error says which differ. Where <see cref="Seed"/> or
    /// <see cref="NumberOfThreads"/> is null, it is as it was in that training. To start anew, delete the file or choose another path.</para>
    /// <para>A training that has ended, by the epochs and the patience that it had, is not repeated: with the same options, <see cref="Seed"/> among them, and data its model comes from the file. With others, as
    /// when the next night's data are trained on, training starts anew and its first epoch takes the file's place; with a larger
    /// <see cref="MaximumNumberOfEpochs"/> alone it goes on, with one below what it has is an error. The file may be deleted as soon as the model is saved.</para>
    /// </remarks>
    public string? CheckpointPath { get; set; }

    /// <summary>
    /// Stops training, also while rows are read, cut into sequences or validated on; the checkpoint stays as the last finished epoch left it. Default none.
    /// </summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Told after every epoch how training goes; called on the training thread. Default null.</summary>
    public IProgress<TrainingProgress>? Progress { get; set; }

    // ---- where and how it runs

    /// <summary>
    /// Where training runs. Default <see cref="TrainingDevice.Automatic"/>: on the GPU of <c>MLContext.GpuDeviceId</c> when that is set, on the CPU
    /// otherwise. (Scoring follows the <see cref="MLContext"/> alone.)
    /// </summary>
    public TrainingDevice Device { get; set; } = TrainingDevice.Automatic;

    /// <summary>
    /// Whether a GPU of NVIDIA's Ampere generation or later may round the factors of matrix products to TF32, a mantissa of ten bits: several times as fast, with
    /// about three decimals. Nothing on a CPU. Default false.
    /// </summary>
    public bool AllowTensorFloat32 { get; set; }

    /// <summary>
    /// Threads of training on the CPU; 1 to 1,024. Default null: those of the training that goes on from <see cref="CheckpointPath"/>, or torch's choice, or one a
    /// processor where torch sees one core.
    /// </summary>
    public int? NumberOfThreads { get; set; }

    /// <summary>
    /// Seeds initial weights, the order of batches, dropout and the held-out rows. The same seed and number of threads give the same model, to the bit; on a GPU the same seed does, on the
    /// same card and libraries (but for FeedRec and <see cref="CatalogueLoss.ScalableCrossEntropy"/>, where a GPU sums up in any order).
    /// Default null: that of the training that goes on from <see cref="CheckpointPath"/>, or taken from the seed of the <see cref="MLContext"/>.
    /// </summary>
    public int? Seed { get; set; }
}

/// <summary>Where a trainer runs TorchSharp.</summary>
public enum TrainingDevice
{
    /// <summary>On the GPU of <c>MLContext.GpuDeviceId</c> when that is set, on the CPU otherwise.</summary>
    Automatic,

    /// <summary>On the CPU.</summary>
    Cpu,

    /// <summary>On a CUDA GPU; needs a CUDA flavour of TorchSharp's native package.</summary>
    Cuda,
}

/// <summary>What early stopping maximises where candidates are ranked.</summary>
public enum EarlyStoppingMetric
{
    /// <summary>The area under the ROC curve over the candidates of all rows, as the published code of SINE watches.</summary>
    Auc,

    /// <summary>The mean over rows of their own area under the ROC curve.</summary>
    Gauc,

    /// <summary>NDCG@2.</summary>
    Ndcg,
}

/// <summary>How training stands after an epoch.</summary>
/// <param name="Epoch">The epoch that ended, from 1.</param>
/// <param name="MaximumNumberOfEpochs">The last epoch unless training stops early.</param>
/// <param name="Loss">The mean over the epoch's batches of the weighted sum of the terms.</param>
/// <param name="LossTerms">The terms of the loss by name, each the mean over the epoch's batches before its coefficient: for PNFRec "CE", "CE-" and
/// "contrast", for SINE "BPR sampled", "BPR skipped" and "dCor".</param>
/// <param name="ValidationScore">What early stopping maximises on the validation rows: NDCG_p@k of what came next, or a metric of the
/// candidates' ranking; null without such rows.</param>
/// <param name="ValidationMetrics">Everything measured on the validation rows, by name; empty without such rows.</param>
/// <param name="BestEpoch">The epoch whose weights are the best so far, or the last without validation rows.</param>
/// <param name="SequencesPerSecond">Rows of the training data that went through the network, by the seconds the epoch's steps took.</param>
/// <param name="Elapsed">Time since the start of this run; epochs before a checkpoint was resumed do not count.</param>
public sealed record TrainingProgress(
    int Epoch,
    int MaximumNumberOfEpochs,
    double Loss,
    IReadOnlyDictionary<string, double> LossTerms,
    double? ValidationScore,
    IReadOnlyDictionary<string, double> ValidationMetrics,
    int BestEpoch,
    double SequencesPerSecond,
    TimeSpan Elapsed);
