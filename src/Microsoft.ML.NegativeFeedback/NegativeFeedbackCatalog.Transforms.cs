using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML;

public static partial class NegativeFeedbackCatalog
{
    /// <summary>Adds the feedback, +1 liked, −1 disliked, 0 neither, that a rule reads off each interaction.</summary>
    /// <param name="catalog">The transforms catalog of an <see cref="MLContext"/>.</param>
    /// <param name="rule">What counts as liked and as disliked: <see cref="FeedbackRule.WatchTime"/>, <see cref="FeedbackRule.Rating"/> …</param>
    /// <param name="outputColumnName">The column to add.</param>
    /// <exception cref="ArgumentException">The name of a column is empty.</exception>
    /// <example>
    /// <code>
    /// var label = ml.Transforms.LabelFeedback(FeedbackRule.WatchTime(positiveShare: 0.5, skipSeconds: 3));
    /// IDataView withFeedback = label.Fit(log).Transform(log);
    /// </code>
    /// </example>
    public static LabelFeedbackEstimator LabelFeedback(
        this TransformsCatalog catalog, FeedbackRule rule, string outputColumnName = "Feedback")
        => new(rule, outputColumnName);

    /// <summary>
    /// Adds the three kinds of feedback that the multi-feedback ranker (CIKM '23, section 2.1 and table 1) reads off watch times: EVV, watched longer than half of
    /// the other viewers of the video; FVV, longer than 60 % of them; GVV, under 3 seconds.
    /// </summary>
    /// <param name="catalog">The transforms catalog of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">The column to add: three Single a view, 1 or 0.</param>
    /// <param name="options">Columns, quantiles, seconds and duration buckets; null for the published ones.</param>
    /// <exception cref="ArgumentException">An option is out of its range, the name of a column is empty.</exception>
    /// <example>
    /// <code>
    /// IDataView flagged = ml.Transforms.LabelWatchFeedback("Flags").Fit(log).Transform(log);
    /// </code>
    /// </example>
    public static LabelWatchFeedbackEstimator LabelWatchFeedback(
        this TransformsCatalog catalog, string outputColumnName = "Flags", WatchFeedbackOptions? options = null)
        => new(outputColumnName, options ?? new WatchFeedbackOptions());

    /// <summary>Gathers a log of interactions into sequences, one row a user, in the order of time.</summary>
    /// <param name="catalog">The transforms catalog of an <see cref="MLContext"/>.</param>
    /// <param name="userColumnName">Whose interaction it is: text, a number or a key.</param>
    /// <param name="itemColumnName">What it was with: text, a number or a key.</param>
    /// <param name="timestampColumnName">When, as Int64 or DateTime; ties keep the order of the log.</param>
    /// <param name="feedbackColumnName">How it went, as Single: +1, −1 or 0.</param>
    /// <param name="maximumLength">Longest sequence, of which the latest interactions are kept; 0 for no limit.</param>
    /// <exception cref="ArgumentException">The name of a column is empty, or the length negative.</exception>
    /// <example>
    /// <code>
    /// IDataView rows = ml.Transforms.WindowSequences(maximumLength: 200).Fit(labelled).Transform(labelled);
    /// </code>
    /// </example>
    public static WindowSequencesEstimator WindowSequences(
        this TransformsCatalog catalog,
        string userColumnName = "User",
        string itemColumnName = "Item",
        string timestampColumnName = "Time",
        string feedbackColumnName = "Feedback",
        int maximumLength = 0)
        => new(CatalogEnvironment.Of(catalog), new WindowSequencesOptions
        {
            UserColumnName = userColumnName,
            ItemColumnName = itemColumnName,
            TimestampColumnName = timestampColumnName,
            FeedbackColumnName = feedbackColumnName,
            MaximumLength = maximumLength,
        });

    /// <summary>Gathers a log of interactions into sequences: one row a user, or overlapping windows.</summary>
    /// <param name="catalog">The transforms catalog of an <see cref="MLContext"/>.</param>
    /// <param name="options">Columns, lengths, windows and minimum counts.</param>
    /// <exception cref="ArgumentException">An option is out of its range, the name of a column is empty.</exception>
    /// <example>
    /// <code>
    /// IDataView windows = ml.Transforms.WindowSequences(new WindowSequencesOptions { MaximumLength = 50, Stride = 25 }).Fit(labelled).Transform(labelled);
    /// </code>
    /// </example>
    public static WindowSequencesEstimator WindowSequences(this TransformsCatalog catalog, WindowSequencesOptions options)
        => new(CatalogEnvironment.Of(catalog), options);

