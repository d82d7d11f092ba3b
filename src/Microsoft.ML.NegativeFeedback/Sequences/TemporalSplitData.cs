namespace Microsoft.ML.NegativeFeedback;

/// <summary>What a temporal split gives: interactions to train on, and evaluation rows (a history and what came next).</summary>
public sealed class TemporalSplitData
{
    internal TemporalSplitData(IDataView trainSet, IDataView validationSet, IDataView testSet, IDataView catalogue, TemporalSplitCounts counts)
    {
        TrainSet = trainSet;
        ValidationSet = validationSet;
        TestSet = testSet;
        Catalogue = catalogue;
        Counts = counts;
    }

    /// <summary>
    /// The interactions before the boundary, with every column of the log and in its order. It reads the log anew each time, and relies
    /// on it to give the same rows in the same order.
    /// </summary>
    public IDataView TrainSet { get; }

    /// <summary>
    /// A row a validation user: the user, Items and Feedback (variable vectors: everything before the target, the training part
    /// included, oldest first), TargetItem and TargetFeedback: the user's last positive from the boundary on. Where asked for, Times, TargetTime, and
    /// what <see cref="TemporalSplitOptions.SequenceColumnNames"/> says.
    /// </summary>
    public IDataView ValidationSet { get; }

    /// <summary>
    /// A row a test user, in the same columns; the target is the user's last interaction from the boundary on, positive or negative
    /// (interactions that are neither are no targets).
    /// </summary>
    public IDataView TestSet { get; }

    /// <summary>
    /// The distinct items of the whole log, in the order of their first rows in it, as the one column that the log has them in: the <c>keyData</c> of
    /// <c>Conversion.MapValueToKey</c>, where a model is to know the items as well that training has none of, rare ones and those that came later. The published code of PNFRec does: the cross entropy
    /// of every step is over them too.
    /// </summary>
    public IDataView Catalogue { get; }

    /// <summary>The numbers of the split.</summary>
    public TemporalSplitCounts Counts { get; }
}

/// <summary>
/// The numbers of a temporal split, step by step. On MovieLens-1M with the published users: 3,416 items and 999,611 interactions,
/// boundary 978132488, 899,648 interactions before it, 95,698 held out.
/// </summary>
public sealed record TemporalSplitCounts
{
    /// <summary>Items that enough users have.</summary>
    public int Items { get; init; }

    /// <summary>Users with enough of those items.</summary>
    public int Users { get; init; }

    /// <summary>Interactions of those users with those items.</summary>
    public int Interactions { get; init; }

    /// <summary>The time from which interactions are held out: as the column has it; of a DateTime, milliseconds since 1970.</summary>
    public long Boundary { get; init; }

    /// <summary>Interactions before the boundary; users with too few positives are still among them.</summary>
    public int TrainInteractions { get; init; }

    /// <summary>Users with an interaction before the boundary.</summary>
    public int TrainUsers { get; init; }

    /// <summary>Items with an interaction before the boundary.</summary>
    public int TrainItems { get; init; }

    /// <summary>Positives before the boundary.</summary>
    public int TrainPositives { get; init; }

    /// <summary>Negatives before the boundary.</summary>
    public int TrainNegatives { get; init; }

    /// <summary>
    /// Interactions in <see cref="TemporalSplitData.TrainSet"/>: those of users with enough positives before the boundary.
    /// </summary>
    public int TrainSetInteractions { get; init; }

    /// <summary>Users in <see cref="TemporalSplitData.TrainSet"/>.</summary>
    public int TrainSetUsers { get; init; }

    /// <summary>Interactions from the boundary on of users and items that are known before it.</summary>
    public int HeldOutInteractions { get; init; }

    /// <summary>Users of those.</summary>
    public int HeldOutUsers { get; init; }

    /// <summary>Held-out interactions of validation users.</summary>
    public int ValidationInteractions { get; init; }

    /// <summary>Held-out interactions of test users.</summary>
    public int TestInteractions { get; init; }

    /// <summary>
    /// Rows of <see cref="TemporalSplitData.ValidationSet"/>: validation users with enough positives on both sides of the
    /// boundary.
    /// </summary>
    public int ValidationRows { get; init; }

    /// <summary>Rows of <see cref="TemporalSplitData.TestSet"/> whose target is positive.</summary>
    public int TestRowsWithPositiveTarget { get; init; }

    /// <summary>Rows of <see cref="TemporalSplitData.TestSet"/> whose target is negative.</summary>
    public int TestRowsWithNegativeTarget { get; init; }
}
