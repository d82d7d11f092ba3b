namespace Microsoft.ML.NegativeFeedback;

/// <summary>
/// What a leave-last-out split gives: histories to train on, and histories with candidates to rank, one row a user in each set, users in the order of
/// their first rows in the log. With pᵢ the positives of a user, the last one p₋₁:
/// <list type="table">
/// <item><term>history</term><description>training and validation: everything up to and including p₋₃; test: everything up to and including p₋₂, with all
/// negatives and neutral interactions in their real order.</description></item>
/// <item><term>candidates</term><description>training: none; validation: p₋₂ and the negatives between p₋₃ and p₋₁; test: p₋₁ and the negatives from p₋₂
/// to the end. The positive comes first, with label 1, then the negatives, latest first, with label 0. Neutral interactions are no candidates. As in the
/// published code a repeated negative is as many candidates, and one that was liked elsewhere is a negative here all the same.</description></item>
/// </list>
/// With n <see cref="LeaveLastOutOptions.NumberOfLastViews"/>, and v the interactions of a user, the last one v₋₁:
/// <list type="table">
/// <item><term>history</term><description>training and validation: everything before v₋₂ₙ; test: everything before v₋ₙ. Users with fewer than 2n + 2 interactions
/// are in the training set alone, with all of them.</description></item>
/// <item><term>candidates</term><description>training: none; validation: v₋₂ₙ to v₋ₙ₋₁; test: v₋ₙ to v₋₁, in their order, liked, skipped or neither; the label is 1 where
/// the feedback is positive, 0 otherwise. An item that was viewed twice is two candidates.</description></item>
/// </list>
/// </summary>
public sealed class LeaveLastOutData
{
    internal LeaveLastOutData(
        IDataView trainSet, IDataView validationSet, IDataView testSet, IDataView catalogue, LeaveLastOutCounts counts)
    {
        TrainSet = trainSet;
        ValidationSet = validationSet;
        TestSet = testSet;
        Catalogue = catalogue;
        Counts = counts;
    }

    /// <summary>
    /// The rows to train on: the user, Items and Feedback, Times and further columns where asked for, and Candidates and CandidateLabels, with
    /// what else candidates have, all empty, so that a key mapping that is fitted here takes the evaluation rows.
    /// </summary>
    public IDataView TrainSet { get; }

    /// <summary>The rows to validate on, in the same columns, and TargetItem and TargetFeedback: the first candidate and its feedback. It is the one that was liked, or
    /// with <see cref="LeaveLastOutOptions.NumberOfLastViews"/> what came next. Where there are Times, TargetTime is its time; what it has in
    /// <see cref="LeaveLastOutOptions.SequenceColumnNames"/> stands beside it.</summary>
    public IDataView ValidationSet { get; }

    /// <summary>The rows to test on, in the columns of the validation rows.</summary>
    public IDataView TestSet { get; }

    /// <summary>
    /// The distinct items of the whole log, in the order of their first rows in it, as the one column that the log has them in: the <c>keyData</c> of
    /// <c>Conversion.MapValueToKey</c>, so that Items and Candidates share a dictionary that knows the candidates too.
    /// </summary>
    public IDataView Catalogue { get; }

    /// <summary>The numbers of the split.</summary>
    public LeaveLastOutCounts Counts { get; }
}

/// <summary>The numbers of a leave-last-out split.</summary>
public sealed record LeaveLastOutCounts
{
    /// <summary>Distinct items of the log: the rows of <see cref="LeaveLastOutData.Catalogue"/>.</summary>
    public int Items { get; init; }

    /// <summary>Users of the log.</summary>
    public int Users { get; init; }

    /// <summary>Users with too few positives, who are in no set.</summary>
    public int UsersLeftOut { get; init; }

    /// <summary>Rows of <see cref="LeaveLastOutData.TrainSet"/>: the other users.</summary>
    public int Rows { get; init; }

    /// <summary>
    /// Rows of <see cref="LeaveLastOutData.ValidationSet"/>, and as many of <see cref="LeaveLastOutData.TestSet"/>: the same users, or with
    /// <see cref="LeaveLastOutOptions.NumberOfLastViews"/> those of them who have enough interactions.
    /// </summary>
    public int EvaluationRows { get; init; }

    /// <summary>Interactions in <see cref="LeaveLastOutData.TrainSet"/>.</summary>
    public int TrainInteractions { get; init; }

    /// <summary>Positives among them.</summary>
    public int TrainPositives { get; init; }

    /// <summary>Negatives among them.</summary>
    public int TrainNegatives { get; init; }

    /// <summary>Negative candidates in <see cref="LeaveLastOutData.ValidationSet"/>.</summary>
    public int ValidationNegatives { get; init; }

    /// <summary>Rows of it that have one: beside a liked candidate, those for which a GAUC is defined.</summary>
    public int ValidationRowsWithNegatives { get; init; }

    /// <summary>Negative candidates in <see cref="LeaveLastOutData.TestSet"/>.</summary>
    public int TestNegatives { get; init; }

    /// <summary>Rows of it that have one.</summary>
    public int TestRowsWithNegatives { get; init; }
}
