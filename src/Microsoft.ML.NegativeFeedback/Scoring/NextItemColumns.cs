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
/// <param name="FurtherInputs">What the network reads beside history and feedback; null for nothing.</param>
internal sealed record NextItemColumns(
    string Items = "Items",
    string Feedback = "Feedback",
    string RecommendedItems = "RecommendedItems",
    string Scores = "Scores",
    string? Candidates = null,
    string CandidateScores = "CandidateScores",
    string? SubInterestWeights = null,
    IReadOnlyList<InputColumn>? FurtherInputs = null)
{
    /// <summary>What the network reads beside history and feedback.</summary>
    public IReadOnlyList<InputColumn> Inputs => FurtherInputs ?? [];

    /// <summary>All columns that are read, with the graph's inputs that take them.</summary>
    public IEnumerable<(string InputName, string ColumnName)> GraphInputs =>
    [
        (NextItemGraph.ItemsInput, Items),
        (NextItemGraph.FeedbackInput, Feedback),
        .. Candidates is { } candidates ? [(NextItemGraph.CandidatesInput, candidates)] : Array.Empty<(string, string)>(),
        .. Inputs.Select(input => (input.InputName, input.ColumnName)),
    ];

    /// <summary>The columns that are added, in their order.</summary>
    public IReadOnlyList<OutputColumn> Outputs
    {
        get
        {
            OutputColumn[] scores = Candidates is not null ? [new(NextItemGraph.CandidateScoresOutput, CandidateScores)]
                : [new(NextItemGraph.RecommendedItemsOutput, RecommendedItems, HasKeys: true), new(NextItemGraph.ScoresOutput, Scores)];
            return SubInterestWeights is { } name ? [.. scores, new(NextItemGraph.SubInterestWeightsOutput, name, HasSeveral: true)] : scores;
        }
    }

    /// <summary>Checks that the names are given and different.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public void CheckNames()
    {
        string[] names = [Items, Feedback, .. Inputs.Select(input => input.ColumnName), .. Outputs.Select(output => output.ColumnName)];
        if (Candidates is not null)
            names = [.. names, Candidates];
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
            HistoryColumns.RequireKeys(input, Candidates);
        foreach (var column in Inputs)
            column.Require(input);
        var annotations = new SchemaShape(items.Annotations.Where(annotation => annotation.Name == ColumnTypes.KeyValues));
        return SchemaShapes.With(input, [.. Outputs.Select(output => output.HasKeys
            ? SchemaShapes.Column(output.ColumnName, VectorKind.Vector, NumberDataViewType.UInt32, isKey: true, annotations)
            : SchemaShapes.Column(output.ColumnName, Candidates is null ? VectorKind.Vector : VectorKind.VariableVector, NumberDataViewType.Single))]);
    }
}

/// <summary>A column that scoring adds.</summary>
/// <param name="OutputName">The graph's output.</param>
/// <param name="ColumnName">The column.</param>
/// <param name="HasKeys">Whether it has keys of items, rather than numbers.</param>
/// <param name="HasSeveral">Whether it has several numbers an item, rather than one.</param>
internal sealed record OutputColumn(string OutputName, string ColumnName, bool HasKeys = false, bool HasSeveral = false);
