namespace Microsoft.ML.NegativeFeedback;

/// <summary>How training stands after an epoch.</summary>
/// <param name="Epoch">The epoch that ended, from 1.</param>
/// <param name="MaximumNumberOfEpochs">The last epoch unless training stops early.</param>
/// <param name="Loss">The mean over the epoch's batches of the weighted sum of the terms.</param>
/// <param name="CrossEntropy">The mean cross entropy of positive sequences, or of whole ones for a model that reads those.</param>
/// <param name="NegativeCrossEntropy">The mean cross entropy of negative sequences; 0 for a model without.</param>
/// <param name="Contrast">The mean contrastive term; 0 for a model without.</param>
/// <param name="ValidationNdcg">NDCG_p@k on the validation rows, 0 to 1; null without validation rows.</param>
/// <param name="ValidationHitRate">HR_p@k on the validation rows, 0 to 1; null without validation rows.</param>
/// <param name="BestEpoch">The epoch whose weights are the best so far: by NDCG_p@k, or the last without validation rows.</param>
/// <param name="SequencesPerSecond">Rows of the training data that went through the network, by the seconds the epoch's steps took.</param>
/// <param name="Elapsed">Time since the start of this run; epochs before a checkpoint was resumed do not count.</param>
public sealed record TrainingProgress(
    int Epoch,
    int MaximumNumberOfEpochs,
    double Loss,
    double CrossEntropy,
    double NegativeCrossEntropy,
    double Contrast,
    double? ValidationNdcg,
    double? ValidationHitRate,
    int BestEpoch,
    double SequencesPerSecond,
    TimeSpan Elapsed);
