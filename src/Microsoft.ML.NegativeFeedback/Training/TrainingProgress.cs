namespace Microsoft.ML.NegativeFeedback;

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
