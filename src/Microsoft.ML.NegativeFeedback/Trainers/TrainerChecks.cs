using System.Globalization;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Scoring;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>The checks of options and columns that come before any training.</summary>
internal static class TrainerChecks
{
    // what is beyond is a slip, and would only be met by running out of memory or threads
    private const int LongestSequence = 10_000, WidestEmbedding = 4_096, MostBlocks = 100, MostThreads = 1_024;

    public static void CheckOptions(SequenceTrainerOptions options)
    {
        CheckColumnNames(options);
        AtLeastOne(options.NumberOfRecommendations, nameof(options.NumberOfRecommendations));
        CheckNetwork(options);
        CheckTraining(options);
    }

    private static void CheckColumnNames(SequenceTrainerOptions options)
    {
        Columns.CheckName(options.ItemsColumnName, nameof(options.ItemsColumnName));
        Columns.CheckName(options.FeedbackColumnName, nameof(options.FeedbackColumnName));
        Columns.CheckName(options.RecommendedItemsColumnName, nameof(options.RecommendedItemsColumnName));
        Columns.CheckName(options.ScoresColumnName, nameof(options.ScoresColumnName));
        Columns.CheckName(options.CandidateScoresColumnName, nameof(options.CandidateScoresColumnName));
        Columns.CheckName(options.TargetItemColumnName, nameof(options.TargetItemColumnName));
        Columns.CheckName(options.TargetFeedbackColumnName, nameof(options.TargetFeedbackColumnName));
        Columns.CheckName(options.ValidationCandidatesColumnName, nameof(options.ValidationCandidatesColumnName));
        Columns.CheckName(options.CandidateLabelsColumnName, nameof(options.CandidateLabelsColumnName));
        if (options.CandidatesColumnName is not null)
            Columns.CheckName(options.CandidatesColumnName, nameof(options.CandidatesColumnName));
        new NextItemColumns(
            options.ItemsColumnName, options.FeedbackColumnName, options.RecommendedItemsColumnName, options.ScoresColumnName,
            options.CandidatesColumnName, options.CandidateScoresColumnName).CheckNames();
    }

    private static void CheckNetwork(SequenceTrainerOptions options)
    {
        InRange(options.MaximumSequenceLength, nameof(options.MaximumSequenceLength), 1, LongestSequence);
        InRange(options.EmbeddingWidth, nameof(options.EmbeddingWidth), 1, WidestEmbedding);
        InRange(options.NumberOfBlocks, nameof(options.NumberOfBlocks), 1, MostBlocks);
        AtLeastOne(options.NumberOfHeads, nameof(options.NumberOfHeads));
        // the ranker's encoder is wider than its items, and checks by itself
        if (options is not MultiFeedbackTrainer.Options && options.EmbeddingWidth % options.NumberOfHeads != 0)
        {
            throw new ArgumentException($"{nameof(options.EmbeddingWidth)} {options.EmbeddingWidth} is no multiple of "
                + $"{nameof(options.NumberOfHeads)} {options.NumberOfHeads}: the heads share the width.");
        }

        InRange(options.DropoutRate, nameof(options.DropoutRate), value => value is >= 0 and < 1, "in [0, 1)");
    }

    private static void CheckTraining(SequenceTrainerOptions options)
    {
        AtLeastOne(options.BatchSize, nameof(options.BatchSize));
        InRange(options.LearningRate, nameof(options.LearningRate), value => value is > 0 and <= 1, "above 0 and at most 1");
        AtLeastOne(options.MaximumNumberOfEpochs, nameof(options.MaximumNumberOfEpochs));
        AtLeastOne(options.EarlyStoppingPatience, nameof(options.EarlyStoppingPatience));
        InRange(options.ValidationFraction, nameof(options.ValidationFraction), value => value is >= 0 and < 1, "in [0, 1)");
        if (options.GradientClippingNorm is { } norm)
            InRange(norm, nameof(options.GradientClippingNorm), value => value > 0, "above 0");
        AtLeastOne(options.ValidationCutoff, nameof(options.ValidationCutoff));
        IsDefined(options.EarlyStoppingMetric, nameof(options.EarlyStoppingMetric));
        IsDefined(options.Device, nameof(options.Device));
        if (options.NumberOfThreads is { } threads)
            InRange(threads, nameof(options.NumberOfThreads), 1, MostThreads);
        if (options.CheckpointPath is { } path && string.IsNullOrWhiteSpace(path))
            throw new ArgumentException($"{nameof(options.CheckpointPath)} is '{path}': name a file, or leave it null to write none.", nameof(options.CheckpointPath));
    }

    /// <summary>A finite number in a range that the message names.</summary>
    public static void InRange(double value, string name, Func<double, bool> isRight, string range)
    {
        if (!double.IsFinite(value) || !isRight(value))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {range}.");
        // which is what training computes with
        if (!float.IsFinite((float)value))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be a number that a Single can hold.");
    }

    /// <summary>A whole number from a lowest to a highest value.</summary>
    public static void InRange(int value, string name, int lowest, int highest)
    {
        if (value < lowest || value > highest)
            throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{name} must be {lowest} to {highest:N0}."));
    }

    /// <summary>A value of an enumeration.</summary>
    public static void IsDefined<T>(T value, string name)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentOutOfRangeException(name, value, $"{name} is no {typeof(T).Name}: it must be one of {string.Join(", ", Enum.GetNames<T>())}.");
    }

    /// <summary>The columns of training data; returns the one with the items.</summary>
    public static DataViewSchema.Column CheckSchema(DataViewSchema schema, SequenceTrainerOptions options)
    {
        var items = HistoryColumns.RequireKeys(schema, options.ItemsColumnName);
        HistoryColumns.RequireFeedback(schema, options.FeedbackColumnName);
        if (ColumnTypes.KeyValueTypeOf(items) is null)
        {
            throw new ArgumentException($"Column '{items.Name}' has keys without the values behind them (annotation '{ColumnTypes.KeyValues}'), "
                + "so that recommendations could not be named: it was not made by Transforms.Conversion.MapValueToKey, or the data that this was fitted on has no rows. "
                + "Map the items with MapValueToKey, fitted on data with rows.");
        }

        ulong count = ((KeyDataViewType)ColumnTypes.ItemOf(items.Type)).Count;
        // given candidates are ranked, however many there are
        if (options.CandidatesColumnName is null && (ulong)options.NumberOfRecommendations > count)
        {
            throw new ArgumentOutOfRangeException(nameof(options.NumberOfRecommendations), options.NumberOfRecommendations,
                $"{nameof(options.NumberOfRecommendations)} is larger than the catalogue: column '{items.Name}' knows {count} items.");
        }

        return items;
    }

    public static void AtLeastOne(int value, string name)
    {
        if (value < 1)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be at least 1.");
    }
}
