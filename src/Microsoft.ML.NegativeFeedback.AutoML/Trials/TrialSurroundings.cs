using System.Runtime.CompilerServices;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>
/// What a trial lays upon the trainers that are made in it. AutoML hands nothing but the trial's context and parameters to the factory of an estimator, so the context
/// carries it.
/// </summary>
/// <param name="metric">What the trial is measured by.</param>
/// <param name="validationSet">What it is measured on.</param>
/// <param name="cancellationToken">Ends the trial.</param>
internal sealed class TrialSurroundings(RecommendationMetricOptions metric, IDataView validationSet, CancellationToken cancellationToken)
{
    private static readonly ConditionalWeakTable<MLContext, TrialSurroundings> _byContext = [];

    /// <summary>The options of the trainer that was made in the trial, as they were before the trial's own; null before one was made.</summary>
    public SequenceTrainerOptions? TrainerOptions { get; private set; }

    /// <summary>The surroundings of the trial whose context it is; null outside trials.</summary>
    public static TrialSurroundings? Of(MLContext context) => _byContext.TryGetValue(context, out var surroundings) ? surroundings : null;

    public void AttachTo(MLContext context) => _byContext.AddOrUpdate(context, this);

    /// <summary>Ends the trial: trainers that are made in the context from here on are as their own options say.</summary>
    public static void DetachFrom(MLContext context) => _byContext.Remove(context);

    /// <summary>
    /// The trainer stops with the trial, watches the rows that the trial is measured on unless it has others, and writes no checkpoint, which only one set of options
    /// could go on from.
    /// </summary>
    public void Enter(SequenceTrainerOptions options)
    {
        TrainerOptions = options.Copy();
        options.CancellationToken = cancellationToken;
        options.CheckpointPath = null;
        if (options.ValidationSet is null)
            Watch(options);
    }

    /// <summary>Where the rows have what came next or candidates, of which the trainer takes its own; otherwise it holds rows out of training.</summary>
    private void Watch(SequenceTrainerOptions options)
    {
        // a pipeline may yet make the trainer's columns of others
        if (!Has(options.ItemsColumnName) || !Has(options.FeedbackColumnName))
            return;
        if (options is MultiFeedbackTrainer.Options ranker && !HasWhatItReads(ranker))
            return;
        string candidates = options.CandidatesColumnName ?? options.ValidationCandidatesColumnName;
        bool hasCandidates = Has(candidates) && Has(metric.CandidateLabelsColumnName);
        if (!hasCandidates && !(Has(metric.TargetItemColumnName) && Has(metric.TargetFeedbackColumnName)))
            return;
        (options.ValidationCandidatesColumnName, options.CandidateLabelsColumnName) = (candidates, metric.CandidateLabelsColumnName);
        (options.TargetItemColumnName, options.TargetFeedbackColumnName) = (metric.TargetItemColumnName, metric.TargetFeedbackColumnName);
        options.ValidationCutoff = metric.NumberOfRecommendations;
        options.ValidationSet = validationSet;
    }

    // flags of the candidates, and features that a pipeline need not make keys of first
    private bool HasWhatItReads(MultiFeedbackTrainer.Options ranker)
    {
        string[] read = [ranker.CandidateFlagsColumnName, .. ranker.UseFeedback ? [ranker.FlagsColumnName] : Array.Empty<string>(), .. ranker.UserColumnNames,
            .. ranker.ContextColumnNames.Select(NetworkInput.QuestionNameOf)];
        return read.All(name => validationSet.Schema.GetColumnOrNull(name) is { } column
            && ColumnTypes.ItemOf(column.Type) is var type && (type is KeyDataViewType || type == NumberDataViewType.Single));
    }

    private bool Has(string columnName) => validationSet.Schema.GetColumnOrNull(columnName) is not null;
}
