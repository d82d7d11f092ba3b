using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>Walks scored rows once and ranks each row's ground truth in its recommendations.</summary>
internal sealed class NextItemEvaluator
{
    private readonly IDataView _data;
    private readonly DataViewSchema.Column _recommendedItems;
    private readonly DataViewSchema.Column _targetItem;
    private readonly DataViewSchema.Column _targetFeedback;
    private readonly DataViewSchema.Column? _items;
    private readonly int _numberOfRecommendations;

    public NextItemEvaluator(
        IDataView data, int numberOfRecommendations, string targetItemColumnName, string targetFeedbackColumnName,
        string recommendedItemsColumnName, string itemsColumnName)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(numberOfRecommendations);
        _data = data;
        _numberOfRecommendations = numberOfRecommendations;
        _recommendedItems = Columns.Require(data.Schema, recommendedItemsColumnName,
            type => type is VectorDataViewType, "a vector of recommended items, as the trainers' transformers add it");
        _targetItem = Columns.Require(data.Schema, targetItemColumnName,
            type => type is not VectorDataViewType, "the item that came next, one a row");
        _targetFeedback = Columns.Require(data.Schema, targetFeedbackColumnName,
            type => type == NumberDataViewType.Single, "Single, +1 where the item that came next was liked and −1 where it was not");
        _items = data.Schema.GetColumnOrNull(itemsColumnName);
        if (_recommendedItems.Type is VectorDataViewType { IsKnownSize: true } vector && vector.Size < numberOfRecommendations)
        {
            throw new ArgumentOutOfRangeException(nameof(numberOfRecommendations), numberOfRecommendations,
                $"Column '{recommendedItemsColumnName}' holds {vector.Size} recommendations a row; evaluate at most that many, or have the trainer recommend more.");
        }
    }

    public NextItemMetrics Evaluate()
    {
        var keyValues = BoxedValues.KeyValues(_recommendedItems);
        // after MapKeyToValue the recommendations are no keys any more; the histories still are
        var catalogue = keyValues ?? (_items is { } items ? BoxedValues.KeyValues(items) : null);
        var known = catalogue?.ToHashSet();
        var targetValues = _targetItem.Type is KeyDataViewType ? BoxedValues.KeyValues(_targetItem) : null;
        var positive = new RankingTotals();
        var negative = new RankingTotals();
        var recommended = new HashSet<object>();

        using var cursor = _data.GetRowCursor([_recommendedItems, _targetItem, _targetFeedback]);
        var readItems = BoxedValues.Vector(cursor, _recommendedItems);
        var readTarget = BoxedValues.Scalar(cursor, _targetItem);
        var getFeedback = cursor.GetGetter<float>(_targetFeedback);
        float feedback = 0;
        long rows = 0;
        for (; cursor.MoveNext(); rows++)
        {
            getFeedback(ref feedback);
            if (!float.IsFinite(feedback))
                throw new ArgumentException($"Row {cursor.Position}: column '{_targetFeedback.Name}' is {feedback}; it must be +1, −1 or 0.");
            var target = Value(readTarget(), targetValues);
            if (target is null || known?.Contains(target) == false)
                throw Unknown(cursor.Position, target);
            var recommendations = readItems().Take(_numberOfRecommendations).Select(item => Value(item, keyValues)).ToArray();
            recommended.UnionWith(recommendations.OfType<object>());
            var totals = feedback > 0 ? positive : feedback < 0 ? negative : null;
            totals?.Add(Array.IndexOf(recommendations, target) + 1);
        }

        if (rows == 0)
            throw new InvalidOperationException("There are no rows to evaluate.");
        double coverage = catalogue is null ? double.NaN : (double)recommended.Count(known!.Contains) / catalogue.Length;
        return new NextItemMetrics(_numberOfRecommendations, positive.ToQuality(), negative.ToQuality(), coverage);
    }

    /// <summary>The value behind a key, so that columns with different dictionaries can be compared; any other value as it is.</summary>
    private static object? Value(object? item, object?[]? keyValues)
        => item is null || keyValues is null ? item : keyValues[Convert.ToInt64(item) - 1];

    private ArgumentException Unknown(long position, object? target)
        => new($"Row {position}: column '{_targetItem.Name}' holds {(target is null ? "a missing key" : $"'{target}'")}, which is no item of column "
            + $"'{_recommendedItems.Name}'. Only items that the model knows can be evaluated: drop such rows first.");
}
