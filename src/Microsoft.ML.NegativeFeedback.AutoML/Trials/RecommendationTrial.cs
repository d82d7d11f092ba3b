using System.Globalization;

namespace Microsoft.ML.NegativeFeedback;

/// <summary>What came of a finished trial.</summary>
/// <param name="Id">The trial's number, from 0, as AutoML counts.</param>
/// <param name="Parameters">The values that the tuner chose, by the names of the options: a <see cref="double"/>, <see cref="long"/>, <see cref="bool"/> or <see cref="string"/> each.</param>
/// <param name="Options">The options that the trainer was made with; null where the pipeline has none of this library's trainers.</param>
/// <param name="Metric">The metric that is made large, on the validation rows; of a trial that failed the worst value there is.</param>
/// <param name="Validation">All metrics on the validation rows; null of a trial that failed.</param>
/// <param name="Test">The same on the test rows; null without such rows, where they could not be measured, of which the log warns, and of a trial that failed.</param>
/// <param name="Duration">The time that training and evaluation took.</param>
/// <param name="Failure">Why the trial failed; null of one that succeeded.</param>
public sealed record RecommendationTrial(
    int Id,
    IReadOnlyDictionary<string, object> Parameters,
    SequenceTrainerOptions? Options,
    double Metric,
    TrialMetrics? Validation,
    TrialMetrics? Test,
    TimeSpan Duration,
    Exception? Failure)
{
    /// <summary>The trainer, in words; empty where the pipeline has none of this library's.</summary>
    internal string TrainerName => Options switch
    {
        null => "",
        BaselineTrainer.Options baseline => $" of {nameof(BaselineTrainer)}, {baseline.Network}",
        _ => $" of {Options.GetType().DeclaringType!.Name}",
    };

    /// <summary>The values that the tuner chose, in words.</summary>
    internal string ParameterText => Parameters.Count == 0
        ? "no parameters"
        : string.Join(", ", Parameters.Select(parameter => string.Create(CultureInfo.InvariantCulture, $"{parameter.Key} {parameter.Value:0.######}")));
}

/// <summary>The metrics of a trial on one set of rows.</summary>
/// <param name="NextItem">How well the next item is foreseen; null where AUC or GAUC is made large, since the trainer then recommends nothing.</param>
/// <param name="Candidates">How well candidates are ranked; null where NDCG_p or ΔNDCG is made large.</param>
public sealed record TrialMetrics(NextItemMetrics? NextItem, CandidateMetrics? Candidates);

/// <summary>How a sweep stands after a trial.</summary>
/// <param name="Trial">The trial that ended.</param>
/// <param name="Best">The best so far; null while none has succeeded.</param>
public sealed record SweepProgress(RecommendationTrial Trial, RecommendationTrial? Best);
