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

    /// <summary>The column that scoring adds beside it: the scores [k] as Single. Default "Scores".</summary>
    public string ScoresColumnName { get; set; } = "Scores";

    /// <summary>
    /// A column with candidates to rank, a vector of keys of the same dictionary as the items. When it is given, scoring adds one score a candidate
    /// in <see cref="CandidateScoresColumnName"/> instead of recommending from the whole catalogue. Default null.
    /// </summary>
    public string? CandidatesColumnName { get; set; }

    /// <summary>The column that scoring adds in candidates mode: the scores of the row's candidates, in their order, as Single. Default "CandidateScores".</summary>
    public string CandidateScoresColumnName { get; set; } = "CandidateScores";

    // ---- what is recommended

    /// <summary>k: how many items are recommended to a row; 1 up to the size of the catalogue. Default 10.</summary>
    public int NumberOfRecommendations { get; set; } = 10;

    /// <summary>Whether items of the row's own history, liked or not, are left out of its recommendations. Default true.</summary>
    public bool ExcludeSeenItems { get; set; } = true;

    // ---- network

    /// <summary>l: how many of the most recent items the network reads; at least 1. Default 50.</summary>
    public int MaximumSequenceLength { get; set; } = 50;

    /// <summary>d: width of the item embeddings; a multiple of <see cref="NumberOfHeads"/>. Default 64.</summary>
    [Choice(new object[] { 32, 64, 128, 256 }, 64)]
    public int EmbeddingWidth { get; set; } = 64;

    /// <summary>Blocks of self-attention; at least 1. Default 2.</summary>
    [Choice(new object[] { 1, 2, 3 }, 2)]
    public int NumberOfBlocks { get; set; } = 2;

    /// <summary>Heads of self-attention; at least 1. Default 1.</summary>
    public int NumberOfHeads { get; set; } = 1;

    /// <summary>The share of activations that dropout zeroes in training, in [0, 1). Default 0.1.</summary>
    public double DropoutRate { get; set; } = 0.1;

    // ---- training

    /// <summary>Sequences in a step; at least 1. Default 500.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>The step size of Adam; above 0. Default 0.001.</summary>
    [Range(1e-4, 1e-2, init: 1e-3, logBase: true)]
    public double LearningRate { get; set; } = 1e-3;

    /// <summary>At most this many passes over the data; at least 1. Default 100.</summary>
    public int MaximumNumberOfEpochs { get; set; } = 100;

    /// <summary>
    /// Training stops after this many epochs without a better NDCG_p@k on the validation rows and keeps the best epoch's weights; at least 1.
    /// Default 10.
    /// </summary>
    public int EarlyStoppingPatience { get; set; } = 10;

    /// <summary>
    /// Evaluation rows that early stopping watches: items and feedback as in the training data (the same key mapping applied) and the item that
    /// came next in <see cref="TargetItemColumnName"/>. Rows whose <see cref="TargetFeedbackColumnName"/> is not above 0 are left out. Default
    /// null: a share of the training rows is held out, see <see cref="ValidationFraction"/>.
    /// </summary>
    public IDataView? ValidationSet { get; set; }

    /// <summary>The item that came next, in <see cref="ValidationSet"/>: a key of the same dictionary as the items. Default "TargetItem".</summary>
    public string TargetItemColumnName { get; set; } = "TargetItem";

    /// <summary>The feedback it got, in <see cref="ValidationSet"/>: Single. Default "TargetFeedback".</summary>
    public string TargetFeedbackColumnName { get; set; } = "TargetFeedback";

    /// <summary>
    /// Without a <see cref="ValidationSet"/>: the share of training rows that are held out of training and whose last liked item early stopping
    /// tries to foresee; in [0, 1). 0 trains on everything for <see cref="MaximumNumberOfEpochs"/> epochs, and so does any share where only one row has two liked
    /// items, which training needs itself. Default 0.1.
    /// </summary>
    public double ValidationFraction { get; set; } = 0.1;

    /// <summary>The largest norm of a step's gradient, above 0; larger ones are scaled down to it. Default null: none is.</summary>
    public double? GradientClippingNorm { get; set; }

    /// <summary>
    /// A file that training writes after every epoch and goes on from where it exists, to the same result as if it had never stopped. Default null: none is
    /// written.
    /// </summary>
    /// <remarks>
    /// <para>A training that was cut short goes on only with the options and data that it began with; the error says which differ. Where <see cref="Seed"/> or
    /// <see cref="NumberOfThreads"/> is null, it is as it was in that training. To start anew, delete the file or choose another path.</para>
    /// <para>A training that has ended is not repeated: with the same options, <see cref="Seed"/> among them, and data its model comes from the file. With others, as
    /// when the next night's data are trained on, training starts anew and its first epoch takes the file's place; with a larger
    /// <see cref="MaximumNumberOfEpochs"/> alone it goes on. The file may be deleted as soon as the model is saved.</para>
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
    /// Threads of training on the CPU; at least 1. Default null: those of the training that goes on from <see cref="CheckpointPath"/>, or torch's choice, or one a
    /// processor where torch sees one core.
    /// </summary>
    public int? NumberOfThreads { get; set; }

    /// <summary>
    /// Seeds initial weights, the order of batches, dropout and the held-out rows. The same seed and number of threads give the same model, to the bit.
    /// Default null: that of the training that goes on from <see cref="CheckpointPath"/>, or taken from the seed of the <see cref="MLContext"/>.
    /// </summary>
    public int? Seed { get; set; }
}
