using System.Globalization;
using Microsoft.ML.AutoML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>What every trial would stumble over is said before the first.</summary>
internal static class TrialChecks
{
    /// <summary>Whether trials of these trainers on these rows can be measured.</summary>
    /// <exception cref="ArgumentException">A column is missing or of another type, or holds what cannot be measured; a trainer does not give what is measured.</exception>
    /// <exception cref="InvalidOperationException">There are no rows, or none with what the metric needs.</exception>
    public static void Check(TrialMeasurement measurement, SweepablePipeline pipeline, IDataView trainSet, IDataView validationSet)
    {
        SequenceTrainerOptions[] trainers = [.. pipeline.Estimators.Values.OfType<SweepableTrainer>().Select(trainer => trainer.Template)];
        measurement.ChooseMetric(validationSet.Schema, trainers.Any(trainer => trainer.CandidatesColumnName is not null));
        foreach (var trainer in trainers)
            CheckTrainer(measurement, trainer);
        using (var cursor = trainSet.GetRowCursor([]))
        {
            if (!cursor.MoveNext())
                throw new InvalidOperationException("There are no rows to train on: the training set is empty.");
        }

        CheckRows(measurement, validationSet, isValidation: true);
        if (measurement.Options.TestSet is { } testSet)
            CheckRows(measurement, testSet, isValidation: false);
    }

    private static void CheckTrainer(TrialMeasurement measurement, SequenceTrainerOptions trainer)
    {
        string metric = measurement.MetricName;
        if (measurement.RanksCandidates && trainer.CandidatesColumnName is null)
        {
            throw new ArgumentException($"{metric} needs a trainer that ranks candidates: name their column in {nameof(trainer.CandidatesColumnName)} of the trainer's options.");
        }

        if (!measurement.RanksCandidates && trainer.CandidatesColumnName is not null)
        {
            throw new ArgumentException($"{nameof(trainer.CandidatesColumnName)} is '{trainer.CandidatesColumnName}': the trainer then ranks candidates and recommends nothing, "
                + $"so that {metric} cannot be measured. Leave it null.");
        }

        int needed = measurement.Options.NumberOfRecommendations;
        if (!measurement.RanksCandidates && trainer.NumberOfRecommendations < needed)
        {
            throw new ArgumentException($"The trainer recommends {trainer.NumberOfRecommendations} items and {metric} needs {needed}: raise "
                + $"{nameof(trainer.NumberOfRecommendations)} of the trainer's options or lower that of the metric's.");
        }
    }

    private static void CheckRows(TrialMeasurement measurement, IDataView rows, bool isValidation)
    {
        var options = measurement.Options;
        string name = isValidation ? "validation set" : "test set";
        if (measurement.RanksCandidates)
        {
            var column = Columns.Require(rows.Schema, options.CandidateLabelsColumnName, ColumnTypes.IsSingleVector,
                "a vector of Single with 1 for each liked candidate and 0 for each skipped one");
            CheckCandidates(measurement, [.. rows.GetColumn<float[]>(column.Name)], name, isValidation);
        }
        else
        {
            Columns.Require(rows.Schema, options.TargetItemColumnName, type => type is not VectorDataViewType, "the item that came next, one a row");
            var column = Columns.Require(rows.Schema, options.TargetFeedbackColumnName,
                type => type == NumberDataViewType.Single, "Single, +1 where the item that came next was liked and −1 where it was not");
            CheckTargets(measurement, [.. rows.GetColumn<float>(column.Name)], name, isValidation);
        }
    }

    private static void CheckTargets(TrialMeasurement measurement, float[] feedback, string name, bool isValidation)
    {
        NotEmpty(feedback.Length, name);
        int wrong = Array.FindIndex(feedback, value => !float.IsFinite(value));
        if (wrong >= 0)
            throw Unmeasurable(wrong, name, measurement.Options.TargetFeedbackColumnName, feedback[wrong], "+1 where the item that came next was liked, −1 where it was not, or 0");
        if (!isValidation)
            return;
        string what = $"'{measurement.Options.TargetFeedbackColumnName}' of its {feedback.Length} rows is never";
        Require(feedback.Any(value => value > 0), measurement, name, "a row with a liked target", $"{what} above 0");
        if (measurement.Metric == RecommendationMetric.NdcgDifference)
            Require(feedback.Any(value => value < 0), measurement, name, "a row with a disliked target", $"{what} below 0");
    }

    private static void CheckCandidates(TrialMeasurement measurement, float[][] labels, string name, bool isValidation)
    {
        NotEmpty(labels.Length, name);
        string column = measurement.Options.CandidateLabelsColumnName;
        int wrong = Array.FindIndex(labels, row => row.Any(value => value is not (0 or 1)));
        if (wrong >= 0)
            throw Unmeasurable(wrong, name, column, labels[wrong].First(value => value is not (0 or 1)), "1 for a liked candidate or 0 for a skipped one");
        if (!isValidation)
            return;
        bool HasBoth(IEnumerable<float> values) => values.Any(value => value > 0) && values.Any(value => value == 0);
        if (measurement.Metric == RecommendationMetric.Gauc)
            Require(labels.Any(HasBoth), measurement, name, "a row with liked and with skipped candidates", $"no row of '{column}' has 0 and 1");
        else
            Require(HasBoth(labels.SelectMany(row => row)), measurement, name, "liked and skipped candidates", $"'{column}' does not have 0 and 1");
    }

    private static ArgumentException Unmeasurable(int row, string name, string column, float value, string expected)
        => new(string.Create(CultureInfo.InvariantCulture, $"Row {row + 1} of the {name}: column '{column}' is {value}, and every trial would fail of it: expected {expected}. Mend the row, or leave it out."));

    private static void NotEmpty(int rows, string name)
    {
        if (rows == 0)
            throw new InvalidOperationException($"There are no rows to measure trials on: the {name} is empty.");
    }

    private static void Require(bool isThere, TrialMeasurement measurement, string name, string needed, string found)
    {
        if (!isThere)
        {
            throw new InvalidOperationException($"{measurement.MetricName} needs {needed}, and the {name} has none: {found}. Give such rows, or make another metric large.");
        }
    }
}
