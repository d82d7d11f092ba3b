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
/// <param name="Probabilities">
/// Of a network that foretells K kinds of feedback on candidates: the column with their probabilities, a variable vector of Single with K values a candidate. Beside it stand
/// the best candidates, in the columns of recommended items and scores. Null for other networks.
/// </param>
/// <param name="BlockedItems">Items that are not recommended to the row, a vector of keys; null for none.</param>
/// <param name="AllowedItems">The only items that are recommended to the row, a vector of keys; null for all.</param>
/// <param name="FurtherInputs">What the network reads beside history and feedback; null for nothing.</param>
internal sealed record NextItemColumns(
    string Items = "Items",
    string Feedback = "Feedback",
    string RecommendedItems = "RecommendedItems",
    string Scores = "Scores",
    string? Candidates = null,
    string CandidateScores = "CandidateScores",
    string? SubInterestWeights = null,
    string? Probabilities = null,
    string? BlockedItems = null,
    string? AllowedItems = null,
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
        .. ChosenItems,
        .. Inputs.Select(input => (input.InputName, input.ColumnName)),
    ];

    /// <summary>Of these the ones by which a row says what may be recommended to it.</summary>
    public IEnumerable<(string InputName, string ColumnName)> ChosenItems
    {
        get
        {
            if (BlockedItems is { } blocked)
                yield return (NextItemGraph.BlockedInput, blocked);
            if (AllowedItems is { } allowed)
                yield return (NextItemGraph.AllowedInput, allowed);
        }
    }

    /// <summary>The columns that are added, in their order.</summary>
    public IReadOnlyList<OutputColumn> Outputs
    {
        get
        {
            bool isOfCandidates = Candidates is not null;
            OutputColumn[] best = [new(NextItemGraph.RecommendedItemsOutput, RecommendedItems, HasKeys: true), new(NextItemGraph.ScoresOutput, Scores)];
            OutputColumn[] scores = !isOfCandidates ? best : [new(NextItemGraph.CandidateScoresOutput, CandidateScores, IsOfCandidates: true)];
            if (Probabilities is { } probabilities)
                scores = [.. best, .. scores, new(NextItemGraph.ProbabilitiesOutput, probabilities, HasSeveral: true, IsOfCandidates: true)];
            return SubInterestWeights is { } name ? [.. scores, new(NextItemGraph.SubInterestWeightsOutput, name, HasSeveral: true, IsOfCandidates: isOfCandidates)] : scores;
        }
    }

    /// <summary>Checks that the names are given and different.</summary>
    /// <exception cref="ArgumentException">They are not.</exception>
    public void CheckNames()
    {
        string[] names = [Items, Feedback, .. Inputs.Select(input => input.ColumnName), .. Outputs.Select(output => output.ColumnName)];
        if (Candidates is not null)
            names = [.. names, Candidates];
        names = [.. names, .. ChosenItems.Select(input => input.ColumnName)];
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
        var annotations = SchemaShapes.KeyValuesOf(items);
        return SchemaShapes.With(input, [.. Outputs.Select(output => output.HasKeys
            ? SchemaShapes.Column(output.ColumnName, VectorKind.Vector, NumberDataViewType.UInt32, isKey: true, annotations)
            : SchemaShapes.Column(output.ColumnName, output.IsOfCandidates ? VectorKind.VariableVector : VectorKind.Vector, NumberDataViewType.Single))]);
    }
}

/// <summary>A column that scoring adds.</summary>
/// <param name="OutputName">The graph's output.</param>
/// <param name="ColumnName">The column.</param>
/// <param name="HasKeys">Whether it has keys of items, rather than numbers.</param>
/// <param name="HasSeveral">Whether it has several numbers an item, rather than one.</param>
/// <param name="IsOfCandidates">Whether the items are the row's candidates, rather than the k best.</param>
internal sealed record OutputColumn(string OutputName, string ColumnName, bool HasKeys = false, bool HasSeveral = false, bool IsOfCandidates = false);
