using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;
using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Trains the networks that SINE (Pan et al., RecSys '23, section 5.1.3) is compared with, all of them as SINE is: over the liked items of a history, with −ln σ(y(liked) − y(sampled))
/// (BPR) at every position, one sampled item each that the row does not hold, drawn afresh every epoch. <see cref="BaselineNetwork.Dien"/>, <see cref="BaselineNetwork.SliRec"/> and
/// <see cref="BaselineNetwork.FeedRec"/> learn at eight positions a row, other ones every epoch; <see cref="BaselineNetwork.FeedRec"/> alone reads skipped items and those that were neither liked
/// nor skipped as well. What a network learns beside is said of it there.
/// </summary>
/// <remarks>
/// <para>To create it, use <see cref="NegativeFeedbackCatalog.Baseline(RecommendationCatalog.RecommendationTrainers, BaselineTrainer.Options)"/> or its overload with the usual options.</para>
/// <para><b>Input and output columns</b></para>
/// <list type="table">
/// <listheader><term>Column</term><description>Type and meaning</description></listheader>
/// <item><term><c>Items</c>, input</term><description>vector of keys, oldest first: <see cref="SequenceTrainerOptions.ItemsColumnName"/></description></item>
/// <item><term><c>Feedback</c>, input</term><description>vector of Single beside it, +1 liked, −1 skipped, 0 neither: <see cref="SequenceTrainerOptions.FeedbackColumnName"/></description></item>
/// <item><term><c>Times</c> and <c>TargetTime</c>, input of <see cref="BaselineNetwork.SliRec"/></term><description>vector of Int64 beside the items, and Int64: <see cref="Options.TimesColumnName"/>, <see cref="Options.TargetTimeColumnName"/></description></item>
/// <item><term><c>RecommendedItems</c>, output</term><description>keys [k], best first: <see cref="SequenceTrainerOptions.RecommendedItemsColumnName"/></description></item>
/// <item><term><c>Scores</c>, output</term><description>Single [k] beside them, logits, or counts where the network finds nothing to read: <see cref="SequenceTrainerOptions.ScoresColumnName"/></description></item>
/// <item><term><c>Candidates</c>, input where named</term><description>vector of keys of the same dictionary: <see cref="SequenceTrainerOptions.CandidatesColumnName"/></description></item>
/// <item><term><c>CandidateScores</c>, output in place of the two</term><description>Single a candidate, −∞ for an unknown one: <see cref="SequenceTrainerOptions.CandidateScoresColumnName"/></description></item>
/// </list>
/// <para><b>Trainer characteristics</b></para>
/// <list type="table">
/// <listheader><term>Characteristic</term><description>Value</description></listheader>
/// <item><term>Machine learning task</term><description>Recommendation: the next item of a sequence, or ranking of candidates (DIN, DIEN and SLi-Rec: candidates alone)</description></item>
/// <item><term>Is normalization required?</term><description>No</description></item>
/// <item><term>Is caching required?</term><description>No: rows are read once, and sequences stay in memory</description></item>
/// <item><term>Required NuGet in addition to Microsoft.ML</term><description>Microsoft.ML.NegativeFeedback; TorchSharp-cpu, or a CUDA package of TorchSharp; Microsoft.ML.OnnxRuntime, or Microsoft.ML.OnnxRuntime.Gpu</description></item>
/// <item><term>Exportable to ONNX</term><description>Yes, with everything around it: <see cref="NextItemTransformer.ExportToOnnx"/> (not <c>Model.ConvertToOnnx</c>)</description></item>
/// </list>
/// <para><b>Training algorithm details</b></para>
/// <para>The skip before a liked item is not learned from as SINE does; with <see cref="PairwiseTrainerOptions.ObservedSkipShare"/> the row's skips come among the sampled items. Of the options of the
/// network, <see cref="BaselineNetwork.SasRec"/> alone reads the number of blocks, and it and <see cref="BaselineNetwork.FeedRec"/> that of heads.</para>
/// <para><see cref="BaselineNetwork"/> says of each network what it reads, and its paper.</para>
/// </remarks>
/// <example>
/// <code>
/// // histories and candidates share one dictionary
/// var keys = ml.Transforms.Conversion.MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: lastOut.Catalogue);
/// var model = keys.Append(ml.Recommendation().Trainers.Baseline(new BaselineTrainer.Options
/// {
///     Network = BaselineNetwork.Din, CandidatesColumnName = "Candidates", ValidationSet = lastOut.ValidationSet,
/// })).Fit(lastOut.TrainSet);
/// Console.WriteLine(ml.Recommendation().EvaluateCandidates(model.Transform(lastOut.TestSet)));
/// </code>
/// </example>
public sealed class BaselineTrainer : PairwiseTrainer
{
    private static readonly PairwiseWeights Weights = new(Sampled: 1, Skipped: 0);

    private readonly Options _options;

    internal BaselineTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(BaselineTrainer), options)
    {
        _options = options = (Options)OwnOptions;
        TrainerChecks.IsDefined(options.Network, nameof(options.Network));
        Columns.CheckName(options.TimesColumnName, nameof(options.TimesColumnName));
        Columns.CheckName(options.TargetTimeColumnName, nameof(options.TargetTimeColumnName));
        TrainerChecks.InRange(options.AuxiliaryLossWeight, nameof(options.AuxiliaryLossWeight), value => value >= 0, "at least 0");
        TrainerChecks.InRange(options.ContrastWeight, nameof(options.ContrastWeight), value => value >= 0, "at least 0");
        if (options.Network is BaselineNetwork.Din or BaselineNetwork.Dien or BaselineNetwork.SliRec && options.CandidatesColumnName is null)
        {
            throw new ArgumentException($"{options.Network} reads history and candidate together and cannot recommend from the whole catalogue: name a column of "
                + $"candidates in {nameof(options.CandidatesColumnName)}.");
        }
    }

    private protected override Network CreateNetwork(int itemCount, DataViewSchema schema, long seed) => CreateNetwork(itemCount, seed, typicalGap: 1);

    private protected override IReadOnlyList<BoundInput> TrainerInputs(DataViewSchema schema)
        => ReadsTimes ? [new BoundInput(SliRecNetwork.Times, _options.TimesColumnName, typeof(long), _options.TargetTimeColumnName)] : [];

    private protected override IEnumerable<string> FurtherColumnNames => ReadsTimes ? [_options.TimesColumnName] : [];

    private protected override bool LearnsFromWholeHistories => _options.Network == BaselineNetwork.FeedRec;

    private bool ReadsTimes => _options.Network == BaselineNetwork.SliRec;

    private Network CreateNetwork(int itemCount, long seed, double typicalGap)
    {
        var encoder = PairwiseEncoderSettings;
        return _options.Network switch
        {
            BaselineNetwork.Gru4Rec => new Gru4RecNetwork(itemCount, encoder, seed),
            BaselineNetwork.Caser => new CaserNetwork(itemCount, encoder, seed),
            BaselineNetwork.Ncf => new NcfNetwork(itemCount, encoder, seed),
            BaselineNetwork.Din => new DinNetwork(itemCount, encoder, seed),
            BaselineNetwork.Dien => new DienNetwork(itemCount, encoder, _options.AuxiliaryLossWeight, seed),
            BaselineNetwork.SliRec => new SliRecNetwork(itemCount, encoder, typicalGap, seed),
            BaselineNetwork.Clsr => new ClsrNetwork(itemCount, encoder, _options.ContrastWeight, seed),
            BaselineNetwork.FeedRec => new FeedRecNetwork(itemCount, encoder, _options.ContrastWeight, seed),
            _ => new SasRecNetwork(itemCount, encoder, readsWholeSequence: false, seed),
        };
    }

    private protected override NetworkWeights Train(TrainerInput input, TrainingSettings settings, TrainingRun run)
    {
        double typicalGap = ReadsTimes ? TimeGaps.Typical(input.Rows, SliRecNetwork.Times.Name, _options.TimesColumnName) : 1;
        var data = ReadData(input);
        if (_options.ObservedSkipShare > 0 && !HasSkips(data.Train))
        {
            input.Channel.Warning(MessageSensitivity.None, "No item of the training data was skipped (feedback below 0), so none comes among the sampled ones. "
                + "Check the rule that made column '{0}'.", _options.FeedbackColumnName);
        }

        return ModelTraining.Train(new PairwiseTask(CreateNetwork(input.ItemCount, settings.Seed, typicalGap), Weights, data), settings, run).Weights;
    }

    /// <summary>The options of <see cref="BaselineTrainer"/>.</summary>
    public sealed class Options : PairwiseTrainerOptions
    {
        /// <summary>What is trained. Default <see cref="BaselineNetwork.SasRec"/>.</summary>
        public BaselineNetwork Network { get; set; } = BaselineNetwork.SasRec;

        /// <summary>
        /// The column with the times of the items, a vector of Int64 beside them that never descends, in any unit; read by <see cref="BaselineNetwork.SliRec"/> alone.
        /// Default "Times", as <c>Transforms.WindowSequences</c>, <c>Data.TemporalSplit</c> and <c>Data.LeaveLastOut</c> may call it.
        /// </summary>
        public string TimesColumnName { get; set; } = "Times";

        /// <summary>
        /// The column with the time for which is asked, an Int64 in the same unit, in rows to score and to validate on; in training rows every item but the first is asked
        /// for, at its own time. Read by <see cref="BaselineNetwork.SliRec"/> alone. Default "TargetTime".
        /// </summary>
        public string TargetTimeColumnName { get; set; } = "TargetTime";

        /// <summary>
        /// The coefficient α of the auxiliary loss (Zhou et al. 2019, eq. 7), at least 0; 0 leaves it out. Read by <see cref="BaselineNetwork.Dien"/> alone. Default 1.
        /// </summary>
        [Range(0.0, 1.0, init: 1.0)]
        public double AuxiliaryLossWeight { get; set; } = 1;

        /// <summary>
        /// The coefficient, at least 0, of what a network learns beside the order of its scores: the four contrasts of <see cref="BaselineNetwork.Clsr"/>, the cosine of positive and negative
        /// interest of <see cref="BaselineNetwork.FeedRec"/>; no other network reads it. Default 0.1, that of CLSR's published code.
        /// </summary>
        [Range(0.0, 1.0, init: 0.1)]
        public double ContrastWeight { get; set; } = 0.1;
    }
}

