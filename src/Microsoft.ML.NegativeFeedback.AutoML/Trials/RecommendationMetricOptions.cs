namespace Microsoft.ML.NegativeFeedback;

/// <summary>What trials are measured by, and who is told.</summary>
public class RecommendationMetricOptions
{
    /// <summary>
    /// What is made large. Default null, by the kind of the validation rows: <see cref="RecommendationMetric.PositiveNdcg"/> where they have what came next,
    /// <see cref="RecommendationMetric.Auc"/> where they have candidates; where they have both, the latter if the trainers rank candidates.
    /// </summary>
    public RecommendationMetric? Metric { get; set; }

    /// <summary>k: how many recommendations of each row are looked at for NDCG; at most as many as the trainer recommends. Early stopping in trials takes the same k. Default 10.</summary>
    public int NumberOfRecommendations { get; set; } = 10;

    /// <summary>The item that came next, read for NDCG: a value of the items' type or a key. Default "TargetItem".</summary>
    public string TargetItemColumnName { get; set; } = "TargetItem";

    /// <summary>The feedback it got: Single, above 0 liked, below 0 disliked. Default "TargetFeedback".</summary>
    public string TargetFeedbackColumnName { get; set; } = "TargetFeedback";

    /// <summary>What became of the candidates: a vector of Single, 1 liked, 0 skipped; read for AUC and GAUC. Default "CandidateLabels".</summary>
    public string CandidateLabelsColumnName { get; set; } = "CandidateLabels";

    /// <summary>
    /// k of the NDCG of candidates, which is measured beside AUC and GAUC; at least 1. Default 2, as SINE (RecSys '23) reports.
    /// </summary>
    public int CandidateTruncationLevel { get; set; } = 2;

    /// <summary>
    /// Rows like the validation rows that every trial is measured on as well; nothing is chosen by them. Default null: no others.
    /// </summary>
    public IDataView? TestSet { get; set; }

    /// <summary>
    /// Told after every trial what came of it and which is the best so far; called on the thread of the trial. What it throws is warned of in <c>MLContext.Log</c> and the
    /// sweep goes on. Default null.
    /// </summary>
    public IProgress<SweepProgress>? Progress { get; set; }

    /// <summary>A copy that later changes do not reach.</summary>
    internal RecommendationMetricOptions Copy() => (RecommendationMetricOptions)MemberwiseClone();
}

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
