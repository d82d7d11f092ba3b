using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>
/// The items of a scored row, recommended ones or candidates, as the values behind keys. Where too few items were left a list is filled up, with what is null here: a missing key, an
/// empty text, or, of numbers, which have no missing value, what has a score of −∞ beside it.
/// </summary>
internal sealed class ScoredItems
{
    private readonly DataViewSchema.Column _items;
    private readonly DataViewSchema.Column? _scores;

    /// <param name="schema">The scored rows.</param>
    /// <param name="items">Their items, a vector.</param>
    /// <param name="scoresColumnName">The vector of Single with the scores of recommended items; it may be missing. Null of candidates.</param>
    public ScoredItems(DataViewSchema schema, DataViewSchema.Column items, string? scoresColumnName)
    {
        _items = items;
        bool hasMissing = ColumnTypes.ItemOf(items.Type) is KeyDataViewType or TextDataViewType;
        _scores = !hasMissing && scoresColumnName is not null && schema.GetColumnOrNull(scoresColumnName) is { } scores && ColumnTypes.IsSingleVector(scores.Type) ? scores : null;
        KeyValues = ColumnTypes.ItemOf(items.Type) is KeyDataViewType ? BoxedValues.KeyValues(items) : null;
    }

    /// <summary>The values behind the keys 1..count, or null where the items are no keys, or keys of nothing.</summary>
    public object?[]? KeyValues { get; }

    /// <summary>What is read.</summary>
    public IReadOnlyList<DataViewSchema.Column> Columns => _scores is { } scores ? [_items, scores] : [_items];

    /// <summary>A reader of the row that the cursor stands on.</summary>
    /// <exception cref="ArgumentException">When it reads: items and scores differ in number.</exception>
    public Func<object?[]> Reader(DataViewRow row)
    {
        var readItems = BoxedValues.Vector(row, _items);
        if (_scores is not { } column)
            return () => Array.ConvertAll(readItems(), item => item is "" ? null : BoxedValues.Behind(item, KeyValues));

        var scoreReader = new VectorReader<float>(row, column);
        return () =>
        {
            object?[] items = readItems();
            var scores = scoreReader.Read();
            if (scores.Length != items.Length)
            {
                throw new ArgumentException($"Row {row.Position + 1} has {items.Length} values in column '{_items.Name}' and {scores.Length} in '{column.Name}', which has their scores: "
                    + "name the column that does.");
            }

            for (int i = 0; i < items.Length; i++)
                items[i] = float.IsNegativeInfinity(scores[i]) ? null : items[i];
            return items;
        };
    }
}
