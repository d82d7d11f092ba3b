using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Trainers;
using Microsoft.ML.NegativeFeedback.Training;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// Trains the networks that SINE (Pan et al., RecSys '23, section 5.1.3) is compared with, all of them as SINE is: over the liked items of a history, with −ln σ(y(liked) − y(sampled))
/// (BPR) at every position, one sampled item each that the row does not hold, drawn afresh every epoch.
/// </summary>
/// <remarks>
/// The skip before a liked item is not learned from as SINE does; with <see cref="PairwiseTrainerOptions.ObservedSkipShare"/> the row's skips come among the sampled items. Of the options of the
/// network, <see cref="BaselineNetwork.SasRec"/> alone reads the numbers of blocks and heads.
/// </remarks>
public sealed class BaselineTrainer : PairwiseTrainer
{
    private static readonly PairwiseWeights Weights = new(Sampled: 1, Skipped: 0);

    private readonly Options _options;

    internal BaselineTrainer(IHostEnvironment environment, Options options)
        : base(environment, nameof(BaselineTrainer), options)
    {
        _options = options = (Options)OwnOptions;
        TrainerChecks.IsDefined(options.Network, nameof(options.Network));
        if (options.Network == BaselineNetwork.Din && options.CandidatesColumnName is null)
        {
            throw new ArgumentException($"{nameof(BaselineNetwork.Din)} reads history and candidate together and cannot recommend from the whole catalogue: name a column of "
                + $"candidates in {nameof(options.CandidatesColumnName)}.");
        }
    }

    private protected override Network CreateNetwork(int itemCount, long seed)
    {
        var encoder = PairwiseEncoderSettings;
        return _options.Network switch
        {
            BaselineNetwork.Gru4Rec => new Gru4RecNetwork(itemCount, encoder, seed),
            BaselineNetwork.Caser => new CaserNetwork(itemCount, encoder, seed),
            BaselineNetwork.Ncf => new NcfNetwork(itemCount, encoder, seed),
            BaselineNetwork.Din => new DinNetwork(itemCount, encoder, seed),
            _ => new SasRecNetwork(itemCount, encoder, readsWholeSequence: false, seed),
        };
    }

    private protected override NetworkWeights Train(TrainerInput input, TrainingSettings settings, TrainingRun run)
    {
        var data = ReadData(input);
        if (_options.ObservedSkipShare > 0 && !HasSkips(data.Train))
        {
            input.Channel.Warning(MessageSensitivity.None, "No item of the training data was skipped (feedback below 0), so none comes among the sampled ones. "
                + "Check the rule that made column '{0}'.", _options.FeedbackColumnName);
        }

        return ModelTraining.Train(new PairwiseTask(CreateNetwork(input.ItemCount, settings.Seed), Weights, data), settings, run).Weights;
    }

    /// <summary>The options of <see cref="BaselineTrainer"/>.</summary>
    public sealed class Options : PairwiseTrainerOptions
    {
        /// <summary>What is trained. Default <see cref="BaselineNetwork.SasRec"/>.</summary>
        public BaselineNetwork Network { get; set; } = BaselineNetwork.SasRec;
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
}
