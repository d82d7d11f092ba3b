using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>Walks scored rows once and ranks each row's ground truth in its recommendations.</summary>
internal sealed class NextItemEvaluator
{
    private readonly IHost _host;
    private readonly IDataView _data;
    private readonly ScoredItems _recommendedItems;
    private readonly DataViewSchema.Column _targetItem;
    private readonly DataViewSchema.Column _targetFeedback;
    private readonly DataViewSchema.Column? _items;
    private readonly int _numberOfRecommendations;

    public NextItemEvaluator(
        IHostEnvironment environment, IDataView data, int numberOfRecommendations, string targetItemColumnName, string targetFeedbackColumnName,
        string recommendedItemsColumnName, string itemsColumnName, string scoresColumnName)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(numberOfRecommendations);
        _host = environment.Register("EvaluateNextItem");
        _data = data;
        _numberOfRecommendations = numberOfRecommendations;
        ArgumentNullException.ThrowIfNull(scoresColumnName);
        var recommendedItems = Columns.Require(data.Schema, recommendedItemsColumnName,
            type => type is VectorDataViewType, "a vector of recommended items, as the trainers' transformers add it");
        _targetItem = Columns.Require(data.Schema, targetItemColumnName,
            type => type is not VectorDataViewType, "the item that came next, one a row");
        _targetFeedback = Columns.Require(data.Schema, targetFeedbackColumnName,
            type => type == NumberDataViewType.Single, "Single, +1 where the item that came next was liked and −1 where it was not");
        _items = data.Schema.GetColumnOrNull(itemsColumnName);
        RequireSameType(recommendedItems);
        _recommendedItems = new ScoredItems(data.Schema, recommendedItems, scoresColumnName);
        if (recommendedItems.Type is VectorDataViewType { IsKnownSize: true } vector && vector.Size < numberOfRecommendations)
        {
            throw new ArgumentOutOfRangeException(nameof(numberOfRecommendations), numberOfRecommendations,
                $"Column '{recommendedItemsColumnName}' holds {vector.Size} recommendations a row; evaluate at most that many, or have the trainer recommend more.");
        }
    }

    public NextItemMetrics Evaluate()
    {
        // after MapKeyToValue the recommendations are no keys any more; the histories still are
        var catalogue = _recommendedItems.KeyValues ?? (_items is { } items ? BoxedValues.KeyValues(items) : null);
        var known = catalogue?.ToHashSet();
        var targetValues = _targetItem.Type is KeyDataViewType ? BoxedValues.KeyValues(_targetItem) : null;
        var positive = new RankingTotals();
        var negative = new RankingTotals();
        var recommended = new HashSet<object>();

        using var cursor = _data.GetRowCursor([.. _recommendedItems.Columns, _targetItem, _targetFeedback]);
        var readItems = _recommendedItems.Reader(cursor);
        var readTarget = BoxedValues.Scalar(cursor, _targetItem);
        var getFeedback = cursor.GetGetter<float>(_targetFeedback);
        float feedback = 0;
        int rows = 0, unknown = 0, withoutTarget = 0;
        for (; cursor.MoveNext(); rows++)
        {
            getFeedback(ref feedback);
            if (!float.IsFinite(feedback))
                throw new ArgumentException($"Row {cursor.Position + 1}: column '{_targetFeedback.Name}' is {feedback.ToString(CultureInfo.InvariantCulture)}; it must be +1, −1 or 0.");
            object?[] recommendations = [.. readItems().Take(_numberOfRecommendations)];
            recommended.UnionWith(recommendations.OfType<object>());
            if (feedback == 0)
            {
                withoutTarget++;
                continue;
            }

            // what the model does not know it cannot recommend, and a list that is filled up with missing items holds no missing target
            var target = BoxedValues.Behind(readTarget(), targetValues);
            bool isKnown = target is not (null or "") && (known is null || known.Contains(target));
            unknown += isKnown ? 0 : 1;
            (feedback > 0 ? positive : negative).Add(isKnown ? Array.IndexOf(recommendations, target) + 1 : 0);
        }

        if (rows == 0)
            throw new InvalidOperationException("There are no rows to evaluate.");
        Report(rows, unknown, withoutTarget);
        double coverage = catalogue is null ? double.NaN : (double)recommended.Count(known!.Contains) / catalogue.Length;
        return new NextItemMetrics(_numberOfRecommendations, positive.ToQuality(), negative.ToQuality(), coverage)
        {
            UnknownTargetCount = unknown,
            RowsWithoutTarget = withoutTarget,
        };
    }

    /// <exception cref="ArgumentException">What came next is of another type than the items, so that it can never be among them.</exception>
    private void RequireSameType(DataViewSchema.Column recommendedItems)
    {
        Type item = ColumnTypes.ValueTypeOf(recommendedItems), target = ColumnTypes.ValueTypeOf(_targetItem);
        if (item != target)
        {
            throw new ArgumentException(
                $"Column '{_targetItem.Name}' holds {target.Name}, but the items are {item.Name}: convert it (Conversion.ConvertType), or give a key its values.");
        }
    }

    private void Report(int rows, int unknown, int withoutTarget)
    {
        using var channel = _host.Start("Evaluating");
        if (unknown > 0)
        {
            channel.Warning(MessageSensitivity.None, "{0}",
                $"In {unknown} of {rows} rows the model does not know the item that came next (column '{_targetItem.Name}'): each is a miss.");
        }

        if (withoutTarget > 0)
        {
            channel.Info(MessageSensitivity.None, "{0}",
                $"{withoutTarget} of {rows} rows are left out: nothing that was liked or skipped came next (column '{_targetFeedback.Name}' is 0).");
        }
    }
}

/// <summary>Adds up ranks, one a row, to the means of a <see cref="RankingQuality"/>.</summary>
internal sealed class RankingTotals
{
    private int _count;
    private int _hits;
    private double _ndcg;
    private double _reciprocalRank;

    /// <summary>What a liked item at a rank, from 1, adds to DCG.</summary>
    public static double Discount(int rank) => 1 / Math.Log2(1.0 + rank);

    /// <param name="rank">The 1-based rank of the row's item among the first k, or 0 where it is not there.</param>
    public void Add(int rank)
    {
        _count++;
        if (rank == 0)
            return;
        _hits++;
        _ndcg += Discount(rank);
        _reciprocalRank += 1.0 / rank;
    }

    public RankingQuality ToQuality() => new(_count, Mean(_hits), Mean(_ndcg), Mean(_reciprocalRank));

    private double Mean(double total) => _count == 0 ? double.NaN : total / _count;
}
