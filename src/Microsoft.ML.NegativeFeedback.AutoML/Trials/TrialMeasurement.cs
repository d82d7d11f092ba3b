using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>Measures the models of trials, after checking before the first that it can be done.</summary>
internal sealed class TrialMeasurement
{
    private readonly RecommendationMetricOptions _options;

    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public TrialMeasurement(RecommendationMetricOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!Enum.IsDefined(options.Metric))
            throw new ArgumentOutOfRangeException(nameof(options), options.Metric, $"{nameof(options.Metric)} is no {nameof(RecommendationMetric)}.");
        if (options.NumberOfRecommendations < 1)
        {
            throw new ArgumentOutOfRangeException(nameof(options), options.NumberOfRecommendations,
                $"{nameof(options.NumberOfRecommendations)} must be at least 1.");
        }

        Columns.CheckName(options.TargetItemColumnName, nameof(options.TargetItemColumnName));
        Columns.CheckName(options.TargetFeedbackColumnName, nameof(options.TargetFeedbackColumnName));
        _options = options;
    }

    public RecommendationMetricOptions Options => _options;

    /// <summary>The name of the metric that is made large.</summary>
    public string MetricName => $"{(_options.Metric == RecommendationMetric.NdcgDifference ? "ΔNDCG" : "NDCG_p")}@{_options.NumberOfRecommendations}";

    /// <summary>The worst value of the metric: that of a trial that failed.</summary>
    public double Worst => _options.Metric == RecommendationMetric.NdcgDifference ? -1 : 0;

    /// <summary>Whether trials of these trainers on these rows can be measured.</summary>
    /// <exception cref="ArgumentException">A column is missing or of another type; a trainer recommends too little.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or none with a target that the metric needs.</exception>
    public void Check(SweepablePipeline pipeline, IDataView trainSet, IDataView validationSet)
    {
        foreach (var trainer in pipeline.Estimators.Values.OfType<SweepableTrainer>())
            CheckTrainer(trainer.Template);
        using (var cursor = trainSet.GetRowCursor([]))
        {
            if (!cursor.MoveNext())
                throw new InvalidOperationException("There are no rows to train on: the training set is empty.");
        }

        CheckTargets(validationSet, "validation set");
        if (_options.TestSet is { } testSet)
            CheckColumns(testSet);
    }

    /// <summary>All metrics of a model on evaluation rows.</summary>
    public TrialMetrics Measure(MLContext context, ITransformer model, IDataView rows)
        => new(context.Recommendation().EvaluateNextItem(
            model.Transform(rows), _options.NumberOfRecommendations, _options.TargetItemColumnName, _options.TargetFeedbackColumnName));

    /// <summary>The metric that is made large.</summary>
    public double ValueOf(TrialMetrics metrics)
        => _options.Metric == RecommendationMetric.NdcgDifference ? metrics.NextItem.NdcgDifference : metrics.NextItem.Positive.Ndcg;

    private void CheckTrainer(SequenceTrainerOptions trainer)
    {
        if (trainer.CandidatesColumnName is not null)
        {
            throw new ArgumentException($"{nameof(trainer.CandidatesColumnName)} is '{trainer.CandidatesColumnName}': the trainer then ranks candidates and recommends nothing, "
                + $"so that {MetricName} cannot be measured. Leave it null.");
        }

        if (trainer.NumberOfRecommendations < _options.NumberOfRecommendations)
        {
            throw new ArgumentException($"The trainer recommends {trainer.NumberOfRecommendations} items and {MetricName} needs {_options.NumberOfRecommendations}: raise "
                + $"{nameof(trainer.NumberOfRecommendations)} of the trainer's options or lower that of the metric's.");
        }
    }

    private DataViewSchema.Column CheckColumns(IDataView rows)
    {
        Columns.Require(rows.Schema, _options.TargetItemColumnName, type => type is not VectorDataViewType, "the item that came next, one a row");
        return Columns.Require(rows.Schema, _options.TargetFeedbackColumnName,
            type => type == NumberDataViewType.Single, "Single, +1 where the item that came next was liked and −1 where it was not");
    }

    private void CheckTargets(IDataView rows, string name)
    {
        var feedback = rows.GetColumn<float>(CheckColumns(rows).Name).ToArray();
        if (feedback.Length == 0)
            throw new InvalidOperationException($"There are no rows to measure trials on: the {name} is empty.");
        Require(feedback.Any(value => value > 0), "liked", "above");
        if (_options.Metric == RecommendationMetric.NdcgDifference)
            Require(feedback.Any(value => value < 0), "disliked", "below");

        void Require(bool isThere, string kind, string side)
        {
            if (!isThere)
            {
                throw new InvalidOperationException($"{MetricName} needs rows with a {kind} target, and the {name} has none: no '{_options.TargetFeedbackColumnName}' of "
                    + $"{feedback.Length} is {side} 0. Give such rows, or make another metric large.");
            }
        }
    }
}
