using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using static Microsoft.ML.SchemaShape.Column;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>The columns that scoring reads and adds.</summary>
/// <param name="Items">The history: a vector of keys.</param>
/// <param name="Feedback">The feedback beside it: a vector of Single.</param>
/// <param name="RecommendedItems">Added without candidates: keys [k].</param>
/// <param name="Scores">Added without candidates: Single [k].</param>
/// <param name="Candidates">The candidates to score, a vector of keys; null to recommend from the whole catalogue.</param>
/// <param name="CandidateScores">Added with candidates: a variable vector of Single.</param>
/// <param name="SubInterestWeights">
/// Added beside the scores of a network with K sub-interests unless null: how much each counts in each score, Single [k, K], or with
/// candidates a variable vector of Single with K values a candidate.
/// </param>
internal sealed record NextItemColumns(
    string Items = "Items",
    string Feedback = "Feedback",
    string RecommendedItems = "RecommendedItems",
    string Scores = "Scores",
    string? Candidates = null,
    string CandidateScores = "CandidateScores",
    string? SubInterestWeights = null)
{
    /// <summary>Checks that the names are given and different.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public void CheckNames()
    {
        string[] names = Candidates is null ? [Items, Feedback, RecommendedItems, Scores] : [Items, Feedback, Candidates, CandidateScores];
        if (SubInterestWeights is not null)
            names = [.. names, SubInterestWeights];
        foreach (string name in names)
            Columns.CheckName(name, nameof(names));
        if (names.Distinct().Count() < names.Length)
            throw new ArgumentException($"The columns of a model need different names; given are {string.Join(", ", names)}.");
    }

    /// <summary>The shape that a scored view will have, out of the shape of its input.</summary>
    /// <exception cref="ArgumentException">A column is missing or of another kind.</exception>
    public SchemaShape AddTo(SchemaShape input)
    {
        var items = HistoryColumns.RequireKeys(input, Items);
        HistoryColumns.RequireFeedback(input, Feedback);
        if (Candidates is not null)
        {
            HistoryColumns.RequireKeys(input, Candidates);
            return SchemaShapes.With(input,
                [SchemaShapes.Column(CandidateScores, VectorKind.VariableVector, NumberDataViewType.Single),
                .. Weights(VectorKind.VariableVector)]);
        }

        var annotations = new SchemaShape(items.Annotations.Where(annotation => annotation.Name == ColumnTypes.KeyValues));
        return SchemaShapes.With(input,
            [SchemaShapes.Column(RecommendedItems, VectorKind.Vector, NumberDataViewType.UInt32, isKey: true, annotations),
            SchemaShapes.Column(Scores, VectorKind.Vector, NumberDataViewType.Single),
            .. Weights(VectorKind.Vector)]);

        SchemaShape.Column[] Weights(VectorKind kind)
            => SubInterestWeights is { } name ? [SchemaShapes.Column(name, kind, NumberDataViewType.Single)] : [];
    }
}
