using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>Reads given validation rows: their columns say whether what came next is foreseen or candidates are ranked.</summary>
/// <param name="options">The names of the columns, k and the metric.</param>
/// <param name="prefersCandidates">Whether rows with both are watched by their candidates.</param>
/// <param name="inputs">What else scoring reads of a row.</param>
internal sealed class ValidationReader(SequenceTrainerOptions options, bool prefersCandidates, IReadOnlyList<InputColumn> inputs)
{
    /// <summary>Reads rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="items">The training data's column of items.</param>
    /// <param name="itemCount">N.</param>
    /// <exception cref="ArgumentException">A column is missing, of another type, or with keys of another dictionary.</exception>
    /// <exception cref="InvalidDataException">A row is malformed.</exception>
    public ValidationRows Read(IDataView rows, DataViewSchema.Column items, int itemCount)
    {
        if (HasCandidates(rows.Schema))
        {
            var keys = KeyMapping.Apply(rows, items, options.ItemsColumnName, options.ValidationCandidatesColumnName);
            return new CandidateValidationRows(new CandidateReader(keys, itemCount).Read(
                options.ItemsColumnName, options.FeedbackColumnName, options.ValidationCandidatesColumnName, options.CandidateLabelsColumnName,
                inputs, cancellationToken: options.CancellationToken), options.EarlyStoppingMetric);
        }

        return new TargetValidationRows(SequenceData.ReadEvaluationRows(
            KeyMapping.Apply(rows, items, options.ItemsColumnName, options.TargetItemColumnName), itemCount,
            options.ItemsColumnName, options.FeedbackColumnName, options.TargetItemColumnName, options.TargetFeedbackColumnName,
            inputs, options.CancellationToken), options.ValidationCutoff);
    }

    private bool HasCandidates(DataViewSchema schema)
    {
        bool hasCandidates = Has(options.ValidationCandidatesColumnName) && Has(options.CandidateLabelsColumnName);
        bool hasTargets = Has(options.TargetItemColumnName) && Has(options.TargetFeedbackColumnName);
        if (!hasCandidates && !hasTargets)
        {
            throw new ArgumentException("The validation rows have nothing that early stopping can watch: neither what came next, in columns "
                + $"'{options.TargetItemColumnName}' and '{options.TargetFeedbackColumnName}' (Data.TemporalSplit makes them), nor candidates, in columns "
                + $"'{options.ValidationCandidatesColumnName}' and '{options.CandidateLabelsColumnName}' (Data.LeaveLastOut makes them). They have: "
                + $"{string.Join(", ", schema.Where(column => !column.IsHidden).Select(column => column.Name))}. Name their columns in the options, or give other rows.");
        }

        return hasCandidates && (prefersCandidates || !hasTargets);

        bool Has(string name) => schema.GetColumnOrNull(name) is not null;
    }
}
