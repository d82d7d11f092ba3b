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
    /// <param name="scorer">What tells the sizes of the columns that are added.</param>
    /// <param name="rowScorer">Gives the scorer of single rows.</param>
    /// <exception cref="ArgumentException">A column is missing, of another type, or its keys are not the model's.</exception>
    public NextItemMapping(DataViewSchema schema, NextItemColumns columns, ItemDictionary items, OnnxScorer scorer, Func<OnnxScorer> rowScorer)
        : base(schema, [.. columns.Outputs.Select(output => AddedBy(output, items, scorer))])
    {
        _rowScorer = rowScorer;
        Columns = columns;
        ItemCount = items.Count;
        ItemsColumn = Keys(columns.Items);
        FeedbackColumn = HistoryColumns.RequireFeedback(schema, columns.Feedback);
        CandidatesColumn = columns.Candidates is { } name ? Keys(name) : null;
        ChosenItems = [.. columns.ChosenItems.Select(input => (input.InputName, Keys(input.ColumnName)))];
        FurtherColumns = [.. columns.Inputs.Where(input => !input.IsOfQuestion || schema.GetColumnOrNull(input.ColumnName) is not null).Select(input => input.Require(schema))];

        DataViewSchema.Column Keys(string name)
        {
            var column = HistoryColumns.RequireKeys(schema, name);
            items.CheckSame(column);
            return column;
        }
    }

    public NextItemColumns Columns { get; }

    public int ItemCount { get; }

    public DataViewSchema.Column ItemsColumn { get; }

    public DataViewSchema.Column FeedbackColumn { get; }

    public DataViewSchema.Column? CandidatesColumn { get; }

    /// <summary>The columns by which a row says what may be recommended to it, with the graph's inputs.</summary>
    public IReadOnlyList<(string InputName, DataViewSchema.Column Column)> ChosenItems { get; }

    /// <summary>
    /// The columns of what the network reads beside the history. One of a question may be missing until rows are read: a chain maps its training rows, which have that
    /// beside the items, by each of its transformers, the last included, and reads nothing of the last one.
    /// </summary>
    public IReadOnlyList<DataViewSchema.Column> FurtherColumns { get; }

    public override IEnumerable<DataViewSchema.Column> Inputs
        => [ItemsColumn, FeedbackColumn, .. new[] { CandidatesColumn }.OfType<DataViewSchema.Column>(), .. ChosenItems.Select(chosen => chosen.Column), .. FurtherColumns];

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
        return [.. Columns.Outputs.Select(output => output.HasKeys ? Getter(() => scored.Keys) : Getter(() => scored[output.OutputName]))];

        Delegate Getter<T>(Func<T[][]> rows) => (ValueGetter<VBuffer<T>>)((ref VBuffer<T> destination) =>
        {
            ensureScored();
            var values = rows()[currentRow()];
            var editor = VBufferEditor.Create(ref destination, values.Length);
            values.CopyTo(editor.Values);
            destination = editor.Commit();
        });
    }

    private static AddedColumn AddedBy(OutputColumn output, ItemDictionary items, OnnxScorer scorer)
    {
        var single = NumberDataViewType.Single;
        if (output.HasKeys)
            return new AddedColumn(output.ColumnName, new VectorDataViewType(items.KeyType, scorer.TopK), items.Annotations);
        return new AddedColumn(output.ColumnName, output.IsOfCandidates ? new VectorDataViewType(single)
            : output.HasSeveral ? new VectorDataViewType(single, ImmutableArray.Create(scorer.TopK, scorer.ValuesEach(output.OutputName)))
            : new VectorDataViewType(single, scorer.TopK));
    }
}
