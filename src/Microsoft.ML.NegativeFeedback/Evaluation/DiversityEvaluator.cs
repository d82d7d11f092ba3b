using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>Walks scored rows once and gathers the categories of what stands on top into windows.</summary>
internal sealed class DiversityEvaluator
{
    private readonly DiversityOptions _options;
    private readonly DataViewSchema.Column _items;
    private readonly ScoredItems _rankedItems;
    private readonly DataViewSchema.Column? _scores;
    private readonly DataViewSchema.Column? _user;
    private readonly CategoryTable _categories;
    private readonly List<double> _entropies = [];

    private DiversityEvaluator(IDataView data, IDataView itemCategories, DiversityOptions options)
    {
        _options = options;
        _items = Columns.Require(data.Schema, options.RecommendedItemsColumnName ?? options.CandidatesColumnName, type => type is VectorDataViewType,
            options.RecommendedItemsColumnName is null ? "a vector of candidates" : "a vector of recommended items, best first");
        _scores = options.RecommendedItemsColumnName is null ? TaskColumns.RequireScores(data.Schema, options.ScoreColumnName) : null;
        _rankedItems = new ScoredItems(data.Schema, _items, _scores is null ? options.RecommendedScoresColumnName : null);
        _user = options.UserColumnName is { } name ? TaskColumns.RequireUser(data.Schema, name) : null;
        _categories = CategoryTable.Read(itemCategories, options.ItemColumnName, options.CategoryColumnName);
    }

    public static DiversityEntropy Evaluate(IDataView data, IDataView itemCategories, DiversityOptions options)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(itemCategories);
        options.Check();
        return new DiversityEvaluator(data, itemCategories, options).Evaluate(data);
    }

    /// <summary>−Σ p log p of what stands in a window, in nats.</summary>
    public static double Entropy(IReadOnlyCollection<int> categories) => -categories.CountBy(category => category)
        .Sum(category => (double)category.Value / categories.Count * Math.Log((double)category.Value / categories.Count)) + 0.0; // −0 is 0

    private DiversityEntropy Evaluate(IDataView data)
    {
        using var cursor = data.GetRowCursor([.. _rankedItems.Columns, .. new[] { _scores, _user }.OfType<DataViewSchema.Column>()]);
        var readTop = TopReader(cursor);
        var readUser = _user is { } column ? TaskColumns.UserReader(cursor, column) : () => "";
        var windows = new Dictionary<object, List<int>>(); // the last of each user
        while (cursor.MoveNext())
        {
            object user = readUser();
            if (!windows.TryGetValue(user, out var window))
                windows.Add(user, window = []);
            foreach (object? item in readTop())
                Add(window, item, cursor.Position);
        }

        if (windows.Count == 0)
            throw new InvalidOperationException("There are no rows to evaluate.");
        bool areComplete = _entropies.Count > 0;
        if (!areComplete)
            _entropies.AddRange(windows.Values.Where(window => window.Count > 0).Select(Entropy));
        return _entropies.Count > 0
            ? new DiversityEntropy(_options.WindowSize, _entropies, _categories.CategoryCount, areComplete)
            : throw new InvalidOperationException($"No row recommends anything: column '{_items.Name}' holds no known item.");
    }

    private void Add(List<int> window, object? item, long position)
    {
        if (item is null)
            return; // the end of a list that was filled up
        window.Add(_categories.CategoryOf(item) ?? throw new ArgumentException($"Row {position + 1}: item '{BoxedValues.TextOf(item)}' ({item.GetType().Name}) of column '{_items.Name}' has "
            + $"no category: add it to the view of categories, columns '{_options.ItemColumnName}' and '{_options.CategoryColumnName}', in the same type."));
        if (window.Count < _options.WindowSize)
            return;
        _entropies.Add(Entropy(window));
        window.Clear();
    }

    /// <summary>A reader of the row's first L items, as the values behind keys.</summary>
    private Func<IEnumerable<object?>> TopReader(DataViewRowCursor cursor)
    {
        var readItems = _rankedItems.Reader(cursor);
        if (_scores is not { } scoreColumn)
            return () => readItems().Take(_options.NumberOfRecommendations);

        var scoreReader = new VectorReader<float>(cursor, scoreColumn);
        return () =>
        {
            var items = readItems();
            var scores = scoreReader.Read();
            if (items.Length != scores.Length)
            {
                throw new ArgumentException($"Row {cursor.Position + 1} has {items.Length} values in column '{_items.Name}' and {scores.Length} in '{scoreColumn.Name}'; "
                    + "each candidate needs a score.");
            }

            ScoredRowReader.CheckScores(scores, scoreColumn.Name, cursor.Position);
            return ScoredRowReader.Top(scores, _options.NumberOfRecommendations).Select(place => items[place]);
        };
    }
}

/// <summary>The category of every item that has one, as a number from 0.</summary>
internal sealed class CategoryTable
{
    private readonly Dictionary<object, int> _categories = [];
    private readonly Dictionary<object, int> _numbers = [];

    public int CategoryCount => _numbers.Count;

    /// <exception cref="ArgumentException">A column is missing or no scalar, or an item has two categories.</exception>
    /// <exception cref="InvalidOperationException">No item has a category.</exception>
    public static CategoryTable Read(IDataView view, string itemColumnName, string categoryColumnName)
    {
        var itemColumn = Columns.Require(view.Schema, itemColumnName, type => type is PrimitiveDataViewType, "a scalar with the item of the row");
        var categoryColumn = Columns.Require(view.Schema, categoryColumnName, type => type is PrimitiveDataViewType, "a scalar with the category of the row's item");
        var table = new CategoryTable();
        using var cursor = view.GetRowCursor([itemColumn, categoryColumn]);
        var readItem = BoxedValues.ScalarBehind(cursor, itemColumn);
        var readCategory = BoxedValues.ScalarBehind(cursor, categoryColumn);
        while (cursor.MoveNext())
        {
            if (readItem() is { } item && readCategory() is { } category and not ("" or float.NaN or double.NaN) && !table.TryAdd(item, category))
            {
                throw new ArgumentException($"Item '{BoxedValues.TextOf(item)}' has the category '{BoxedValues.TextOf(category)}' in column '{categoryColumnName}' of "
                    + $"row {cursor.Position + 1} and another before it. A category belongs to the item: choose one for each item.");
            }
        }

        return table.CategoryCount > 0 ? table
            : throw new InvalidOperationException($"No item has a category: columns '{itemColumnName}' and '{categoryColumnName}' have no rows, or nothing in them.");
    }

    /// <summary>The item's category, or null where it has none.</summary>
    public int? CategoryOf(object item) => _categories.TryGetValue(item, out int category) ? category : null;

    /// <returns>False where the item has another category.</returns>
    private bool TryAdd(object item, object category)
    {
        if (!_numbers.TryGetValue(category, out int number))
            _numbers.Add(category, number = _numbers.Count);
        return _categories.TryAdd(item, number) || _categories[item] == number;
    }
}
