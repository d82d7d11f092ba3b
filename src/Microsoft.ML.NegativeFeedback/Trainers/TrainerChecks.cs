using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Scoring;

namespace Microsoft.ML.NegativeFeedback.Trainers;

/// <summary>The checks of options and columns that come before any training.</summary>
internal static class TrainerChecks
{
    public static void CheckOptions(SequenceTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        Columns.CheckName(options.ItemsColumnName, nameof(options.ItemsColumnName));
        Columns.CheckName(options.FeedbackColumnName, nameof(options.FeedbackColumnName));
        Columns.CheckName(options.RecommendedItemsColumnName, nameof(options.RecommendedItemsColumnName));
        Columns.CheckName(options.ScoresColumnName, nameof(options.ScoresColumnName));
        Columns.CheckName(options.CandidateScoresColumnName, nameof(options.CandidateScoresColumnName));
        Columns.CheckName(options.TargetItemColumnName, nameof(options.TargetItemColumnName));
        Columns.CheckName(options.TargetFeedbackColumnName, nameof(options.TargetFeedbackColumnName));
        AtLeastOne(options.NumberOfRecommendations, nameof(options.NumberOfRecommendations));
        AtLeastOne(options.MaximumSequenceLength, nameof(options.MaximumSequenceLength));
        AtLeastOne(options.EmbeddingWidth, nameof(options.EmbeddingWidth));
        AtLeastOne(options.NumberOfBlocks, nameof(options.NumberOfBlocks));
        AtLeastOne(options.NumberOfHeads, nameof(options.NumberOfHeads));
        if (options.EmbeddingWidth % options.NumberOfHeads != 0)
        {
            throw new ArgumentException($"{nameof(options.EmbeddingWidth)} {options.EmbeddingWidth} is no multiple of "
                + $"{nameof(options.NumberOfHeads)} {options.NumberOfHeads}: the heads share the width.");
        }

        InRange(options.DropoutRate, nameof(options.DropoutRate), value => value is >= 0 and < 1, "in [0, 1)");
        AtLeastOne(options.BatchSize, nameof(options.BatchSize));
        InRange(options.LearningRate, nameof(options.LearningRate), value => value > 0, "above 0");
        AtLeastOne(options.MaximumNumberOfEpochs, nameof(options.MaximumNumberOfEpochs));
        AtLeastOne(options.EarlyStoppingPatience, nameof(options.EarlyStoppingPatience));
        InRange(options.ValidationFraction, nameof(options.ValidationFraction), value => value is >= 0 and < 1, "in [0, 1)");
        if (options.GradientClippingNorm is { } norm)
            InRange(norm, nameof(options.GradientClippingNorm), value => value > 0, "above 0");
        if (options.NumberOfThreads is { } threads)
            AtLeastOne(threads, nameof(options.NumberOfThreads));
    }

    /// <summary>A finite number in a range that the message names.</summary>
    public static void InRange(double value, string name, Func<double, bool> isRight, string range)
    {
        if (!double.IsFinite(value) || !isRight(value))
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {range}.");
    }

    /// <summary>A value of an enumeration.</summary>
    public static void IsDefined<T>(T value, string name)
        where T : struct, Enum
    {
        if (!Enum.IsDefined(value))
            throw new ArgumentOutOfRangeException(name, value, $"{name} is no {typeof(T).Name}.");
    }

    /// <summary>The columns of training data; returns the one with the items.</summary>
    public static DataViewSchema.Column CheckSchema(DataViewSchema schema, SequenceTrainerOptions options)
    {
        var items = Columns.Require(schema, options.ItemsColumnName, ColumnTypes.IsKeyVector, NextItemColumns.KeysExpected);
        Columns.Require(schema, options.FeedbackColumnName, ColumnTypes.IsSingleVector, NextItemColumns.FeedbackExpected);
        if (ColumnTypes.KeyValueTypeOf(items) is null)
        {
            throw new ArgumentException($"Column '{items.Name}' has keys without the values behind them (annotation '{ColumnTypes.KeyValues}'), "
                + "so that recommendations could not be named: it was not made by Transforms.Conversion.MapValueToKey, or the data that this was fitted on has no rows. "
                + "Map the items with MapValueToKey, fitted on data with rows.");
        }

        ulong count = ((KeyDataViewType)ColumnTypes.ItemOf(items.Type)).Count;
        if ((ulong)options.NumberOfRecommendations > count)
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
