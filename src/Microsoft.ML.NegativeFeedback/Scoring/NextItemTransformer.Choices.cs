using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;
using Microsoft.ML.NegativeFeedback.Scoring;
using Microsoft.ML.NegativeFeedback.Training;

namespace Microsoft.ML.NegativeFeedback;

// other models of the same weights: what is recommended, by which weights, and which items are alike
public sealed partial class NextItemTransformer
{
    /// <summary>The same model with other weights γ of the kinds of feedback in a candidate's score, Σ γ_k y_k; of a model of <see cref="MultiFeedbackTrainer"/>.</summary>
    /// <param name="weights">γ, one a task in their order: any finite numbers, negative for negative feedback.</param>
    /// <returns>A model with sessions of its own; this one stays as it is.</returns>
    /// <exception cref="ArgumentException">There are not as many weights as tasks, one is no finite number, or the model foretells no kinds of feedback.</exception>
    public NextItemTransformer WithFusionWeights(params IReadOnlyList<double> weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        if (weights.Any(weight => !float.IsFinite((float)weight)))
            throw new ArgumentException("A weight is no finite number of Single.", nameof(weights));
        return new NextItemTransformer(_environment, NextItemGraph.WithFusionWeights(_graph, weights), _columns, _items, _inputTypes);
    }

    /// <summary>
    /// The same model with another choice of what it recommends of its catalogue or, of a model of <see cref="MultiFeedbackTrainer"/>, of a row's candidates: how many items, whether seen ones, which ones at all. An option that is null is as the model was trained,
    /// whatever was chosen before.
    /// </summary>
    /// <param name="options">What is chosen.</param>
    /// <returns>A model with sessions of its own; this one stays as it is, and can be disposed of.</returns>
    /// <exception cref="ArgumentException">
    /// There are more recommendations than items, or none; a score is no finite number; a list holds what is no item; a column is called as another; or the model scores given candidates and recommends nothing.
    /// </exception>
    /// <exception cref="InvalidOperationException">The model was loaded from a file that has no list of its items (it scores given candidates).</exception>
    public NextItemTransformer With(ScoringOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var items = Items;
        int itemCount = items.Count;
        if (options.NumberOfRecommendations is { } chosen && (chosen < 1 || chosen > itemCount))
            throw new ArgumentOutOfRangeException(nameof(options), chosen, $"{nameof(options.NumberOfRecommendations)} must be from 1 to {itemCount}, the number of items that the model knows.");
        if (options.MinimumScore is { } score && !float.IsFinite(score))
            throw new ArgumentOutOfRangeException(nameof(options), score, $"{nameof(options.MinimumScore)} must be a finite number.");
        if (options.BlockedItemsColumnName is { } blocked)
            Columns.CheckName(blocked, nameof(options.BlockedItemsColumnName));
        if (options.AllowedItemsColumnName is { } allowed)
            Columns.CheckName(allowed, nameof(options.AllowedItemsColumnName));
        var columns = _columns with { BlockedItems = options.BlockedItemsColumnName, AllowedItems = options.AllowedItemsColumnName };
        columns.CheckNames();
        var types = _inputTypes.Where(type => type.Key != _columns.BlockedItems && type.Key != _columns.AllowedItems).ToDictionary();
        foreach (var (_, column) in columns.ChosenItems)
            types[column] = new VectorDataViewType(items.KeyType);
        bool[]? isAllowed = Allowed(options, items);
        byte[] graph = RecommendationTail.Replace(_graph, itemCount, trained => new(options.NumberOfRecommendations ?? trained.TopK, options.ExcludeSeenItems ?? trained.ExcludeSeenItems,
            [.. columns.ChosenItems.Select(input => input.InputName)], options.MinimumScore, isAllowed));
        return new NextItemTransformer(_environment, graph, columns, _items, types);
    }

    /// <summary>What another training can begin with.</summary>
    /// <param name="items">The column of its items.</param>
    /// <param name="network">Its network.</param>
    /// <exception cref="ArgumentException">This model is of another network, or its items are of another type.</exception>
    /// <exception cref="InvalidOperationException">This model was loaded from a file that has no list of its items.</exception>
    internal InitialWeights WeightsFor(DataViewSchema.Column items, Network network)
        => new(network, GraphWeights.Read(_graph, network), ItemDictionary.Read(items).KeysIn(Items));

    /// <summary>The items of the model.</summary>
    /// <exception cref="InvalidOperationException">The model was loaded from a file that has no list of its items.</exception>
    internal ItemDictionary Items => _items
        ?? throw new InvalidOperationException("The model ranks given candidates, and the file that it was loaded from has no list of items: ask the trained one.");

