namespace Microsoft.ML.NegativeFeedback;

/// <summary>What a sweep over recommenders makes large.</summary>
public enum RecommendationMetric
{
    /// <summary>NDCG_p@k: how high what a user then liked is recommended. Needs evaluation rows with liked targets. PNFRec is tuned by it.</summary>
    PositiveNdcg,

    /// <summary>
    /// ΔNDCG@k = NDCG_p@k − NDCG_n@k: how much higher than what a user then disliked. Needs evaluation rows with liked and with disliked targets; the
    /// validation rows of <c>TemporalSplit</c> have liked ones alone.
    /// </summary>
    NdcgDifference,

    /// <summary>
    /// AUC: how often a liked candidate of any row is scored above a skipped one of any. Needs a trainer that ranks candidates and rows with candidates of both kinds.
    /// </summary>
    Auc,

    /// <summary>
    /// GAUC: the mean of the rows' own AUC. Needs a trainer that ranks candidates and rows with both kinds, as <c>LeaveLastOut</c> gives them.
    /// </summary>
    Gauc,
}