/// <summary>Which of the networks that SINE is compared with (RecSys '23, section 5.1.3) a <see cref="BaselineTrainer"/> trains.</summary>
public enum BaselineNetwork
{
    /// <summary>
    /// SASRec: self-attention over the liked items (Kang and McAuley, ICDM '18). With <see cref="PairwiseTrainerOptions.ObservedSkipShare"/> above 0 it is the paper's SASRec-N.
    /// </summary>
    SasRec,

    /// <summary>
    /// GRU4Rec: a layer of gated recurrent units, as wide as the embeddings, over the liked items (Hidasi et al., ICLR '16). Dropout is on the embeddings.
    /// </summary>
    Gru4Rec,

    /// <summary>
    /// Caser: convolutions over the last five liked items, 16 horizontal filters of every height and 4 vertical ones, and a fully connected layer (Tang and Wang, WSDM '18, with
    /// the numbers of its published code). Without the embedding of the user, as users are served that training did not know; and one table embeds items as inputs and scores
    /// them, where the paper has two. A larger <see cref="SequenceTrainerOptions.MaximumSequenceLength"/> gives more positions to learn from.
    /// </summary>
    Caser,

    /// <summary>
    /// NCF: a matrix factorisation and layers over a user and an item (He et al., WWW '17). The user is the mean of the items that they liked, as users are served that training
    /// did not know; the order of the items makes no difference.
    /// </summary>
    Ncf,