    /// <summary>
    /// Labels a log and gathers it into sequences, in the scope of training and testing alone: a pipeline that begins with it is fitted on the log, and what serves is what comes behind,
    /// <c>model.GetModelFor(TransformerScope.Scoring)</c>, which can be saved and starts at histories.
    /// </summary>
    /// <param name="catalog">The transforms catalog of an <see cref="MLContext"/>.</param>
    /// <param name="rule">What counts as liked and as disliked.</param>
    /// <param name="options">
    /// Columns, lengths, windows and minimum counts; null for the defaults. The feedback is written to their <see cref="WindowSequencesOptions.FeedbackColumnName"/>.
    /// </param>
    /// <returns>
    /// The two steps. The <c>Transform</c> of a chain is that of <see cref="TransformerScope.Scoring"/>, which leaves them out: give it histories. The sequences of a log are
    /// <c>preparation.Fit(log).Transform(log, TransformerScope.TrainTest)</c>.
    /// </returns>
    /// <exception cref="ArgumentException">An option is out of its range, the name of a column is empty.</exception>
    /// <example>
    /// <code>
    /// var model = ml.Transforms.PrepareSequences(FeedbackRule.WatchTime())
    ///     .Append(ml.Transforms.Conversion.MapValueToKey("Items"))
    ///     .Append(ml.Recommendation().Trainers.PnfRec())
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
    ///     .Fit(log);
    /// ml.Model.SaveAtomically(model.GetModelFor(TransformerScope.Scoring), null, "recommend.zip");
    /// </code>
    /// </example>
    public static EstimatorChain<WindowSequencesTransformer> PrepareSequences(this TransformsCatalog catalog, FeedbackRule rule, WindowSequencesOptions? options = null)
    {
        options ??= new WindowSequencesOptions();
        return new EstimatorChain<LabelFeedbackTransformer>()
            .Append(catalog.LabelFeedback(rule, options.FeedbackColumnName), TransformerScope.TrainTest)
            .Append(catalog.WindowSequences(options), TransformerScope.TrainTest);
    }

    /// <summary>Adds to every sequence, for each of its liked items in order, sampled items that the sequence does not have.</summary>
    /// <param name="catalog">The transforms catalog of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">The column to add: a variable vector of the items' keys, [liked · n].</param>
    /// <param name="inputColumnName">The items of a sequence: a vector of keys.</param>
    /// <param name="feedbackColumnName">The feedback beside them: a vector of Single.</param>
    /// <param name="method">Where they are drawn from: uniformly or by popularity from the catalogue, or from the liked items of the batch.</param>
    /// <param name="numberOfNegatives">n: negatives of each liked item, different from each other; at least 1.</param>
    /// <exception cref="ArgumentException">An option is out of its range, the name of a column is empty or given twice.</exception>
    /// <example>
    /// <code>
    /// var sample = ml.Transforms.Conversion.MapValueToKey("Items").Append(ml.Transforms.SampleNegatives("Negatives", "Items", numberOfNegatives: 4));
    /// IDataView rows = sample.Fit(users).Transform(users);
    /// </code>
    /// </example>
    public static SampleNegativesEstimator SampleNegatives(
        this TransformsCatalog catalog,
        string outputColumnName = "Negatives",
        string inputColumnName = "Items",
        string feedbackColumnName = "Feedback",
        NegativeSamplingMethod method = NegativeSamplingMethod.Uniform,
        int numberOfNegatives = 1)
        => new(CatalogEnvironment.Of(catalog), new SampleNegativesOptions
        {
            NegativesColumnName = outputColumnName,
            ItemsColumnName = inputColumnName,
            FeedbackColumnName = feedbackColumnName,
            Method = method,
            NumberOfNegatives = numberOfNegatives,
        });

    /// <summary>Adds sampled negatives to every sequence, with all options: a seed, the exponent of popularity, a share of observed skips.</summary>
    /// <param name="catalog">The transforms catalog of an <see cref="MLContext"/>.</param>
    /// <param name="options">Columns, method, numbers and seed.</param>
    /// <exception cref="ArgumentException">An option is out of its range, the name of a column is empty or given twice.</exception>
    /// <example>
    /// <code>
    /// var sample = ml.Transforms.Conversion.MapValueToKey("Items")
    ///     .Append(ml.Transforms.SampleNegatives(new SampleNegativesOptions { Method = NegativeSamplingMethod.Popularity, ObservedSkipShare = 0.5 }));
    /// IDataView rows = sample.Fit(users).Transform(users);
    /// </code>
    /// </example>
    public static SampleNegativesEstimator SampleNegatives(this TransformsCatalog catalog, SampleNegativesOptions options)
        => new(CatalogEnvironment.Of(catalog), options);

