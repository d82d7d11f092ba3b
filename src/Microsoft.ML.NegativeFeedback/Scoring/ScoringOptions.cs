namespace Microsoft.ML.NegativeFeedback;

/// <summary>What a trained model recommends of its catalogue, or of a row's candidates, chosen when it scores: <see cref="NextItemTransformer.With"/>. What is null is as the model was trained.</summary>
public sealed class ScoringOptions
{
    /// <summary>k, how many items are recommended a row: from 1 to the number of items. Null: as trained.</summary>
    public int? NumberOfRecommendations { get; set; }

    /// <summary>Whether every item of the history is left out of the recommendations. Null: as trained.</summary>
    public bool? ExcludeSeenItems { get; set; }

    /// <summary>
    /// A column of items that are not recommended to the row, a vector of keys of the model's items, of any length, mapped by the same fitted <c>MapValueToKey</c>; key 0 is skipped. Null: none.
    /// </summary>
    public string? BlockedItemsColumnName { get; set; }

    /// <summary>
    /// A column of the only items that are recommended to the row, its candidates: a vector as that of <see cref="BlockedItemsColumnName"/>. A row without any gets no recommendation. Null: the
    /// whole catalogue, or what the model was trained to choose from.
    /// </summary>
    public string? AllowedItemsColumnName { get; set; }

    /// <summary>The only items that are recommended to anyone: values of the items' type. Null: all.</summary>
    public IEnumerable<object>? AllowedItems { get; set; }

    /// <summary>Items that are recommended to nobody: values of the items' type. Null: none.</summary>
    public IEnumerable<object>? DeniedItems { get; set; }

    /// <summary>
    /// What a score must be at least; a finite number. In the place of items below it, and where fewer than k are left, stand missing keys with −∞ beside them. Scores of a history in which
    /// there is nothing to read are counts, not logits. Null: no limit.
    /// </summary>
    public float? MinimumScore { get; set; }
}