    /// <summary>
    /// DIN: the liked items summed up by what a small network makes of each beside the candidate, and layers over the sum and the candidate (Zhou et al., KDD '18). It
    /// scores given candidates alone and needs <see cref="SequenceTrainerOptions.CandidatesColumnName"/>.
    /// </summary>
    Din,

    /// <summary>
    /// DIEN: gated recurrent units over the liked items, which learn to foresee each next one, attention by the candidate, and units that follow the interests as far as it
    /// attends to them (Zhou et al., AAAI 2019). The item that the auxiliary loss (<see cref="BaselineTrainer.Options.AuxiliaryLossWeight"/>) tells the next one from is the one
    /// that was sampled for the question, the same at all steps of its sequence. An epoch asks at eight liked items of a row, other ones each time. It scores given candidates
    /// alone and needs <see cref="SequenceTrainerOptions.CandidatesColumnName"/>.
    /// </summary>
    Dien,

    /// <summary>
    /// SLi-Rec: attention over the liked items for the long term, an LSTM whose gates know of the times between the items and up to the question for the short term, and a share of
    /// each that follows from both, the candidate and the last gap (Yu et al., IJCAI 2019). It reads <see cref="BaselineTrainer.Options.TimesColumnName"/> and, in rows to score,
    /// <see cref="BaselineTrainer.Options.TargetTimeColumnName"/>; their unit makes no difference, as gaps are read in typical gaps of the training rows, the median time between
    /// liked items. Training rows whose times descend are an error; in scoring a time before the one it follows counts as that one. An epoch asks at eight liked items of a row,
    /// other ones each time. It scores given candidates alone and needs <see cref="SequenceTrainerOptions.CandidatesColumnName"/>.
    /// </summary>
    SliRec,

    /// <summary>
    /// CLSR: a long-term interest, attention by the mean of the liked items over them, and a short-term one, attention over recurrent states by a recurrent state, which four
    /// contrasts hold to the mean of all liked items and of the last three; the candidate decides how much each counts (Zheng et al., WWW '22). Without embeddings of users, as users are
    /// served that training did not know, and without times.
    /// </summary>
    Clsr,

    /// <summary>
    /// FeedRec: a transformer over liked, skipped and other items together and one over each kind; liked and skipped ones, pooled, ask the others for what they share with them, and the
    /// vectors of the two sides are kept apart (Wu et al., WWW '22). It foresees the liked item alone, where the paper has reading to the end and dwell time besides.
    /// </summary>
    FeedRec,
}
