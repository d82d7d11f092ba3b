using Microsoft.ML.Data;
using Microsoft.ML.Transforms;

namespace Microsoft.ML.NegativeFeedback.Tests.Documentation;

/// <summary>
/// The names that the code of documentation takes as given, with small data behind them: docs/README.md tells readers what each is. Nothing is made before it is asked for.
/// </summary>
public static class Given
{
    /// <summary>The context.</summary>
    public static MLContext ml { get; } = new(seed: 1);

    private static readonly Lazy<IDataView> Log = new(() => ml.Data.Cache(new EstimatorChain<ITransformer>()
        .Append(ml.Transforms.Conversion.ConvertType([new InputOutputColumnPair("User"), new InputOutputColumnPair("Item")], DataKind.String))
        .Append(ml.Transforms.SelectColumns("User", "Item", "Time", "WatchSeconds", "DurationSeconds", "Category"))
        .Fit(Feed).Transform(Feed)));

    private static readonly Lazy<IDataView> Labelled = new(() => ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(log).Transform(log));

    private static readonly Lazy<IDataView> Users = new(() => ml.Data.Cache(ml.Transforms.WindowSequences().Fit(split.TrainSet).Transform(split.TrainSet)));

    private static readonly Lazy<TemporalSplitData> Split = new(() => ml.Data.TemporalSplit(labelled));

    private static readonly Lazy<LeaveLastOutData> LastOut = new(() => ml.Data.LeaveLastOut(labelled));

    private static readonly Lazy<TransformerChain<KeyToValueMappingTransformer>> Model = new(() => ml.Transforms.Conversion.MapValueToKey("Items")
        .Append(ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options { EmbeddingWidth = 16, BatchSize = 32, MaximumNumberOfEpochs = 2 }))
        .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
        .Fit(users));

    /// <summary>A log of views: User, Item and Category, Time, WatchSeconds and DurationSeconds.</summary>
    public static IDataView log => Log.Value;

    /// <summary>The log with Feedback.</summary>
    public static IDataView labelled => Labelled.Value;

    /// <summary>A row a user of what lies before the split: User, Items, Feedback.</summary>
    public static IDataView users => Users.Value;

    /// <summary>The log split in time.</summary>
    public static TemporalSplitData split => Split.Value;

    /// <summary>The log split by user, with candidates.</summary>
    public static LeaveLastOutData lastOut => LastOut.Value;

    /// <summary>Rows to recommend for.</summary>
    public static IDataView histories => split.TestSet;

    /// <summary>A trained chain: keys, PNFRec, items.</summary>
    public static TransformerChain<KeyToValueMappingTransformer> model => Model.Value;

    private static IDataView Feed => ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 60, VideoCount = 80 });

    /// <summary>What an application asks with.</summary>
    public sealed class History
    {
        /// <summary>Oldest first.</summary>
        public string[] Items { get; set; } = [];

        /// <summary>Beside them: +1 liked, −1 skipped, 0 neither.</summary>
        public float[] Feedback { get; set; } = [];
    }

    /// <summary>What it gets.</summary>
    public sealed class Recommendation
    {
        /// <summary>Best first.</summary>
        public string[] RecommendedItems { get; set; } = [];

        /// <summary>Beside them.</summary>
        public float[] Scores { get; set; } = [];
    }
}
