using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>Measures the models of trials.</summary>
internal sealed class TrialMeasurement
{
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TrialMeasurement(RecommendationMetricOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        if (options.Metric is { } metric && !Enum.IsDefined(metric))
            throw new ArgumentOutOfRangeException(nameof(options), metric, $"{nameof(options.Metric)} is no {nameof(RecommendationMetric)}.");
        AtLeastOne(options.NumberOfRecommendations, nameof(options.NumberOfRecommendations));
        AtLeastOne(options.CandidateTruncationLevel, nameof(options.CandidateTruncationLevel));
        Columns.CheckName(options.TargetItemColumnName, nameof(options.TargetItemColumnName));
        Columns.CheckName(options.TargetFeedbackColumnName, nameof(options.TargetFeedbackColumnName));
        Columns.CheckName(options.CandidateLabelsColumnName, nameof(options.CandidateLabelsColumnName));
        Options = options;
        Metric = options.Metric ?? RecommendationMetric.PositiveNdcg;
    }

    public RecommendationMetricOptions Options { get; }

    /// <summary>What is made large.</summary>
    public RecommendationMetric Metric { get; private set; }

    /// <summary>Where the options leave it open, chooses what is made large by what validation rows have, and where they have all, by what the trainers do.</summary>
    public void ChooseMetric(DataViewSchema validationRows, bool trainersRankCandidates)
    {
        if (Options.Metric is not null)
            return;
        bool hasTargets = Has(Options.TargetItemColumnName) && Has(Options.TargetFeedbackColumnName);
        Metric = Has(Options.CandidateLabelsColumnName) && (trainersRankCandidates || !hasTargets) ? RecommendationMetric.Auc : RecommendationMetric.PositiveNdcg;

        bool Has(string name) => validationRows.GetColumnOrNull(name) is not null;
    }

    /// <summary>Whether it is candidates that are measured, rather than recommendations.</summary>
    public bool RanksCandidates => Metric is RecommendationMetric.Auc or RecommendationMetric.Gauc;

    /// <summary>The name of the metric that is made large.</summary>
    public string MetricName => Metric switch
    {
        RecommendationMetric.Auc => "AUC",
        RecommendationMetric.Gauc => "GAUC",
        RecommendationMetric.NdcgDifference => $"ΔNDCG@{Options.NumberOfRecommendations}",
        _ => $"NDCG_p@{Options.NumberOfRecommendations}",
    };

    /// <summary>The worst value of the metric: that of a trial that failed.</summary>
    public double Worst => Metric == RecommendationMetric.NdcgDifference ? -1 : 0;

    /// <summary>All metrics of a model on evaluation rows.</summary>
    /// <param name="context">The trial's context.</param>
    /// <param name="model">The fitted pipeline.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="columns">Where the pipeline puts what is measured.</param>
    public TrialMetrics Measure(MLContext context, ITransformer model, IDataView rows, ScoredColumns columns)
    {
        var scored = model.Transform(rows);
        var catalog = context.Recommendation();
        return RanksCandidates
            ? new TrialMetrics(null, catalog.EvaluateCandidates(
                scored, Options.CandidateLabelsColumnName, columns.CandidateScores, Options.CandidateTruncationLevel))
            : new TrialMetrics(catalog.EvaluateNextItem(
                scored, Options.NumberOfRecommendations, Options.TargetItemColumnName, Options.TargetFeedbackColumnName,
                columns.RecommendedItems, columns.Items), null);
    }

    /// <summary>The metric that is made large.</summary>
    public double ValueOf(TrialMetrics metrics) => Metric switch
    {
        RecommendationMetric.Auc => metrics.Candidates!.Auc,
        RecommendationMetric.Gauc => metrics.Candidates!.Gauc,
        RecommendationMetric.NdcgDifference => metrics.NextItem!.NdcgDifference,
        _ => metrics.NextItem!.Positive.Ndcg,
    };

    private static void AtLeastOne(int value, string name)
    {
        if (value < 1)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 1.");
    }
}

/// <summary>Where the pipeline of a trial puts what is measured.</summary>
/// <param name="Items">The histories, whose keys tell the catalogue.</param>
/// <param name="RecommendedItems">The recommendations.</param>
/// <param name="CandidateScores">The scores of candidates.</param>
internal sealed record ScoredColumns(string Items = "Items", string RecommendedItems = "RecommendedItems", string CandidateScores = "CandidateScores")
{
    /// <summary>The columns that a trainer's options name; the default ones of a pipeline without this library's trainers.</summary>
    public static ScoredColumns Of(SequenceTrainerOptions? trainer)
        => trainer is null ? new() : new(trainer.ItemsColumnName, trainer.RecommendedItemsColumnName, trainer.CandidateScoresColumnName);
}
