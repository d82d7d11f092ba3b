using System.Collections.Immutable;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>
/// The columns that a model adds to rows of one schema. Its getters score one row at a time, as a prediction engine asks;
/// <see cref="ScoredDataView"/> scores the rows of a view in batches.
/// </summary>
internal sealed class NextItemMapping : RowMapping
{
    private readonly Func<OnnxScorer> _rowScorer;

    /// <param name="schema">The schema of the rows.</param>
    /// <param name="columns">The columns to read and add.</param>
    /// <param name="items">The items of the model.</param>
    /// <param name="topK">k; not read with candidates.</param>
    /// <param name="subInterestCount">K; not read unless a column is to hold weights.</param>
    /// <param name="rowScorer">Gives the scorer of single rows.</param>
    /// <exception cref="ArgumentException">A column is missing, of another type, or its keys are not the model's.</exception>
    public NextItemMapping(
        DataViewSchema schema, NextItemColumns columns, ItemDictionary items, int topK, int subInterestCount, Func<OnnxScorer> rowScorer)
        : base(schema, AddedColumns(columns, items, topK, subInterestCount))
    {
        _rowScorer = rowScorer;
        ItemCount = items.Count;
        HasSubInterestWeights = columns.SubInterestWeights is not null;
        ItemsColumn = Keys(columns.Items);
        FeedbackColumn = HistoryColumns.RequireFeedback(schema, columns.Feedback);
        CandidatesColumn = columns.Candidates is { } name ? Keys(name) : null;

        DataViewSchema.Column Keys(string name)
        {
            var column = HistoryColumns.RequireKeys(schema, name);
            items.CheckSame(column);
            return column;
        }
    }

    public int ItemCount { get; }

    public DataViewSchema.Column ItemsColumn { get; }

    public DataViewSchema.Column FeedbackColumn { get; }

    public DataViewSchema.Column? CandidatesColumn { get; }

    /// <summary>Whether a column is to hold the weights of the sub-interests.</summary>
    public bool HasSubInterestWeights { get; }

    public override IEnumerable<DataViewSchema.Column> Inputs
        => CandidatesColumn is { } candidates ? [ItemsColumn, FeedbackColumn, candidates] : [ItemsColumn, FeedbackColumn];

    public override Delegate[] CreateGetters(DataViewRow input)
    {
        var scorer = _rowScorer();
        var reader = new HistoryReader(this, input);
        var row = new HistoryRows();
        var scored = new ScoredRows();
        long scoredPosition = -1;
        return Getters(() =>
        {
            if (input.Position == scoredPosition)
                return;
            row.Clear();
            reader.Read(row);
            scorer.Score(row, scored);
            scoredPosition = input.Position;
        }, scored, () => 0);
    }

    /// <summary>One getter an added column, that reads the results of one row.</summary>
    /// <param name="ensureScored">Called before every read.</param>
    /// <param name="scored">The results.</param>
    /// <param name="currentRow">Which row of them is read.</param>
    public Delegate[] Getters(Action ensureScored, ScoredRows scored, Func<int> currentRow)
    {
        ValueGetter<VBuffer<uint>> keys = (ref VBuffer<uint> destination) =>
        {
            ensureScored();
            Fill(ref destination, scored.Keys[currentRow()]);
        };
        ValueGetter<VBuffer<float>> scores = (ref VBuffer<float> destination) =>
        {
            ensureScored();
            Fill(ref destination, scored.Scores[currentRow()]);
        };
        ValueGetter<VBuffer<float>> weights = (ref VBuffer<float> destination) =>
        {
            ensureScored();
            Fill(ref destination, scored.SubInterestWeights[currentRow()]);
        };
        Delegate[] getters = CandidatesColumn is null ? [keys, scores] : [scores];
        return HasSubInterestWeights ? [.. getters, weights] : getters;
    }

    private static AddedColumn[] AddedColumns(NextItemColumns columns, ItemDictionary items, int topK, int subInterestCount)
    {
        var single = NumberDataViewType.Single;
        AddedColumn[] added = columns.Candidates is not null
            ? [new AddedColumn(columns.CandidateScores, new VectorDataViewType(single))]
            :
            [
                new AddedColumn(columns.RecommendedItems, new VectorDataViewType(items.KeyType, topK), items.Annotations),
                new AddedColumn(columns.Scores, new VectorDataViewType(single, topK)),
            ];
        if (columns.SubInterestWeights is not { } name)
            return added;
        var type = columns.Candidates is null
            ? new VectorDataViewType(single, ImmutableArray.Create(topK, subInterestCount))
            : new VectorDataViewType(single);
        return [.. added, new AddedColumn(name, type)];
    }

    private static void Fill<T>(ref VBuffer<T> destination, T[] values)
    {
        var editor = VBufferEditor.Create(ref destination, values.Length);
        values.CopyTo(editor.Values);
        destination = editor.Commit();
    }
}
