namespace Microsoft.ML.NegativeFeedback;

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
