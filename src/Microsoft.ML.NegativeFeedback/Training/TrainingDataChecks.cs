using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Whether there is anything to learn from and to validate on, before training starts.</summary>
internal static class TrainingDataChecks
{
    /// <summary>Checks that there are training rows at all.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static void RequireRows(SequenceData data)
    {
        if (data.RowCount == 0)
            throw new InvalidOperationException("The training data has no rows.");
    }

    /// <summary>Checks the training rows for what a model learns from.</summary>
    /// <exception cref="InvalidOperationException">There are no rows, or no sequence of a kind that the model reads.</exception>
    public static void Require(SequenceData data, NextItemModel model)
    {
        RequireRows(data);
        foreach (var kind in model.Network.TrainingSequences)
            RequireSequences(data, kind);
        if (!model.Contrasts(model.Network.ScoringSequence))
            return;
        RequireFeedback(data, 1);
        RequireFeedback(data, -1);
        // the newest disliked item is nothing that is contrasted with: ContrastItems.OfOpposing
        if (model.Network.ScoringSequence == SequenceKind.Positives)
            RequireSequences(data, SequenceKind.Negatives);
    }

    /// <summary>Checks that there are two liked items in some row.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static void RequireLikedSequences(SequenceData data)
    {
        RequireRows(data);
        RequireSequences(data, SequenceKind.Positives);
    }

    /// <summary>Checks that there are two known items in some row.</summary>
    /// <exception cref="InvalidOperationException">There are none.</exception>
    public static void RequireWholeSequences(SequenceData data)
    {
        RequireRows(data);
        RequireSequences(data, SequenceKind.Whole);
    }

    /// <summary>Checks that some validation row can be ranked.</summary>
    /// <exception cref="InvalidOperationException">None can.</exception>
    public static NextItemValidation RequireRows(NextItemValidation validation)
        => validation.KnownTargetCount > 0 ? validation : throw new InvalidOperationException(
            "No validation row has a target that training knows, with positive feedback (above 0), and a history that the model can read, so early stopping has "
            + "nothing to watch.");

    private static void RequireSequences(SequenceData data, SequenceKind kind)
    {
        for (int row = 0; row < data.RowCount; row++)
        {
            int count = 0;
            foreach (sbyte feedback in data.Feedback(row))
            {
                if (SequenceWindows.Belongs(feedback, kind) && ++count == 2)
                    return;
            }
        }

        throw new InvalidOperationException(kind switch
        {
            SequenceKind.Positives => "No row of the training data has two items with positive feedback (above 0), so there is no next "
                + "positive item to learn. Check the rule that made the feedback column.",
            SequenceKind.Negatives => "No row of the training data has two items with negative feedback (below 0), which the negative "
                + "encoder and the contrast learn from. Check the rule that made the feedback column, or set the weights of these two terms to 0.",
            _ => "No row of the training data has two known items, so there is no next item to learn.",
        });
    }

    private static void RequireFeedback(SequenceData data, int sign)
    {
        for (int row = 0; row < data.RowCount; row++)
        {
            if (data.Feedback(row).Contains((sbyte)sign))
                return;
        }

        string missing = sign > 0 ? "positive feedback (above 0)" : "negative feedback (below 0)";
        throw new InvalidOperationException($"No item of the training data has {missing}, but the contrastive term needs both kinds. Check "
            + "the rule that made the feedback column, or set the weight of the contrast to 0.");
    }
}
