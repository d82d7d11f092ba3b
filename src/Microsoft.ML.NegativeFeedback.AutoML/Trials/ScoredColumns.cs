namespace Microsoft.ML.NegativeFeedback.Trials;

/// <summary>Where the pipeline of a trial puts what is measured.</summary>
/// <param name="Items">The histories, whose keys tell the catalogue.</param>
/// <param name="RecommendedItems">The recommendations.</param>
/// <param name="CandidateScores">The scores of candidates.</param>
internal sealed record ScoredColumns(string Items = "Items", string RecommendedItems = "RecommendedItems", string CandidateScores = "CandidateScores")
{
    /// <summary>The columns that a trainer's options name; the default ones of a pipeline without this library's trainers.</summary>
    public static ScoredColumns Of(SequenceTrainerOptions? trainer)
        => trainer is null ? new() : new(trainer.ItemsColumnName, trainer.RecommendedItemsColumnName, trainer.CandidateScoresColumnName);
}
