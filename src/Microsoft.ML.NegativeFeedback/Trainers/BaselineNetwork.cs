namespace Microsoft.ML.NegativeFeedback;

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