    /// <summary>The vectors that the model has learned of its items.</summary>
    /// <returns>A row an item: <c>Item</c>, a key with the items as key values, and <c>Vector</c>, Single [width].</returns>
    /// <exception cref="InvalidOperationException">
    /// The model was loaded from a file that has no list of its items (it ranks given candidates), or that a version before this one has saved.
    /// </exception>
    public IDataView GetItemVectors()
    {
        var items = Items;
        var (width, values) = ItemVectors.Read(_graph);
        var schema = SchemaDefinition.Create(typeof(ItemVectors.Row));
        items.Describe(schema["Item"]);
        schema["Vector"].ColumnType = new VectorDataViewType(NumberDataViewType.Single, width);
        // what is read from objects as keys counts from 0
        return new MLContext().Data.LoadFromEnumerable(
            Enumerable.Range(1, items.Count).Select(key => new ItemVectors.Row { Item = (uint)(key - 1), Vector = values[(key * width)..((key + 1) * width)] }), schema);
    }

    /// <summary>
    /// A model that recommends, in the place of what comes next, what is most like the items of a history: by the cosine between the items' vectors, of several items by that with the mean
    /// of their directions, whatever the feedback. It reads the columns of items and feedback alone, and adds those of recommended items and scores, of a model with candidates, too. It takes
    /// <see cref="With"/>, is saved and scored as this one. Of a history the last 1,000 known items count. They are left out, unless chosen otherwise; where a row has no item that the model knows
    /// every score is −1.
    /// </summary>
    /// <param name="numberOfItems">k, from 1 to the number of items. Default 10.</param>
    /// <returns>A model with sessions of its own.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The number is out of its range.</exception>
    /// <inheritdoc cref="GetItemVectors" path="/exception"/>
    public NextItemTransformer ToSimilarItems(int numberOfItems = 10)
    {
        var items = Items;
        if (numberOfItems < 1 || numberOfItems > items.Count)
            throw new ArgumentOutOfRangeException(nameof(numberOfItems), numberOfItems, $"numberOfItems must be from 1 to {items.Count}, the number of items that the model knows.");
        var columns = new NextItemColumns(_columns.Items, _columns.Feedback, _columns.RecommendedItems, _columns.Scores);
        var types = new Dictionary<string, DataViewType> { [columns.Items] = new VectorDataViewType(items.KeyType), [columns.Feedback] = new VectorDataViewType(NumberDataViewType.Single) };
        return new NextItemTransformer(_environment, ItemVectors.SimilarityGraph(_graph, numberOfItems), columns, items, types);
    }

    /// <summary>The items that are most like one, best first: <see cref="ToSimilarItems"/> for a single item. The first call makes a session, which the next ones share while they ask for as many.</summary>
    /// <param name="item">A value of the items' type; text may be given as string.</param>
    /// <param name="numberOfItems">k, from 1 to the number of items. Default 10.</param>
    /// <exception cref="ArgumentException">The model does not know the item, or the number is out of its range.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed of.</exception>
    /// <inheritdoc cref="GetItemVectors" path="/exception"/>
    public IReadOnlyList<SimilarItem> SimilarItems(object item, int numberOfItems = 10)
    {
        ArgumentNullException.ThrowIfNull(item);
        var items = Items;
        int key = items.Find(item, nameof(item));
        var (row, scored) = (new HistoryRows(), new ScoredRows());
        row.Items.Add([(uint)key]);
        row.Feedback.Add([1f]);
        lock (_gate)
        {
            _scorer.ThrowIfDisposed();
            if (_similar?._scorer.TopK != numberOfItems)
            {
                _similar?.Dispose();
                _similar = null; // should the next line throw
                _similar = ToSimilarItems(numberOfItems);
            }

            _similar._scorer.Score(row, scored);
        }

        float[] similarities = scored[NextItemGraph.ScoresOutput][0];
        return [.. scored.Keys[0].Zip(similarities).Where(found => found.First > 0).Select(found => new SimilarItem(items[(int)found.First], found.Second))];
    }

    private static bool[]? Allowed(ScoringOptions options, ItemDictionary items)
    {
        if (options.AllowedItems is null && options.DeniedItems is null)
            return null;
        bool[] isAllowed = options.AllowedItems is null ? [.. Enumerable.Repeat(true, items.Count + 1)] : items.Find(options.AllowedItems, nameof(options.AllowedItems));
        bool[] isDenied = options.DeniedItems is null ? new bool[items.Count + 1] : items.Find(options.DeniedItems, nameof(options.DeniedItems));
        for (int i = 0; i < isAllowed.Length; i++)
            isAllowed[i] &= !isDenied[i];
        return isAllowed.AsSpan(1).Contains(true) ? isAllowed
            : throw new ArgumentException($"{nameof(options.AllowedItems)} and {nameof(options.DeniedItems)} leave no item to recommend.", nameof(options));
    }
}

/// <summary>An item that is like another by what users did with both.</summary>
/// <param name="Item">Its value: text as <see cref="string"/>, numbers as they are.</param>
/// <param name="Similarity">The cosine of the angle between both items' vectors, from −1 to 1.</param>
public sealed record SimilarItem(object Item, float Similarity);