    /// <summary>
    /// Maps items to keys: those of a former model have the keys that they have there, new ones the keys behind them. With it a training that begins with the former model's weights
    /// (<see cref="SequenceTrainerOptions.WarmStart"/>) keeps every item, also those that the new data lack.
    /// </summary>
    /// <param name="catalog">The conversion catalog of an <see cref="MLContext"/>.</param>
    /// <param name="outputColumnName">The column of keys to add.</param>
    /// <param name="former">The former model.</param>
    /// <param name="inputColumnName">The column of items, values or vectors; null for that of the same name.</param>
    /// <exception cref="ArgumentException">The name of a column is empty.</exception>
    /// <exception cref="InvalidOperationException">The former model was loaded from a file that has no list of its items.</exception>
    /// <example>
    /// <code>
    /// var former = ml.Recommendation().ScoreInBatches(ml.Model.Load("yesterday.zip", out _)).OfType&lt;NextItemTransformer&gt;().Single();
    /// var model = ml.Transforms.Conversion.MapValueToKey("Items", former)
    ///     .Append(ml.Recommendation().Trainers.PnfRec(new PnfRecTrainer.Options { WarmStart = former, MaximumNumberOfEpochs = 5 }))
    ///     .Append(ml.Transforms.Conversion.MapKeyToValue("RecommendedItems"))
    ///     .Fit(users);
    /// </code>
    /// </example>
    public static ItemKeyEstimator MapValueToKey(
        this TransformsCatalog.ConversionTransforms catalog, string outputColumnName, NextItemTransformer former, string? inputColumnName = null)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(former);
        Columns.CheckName(outputColumnName, nameof(outputColumnName));
        return new ItemKeyEstimator(outputColumnName, inputColumnName is null ? outputColumnName : Columns.CheckName(inputColumnName, nameof(inputColumnName)), former.Items);
    }

    /// <summary>
    /// Makes evaluation rows of sequences: the last item that was liked or skipped becomes the item that came next, what lies before it the history. Each row gives a
    /// row, so that the parts of <c>Data.TrainTestSplit</c> and <c>Data.CrossValidationSplit</c> can be evaluated by <see cref="EvaluateNextItem"/>.
    /// </summary>
    /// <param name="catalog">The transforms catalog of an <see cref="MLContext"/>.</param>
    /// <param name="targetItemColumnName">The column to add: the item that came next, of the items' type.</param>
    /// <param name="targetFeedbackColumnName">The column to add: the feedback it got, Single; 0 where the row has no such item, or none before it.</param>
    /// <param name="itemsColumnName">The items of a sequence, oldest first: a vector of text, numbers or keys. It is cut to the history.</param>
    /// <param name="feedbackColumnName">The feedback beside them: a vector of Single. It is cut likewise.</param>
    /// <param name="sequenceColumnNames">What else stands beside the items and is cut likewise: vectors with w values an item, such as times, watch times or flags. Null, the default: nothing.
    /// A column that is not named stays whole, what the target had in it included.</param>
    /// <param name="likedOnly">Whether the last liked item is the target, rather than the last that was liked or skipped.</param>
    /// <exception cref="ArgumentException">The name of a column is empty or given twice.</exception>
    /// <example>
    /// <code>
    /// var parts = ml.Data.TrainTestSplit(users, testFraction: 0.2);
    /// IDataView rows = ml.Transforms.HoldOutLastItem().Fit(parts.TestSet).Transform(parts.TestSet);
    /// </code>
    /// </example>
    public static HoldOutLastItemEstimator HoldOutLastItem(
        this TransformsCatalog catalog,
        string targetItemColumnName = "TargetItem",
        string targetFeedbackColumnName = "TargetFeedback",
        string itemsColumnName = "Items",
        string feedbackColumnName = "Feedback",
        IEnumerable<string>? sequenceColumnNames = null,
        bool likedOnly = false)
        => new(new HeldOutColumns(targetItemColumnName, targetFeedbackColumnName, itemsColumnName, feedbackColumnName, [.. sequenceColumnNames ?? []], likedOnly));
}
