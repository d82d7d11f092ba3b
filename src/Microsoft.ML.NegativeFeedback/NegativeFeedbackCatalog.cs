using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.NegativeFeedback.Datasets;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML;

/// <summary>
/// The front door: every entry point of Microsoft.ML.NegativeFeedback, as extension methods of ML.NET's own catalogs.
/// </summary>
public static partial class NegativeFeedbackCatalog
{
    /// <summary>
    /// Reads ratings of MovieLens: columns User and Item (Int32), Rating (Single, 0.5 to 5) and Time (Int64, seconds since 1970), in the file's order.
    /// Rows are parsed as they are read; nothing is kept in memory.
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="path">A folder that holds <c>ratings.dat</c>, <c>ratings.csv</c> or one <c>.inter</c> file, or such a file.</param>
    /// <returns>A view of the ratings. A malformed line throws <see cref="InvalidDataException"/> with file and line number when it is read; of
    /// columns that nobody asks for, values are not looked at.</returns>
    /// <exception cref="ArgumentException">The path is empty, or the file is none of the three by its extension.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, or no ratings file in the folder.</exception>
    /// <example>
    /// <code>
    /// IDataView ratings = ml.Data.LoadMovieLens("ml-1m");
    /// IDataView rated = ml.Transforms.LabelFeedback(FeedbackRule.RatingMedian()).Fit(ratings).Transform(ratings);
    /// </code>
    /// </example>
    public static IDataView LoadMovieLens(this DataOperationsCatalog catalog, string path)
        => MovieLensFile.Open(path);

    /// <summary>
    /// Makes up the log of a short-video feed: users with a few hidden tastes of which one is active in a session, videos with aspects, watch times that
    /// follow from the match and skips where one aspect fails, or for passing reasons (<see cref="ShortVideoFeedOptions.PassingSkipShare"/>). The same options
    /// give the same log.
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="options">Size and shape of the log; null for the defaults.</param>
    /// <returns>
    /// A view of interactions that are made as they are read, of any size: what a log has, User and Item (Int32, from 1), Time (Int64, Unix seconds), WatchSeconds
    /// and DurationSeconds (Single); what it hides, Session (Int32, from 0), Taste (Int32: the taste that was active; one that took the place of another has a
    /// number of its own), Category (Int32, from 0) and Mismatches (Int32: in how many aspects the video fails the active taste); the context, Hour (Int32, 0 to
    /// 23, UTC, which tells nothing) and Tab (Int32, 1 to 3: where the session was opened, which tells a little of the active taste); and of what a skip came,
    /// MoodMismatches (Int32: 1 where the video has what the session's mood does not want, else 0) and MatchingTastes (Int32: how many of the user's tastes the video
    /// matches in everything; of a skip above 0, the reason is passing).
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <example>
    /// <code>
    /// IDataView feed = ml.Data.SimulateShortVideoFeed(new ShortVideoFeedOptions { UserCount = 1000, VideoCount = 500 });
    /// </code>
    /// </example>
    public static IDataView SimulateShortVideoFeed(this DataOperationsCatalog catalog, ShortVideoFeedOptions? options = null)
        => new ShortVideoFeed(options ?? new ShortVideoFeedOptions());

    /// <summary>The users of a simulated feed, a row each: what a platform knows of them. Join it to the feed by User, for instance with <c>Conversion.MapValue</c>.</summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options of the feed; null for the defaults.</param>
    /// <returns>
    /// A view with User (Int32); ActivityGroup (text: low activity, growth, maturity or recession; "all" without <see cref="ShortVideoFeedOptions.ActivityGroups"/>);
    /// TenureDays (Int32: from the registration to the feed's start; below 60 in growth, else 180 to 1,999); AgeGroup (Int32, 1 to 6: of three users in ten it
    /// follows from the category of a taste) and DeclaredCategory (Int32, as the feed's Category: of half of the users that of a taste), both by the tastes before any
    /// replacement; and Region (Int32, 1 to 8), which tells nothing.
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static IDataView SimulateShortVideoUsers(this DataOperationsCatalog catalog, ShortVideoFeedOptions? options = null)
        => new ShortVideoUserView(options ?? new ShortVideoFeedOptions());

    /// <summary>The videos of a simulated feed, a row each. Join it to the feed by Item, for instance with <c>Conversion.MapValue</c>.</summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="options">The options of the feed; null for the defaults.</param>
    /// <returns>
    /// A view with Item (Int32), Category (Int32, from 0), DurationSeconds (Single), Aspect1, Aspect2 … (Int32, 0 to 3, as many as
    /// <see cref="ShortVideoFeedOptions.AspectCount"/>), Author (Int32, from 1, one for about ten videos: of four videos in five an author who keeps to the category)
    /// and UploadDay (Int32, −365 to −1: days before the feed's start, which tell nothing).
    /// </returns>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static IDataView SimulateShortVideos(this DataOperationsCatalog catalog, ShortVideoFeedOptions? options = null)
        => new ShortVideoItemView(options ?? new ShortVideoFeedOptions());

    /// <summary>
    /// Splits a labelled log at a point in time, and what comes after it by user into evaluation rows for validation and test: the protocol of PNFRec (RecSys
    /// '25, section 4.3), under which its published numbers compare.
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="interactions">A log with user, item, time and feedback, in any order.</param>
    /// <param name="options">Columns, quantile, minimum counts; null for the published ones.</param>
    /// <returns>The training log and the evaluation rows, with their counts.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, an option is wrong.</exception>
    /// <exception cref="InvalidDataException">The log is empty, holds what cannot be read, or a part of the split that the options ask for would be
    /// empty.</exception>
    /// <example>
    /// <code>
    /// var inTime = ml.Data.TemporalSplit(labelled);
    /// IDataView train = ml.Transforms.WindowSequences().Fit(inTime.TrainSet).Transform(inTime.TrainSet);
    /// Console.WriteLine($"{inTime.Counts.ValidationRows} rows to stop by");
    /// </code>
    /// </example>
    public static TemporalSplitData TemporalSplit(
        this DataOperationsCatalog catalog, IDataView interactions, TemporalSplitOptions? options = null)
        => NegativeFeedback.Sequences.TemporalSplit.Split(CatalogEnvironment.Of(catalog), interactions, options ?? new TemporalSplitOptions());

    /// <summary>
    /// Reads logs of KuaiRand (Gao et al. 2022): columns User and Item (Int32), Time (Int64, <b>milliseconds</b> since 1970), WatchSeconds and
    /// DurationSeconds (Single; a duration of 0 is an unknown one, see <see cref="UnknownDuration"/>), and Like, Follow, Comment, Forward and Hate
    /// (Single, 1 where it happened, else 0). Fields are found by their names in the header, separated by commas as published or by tabs as in
    /// the subset of views that ended in a like or a hate, whose field <c>label</c> is 1 for a like and 0 for a hate. Rows come in the files' order, which
    /// need not be that of time; they are parsed as they are read.
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="path">
    /// A log, or a folder: then every .csv and .tsv file in it whose header names <c>user_id</c>, <c>video_id</c> and <c>time_ms</c> is read, in the order
    /// of their names. The published folder also holds <c>log_random…csv</c>, views of videos that were exposed at random: give the other logs alone to
    /// leave those out.
    /// </param>
    /// <returns>A view of the interactions. A malformed line throws <see cref="InvalidDataException"/> with file and line number when it is read; of
    /// columns that nobody asks for, values are not looked at.</returns>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, or no log in the folder.</exception>
    /// <exception cref="InvalidDataException">A header lacks a field.</exception>
    /// <example>
    /// <code>
    /// // live streams and photographs have no duration
    /// IDataView views = ml.Data.FilterRowsByColumn(ml.Data.LoadKuaiRand("KuaiRand-1K"), "DurationSeconds", lowerBound: float.Epsilon);
    /// var rule = FeedbackRule.Flags(["Like", "Follow"], ["Hate"], otherwise: FeedbackRule.WatchTime());
    /// IDataView withFeedback = ml.Transforms.LabelFeedback(rule).Fit(views).Transform(views);
    /// </code>
    /// </example>
    public static IDataView LoadKuaiRand(this DataOperationsCatalog catalog, string path)
        => KuaiRandLog.Open(path);

    /// <summary>
    /// Reads the log of WeChat Channels as the WeChat Big Data Challenge 2021 published it: <c>user_action.csv</c> joined with <c>feed_info.csv</c>.
    /// Columns User and Item (Int32); Time (Int64: the <b>day</b>, 1 to 15, for the log has no other time; sort by it stably, views of one day stand in
    /// the file's order); WatchSeconds (Single; play / 1000), Like, Follow, Comment, Forward and Favorite (Single, 1 or 0), DurationSeconds (Single;
    /// videoplayseconds, 0 for a video that feed_info.csv lacks, see <see cref="UnknownDuration"/>) and Author (Int32; −1 for such a video). Actions are
    /// parsed as they are read; the videos are kept in memory from the first row on.
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="folder">The folder with both files.</param>
    /// <returns>A view of the interactions. A malformed line throws <see cref="InvalidDataException"/> with file and line number when it is read; of
    /// columns that nobody asks for, values are not looked at.</returns>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="FileNotFoundException">One of the files is missing.</exception>
    /// <exception cref="InvalidDataException">A header lacks a field.</exception>
    public static IDataView LoadWeChatChannels(this DataOperationsCatalog catalog, string folder)
        => WeChatChannelsLog.Open(folder);

    /// <summary>
    /// Reads the views of KION (Safilo et al. 2023): columns User and Item (Int32), Time (Int64: the Unix seconds at which the day of the last view
    /// begins, UTC), WatchSeconds (Single; total_dur) and WatchedShare (Single; watched_pct / 100, <b>NaN</b> where the file leaves it empty). There is no
    /// duration: label with <see cref="FeedbackRule.WatchedShare"/>, which refuses NaN, after
    /// <c>FilterRowsByColumn(log, "WatchedShare", lowerBound: 0)</c> has left such rows out. Rows are parsed as they are read.
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="path">interactions.csv, or the folder that holds it.</param>
    /// <returns>A view of the interactions. A malformed line throws <see cref="InvalidDataException"/> with file and line number when it is read; of
    /// columns that nobody asks for, values are not looked at.</returns>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="FileNotFoundException">There is no such file, or none in the folder.</exception>
    /// <exception cref="InvalidDataException">The header lacks a field.</exception>
    /// <example>
    /// <code>
    /// IDataView views = ml.Data.FilterRowsByColumn(ml.Data.LoadKion("interactions.csv"), "WatchedShare", lowerBound: 0);
    /// IDataView withFeedback = ml.Transforms.LabelFeedback(FeedbackRule.WatchedShare(positiveShare: 0.5, negativeShare: 0.1)).Fit(views).Transform(views);
    /// </code>
    /// </example>
    public static IDataView LoadKion(this DataOperationsCatalog catalog, string path)
        => KionLog.Open(path);

    /// <summary>
    /// N-core filtering, as SINE (RecSys '23, section 5.1.1) prepares its logs: users with too few interactions and items with too few go, again and
    /// again, until everyone left has enough; what remains is the largest such part of the log. Every row counts, repeated ones too.
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="interactions">A log with user and item, in any order.</param>
    /// <param name="minimumInteractionsPerUser">Least number of interactions of a user that is kept; at least 0, and 0 or 1 keeps all. Default 10.</param>
    /// <param name="minimumInteractionsPerItem">Least number of interactions of an item that is kept; likewise. Default 10.</param>
    /// <param name="userColumnName">Whose interaction it is: text, number or key.</param>
    /// <param name="itemColumnName">What it was with: text, number or key.</param>
    /// <returns>
    /// The rows that stay, with every column of the log and in its order. The log is read once by this call, at some 20 bytes a row of memory until it
    /// returns, and anew each time the rows are read; it is relied on to give the same rows in the same order.
    /// </returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, a minimum is negative.</exception>
    /// <exception cref="InvalidDataException">The log is empty, a user or an item is missing, or no interaction would be left.</exception>
    /// <example>
    /// <code>
    /// IDataView core = ml.Data.FilterCore(labelled, minimumInteractionsPerUser: 5, minimumInteractionsPerItem: 5);
    /// </code>
    /// </example>
    public static IDataView FilterCore(
        this DataOperationsCatalog catalog,
        IDataView interactions,
        int minimumInteractionsPerUser = 10,
        int minimumInteractionsPerItem = 10,
        string userColumnName = "User",
        string itemColumnName = "Item")
        => NegativeFeedback.Sequences.CoreFilter.Filter(
            CatalogEnvironment.Of(catalog), interactions, minimumInteractionsPerUser, minimumInteractionsPerItem, userColumnName, itemColumnName);

    /// <summary>
    /// Splits a labelled log by leaving out the last positives of every user, the protocol of SINE (RecSys '23, section 5.1 and the published code): the
    /// last is to be ranked above the negatives around it in the test, the one before it in the validation; what comes before both is trained on. Or, for the
    /// multi-feedback ranker, by leaving out the last views of every user, whatever became of them (<see cref="LeaveLastOutOptions.NumberOfLastViews"/>).
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="interactions">A log with user, item, time and feedback, in any order; it is read once, by this call.</param>
    /// <param name="options">Columns and lengths; null for the defaults.</param>
    /// <returns>Rows to train on and rows with candidates, the catalogue of their items, and their counts.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, an option is wrong.</exception>
    /// <exception cref="InvalidDataException">The log is empty, holds what cannot be read (a feedback that is NaN, a missing user or item), or no user has
    /// enough positives, or views.</exception>
    /// <example>
    /// <code>
    /// var rows = ml.Data.LeaveLastOut(labelled);
    /// // histories and candidates share one dictionary, which knows the items that are candidates only
    /// var keys = ml.Transforms.Conversion.MapValueToKey(
    ///     [new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: rows.Catalogue).Fit(rows.TrainSet);
    /// IDataView train = keys.Transform(rows.TrainSet), test = keys.Transform(rows.TestSet);
    /// </code>
    /// </example>
    public static LeaveLastOutData LeaveLastOut(
        this DataOperationsCatalog catalog, IDataView interactions, LeaveLastOutOptions? options = null)
        => NegativeFeedback.Sequences.LeaveLastOut.Split(CatalogEnvironment.Of(catalog), interactions, options ?? new LeaveLastOutOptions());

    /// <summary>
    /// Counts the kinds of feedback in a labelled log and, where items have categories, compares those of liked items and of the skips before them with chance:
    /// section 2 of SINE (RecSys '23).
    /// </summary>
    /// <param name="catalog">The data catalog of an <see cref="MLContext"/>.</param>
    /// <param name="interactions">A log with user, item, time and feedback, in any order; it is read twice where categories or explicit dislikes are.</param>
    /// <param name="options">Columns, categories, seed; null for the defaults, which have no categories.</param>
    /// <returns>Counts and shares.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, an option is wrong.</exception>
    /// <exception cref="InvalidDataException">
    /// The log is empty, a user or an item is missing, a feedback is none of +1, −1 and 0, or an item has different categories in different rows.
    /// </exception>
    /// <example>
    /// <code>
    /// Console.WriteLine(ml.Data.AnalyzeFeedback(labelled, new FeedbackAnalysisOptions { CategoryColumnNames = ["Category"] }));
    /// </code>
    /// </example>
    public static FeedbackAnalysis AnalyzeFeedback(
        this DataOperationsCatalog catalog, IDataView interactions, FeedbackAnalysisOptions? options = null)
        => NegativeFeedback.Analysis.FeedbackAnalyzer.Analyze(CatalogEnvironment.Of(catalog), interactions, options ?? new FeedbackAnalysisOptions());

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
    /// <param name="userColumnName">Whose interaction it is; any type that <c>Conversion.MapValueToKey</c> takes.</param>
    /// <param name="itemColumnName">What it was with; any such type.</param>
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
    /// <param name="timesColumnName">The times beside them, a vector of Int64 that is cut likewise; null where there is none.</param>
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
        string? timesColumnName = null,
        bool likedOnly = false)
        => new(new HeldOutColumns(targetItemColumnName, targetFeedbackColumnName, itemsColumnName, feedbackColumnName, timesColumnName, likedOnly));

    /// <summary>
    /// Saves a model as <c>Model.Save</c> does, so that the file appears whole or not at all: it is written beside, under a temporary name, flushed to the disk
    /// and renamed. <c>Model.Save</c> empties the file first, so that a process that ends meanwhile, or a step that cannot be saved, leaves a broken file in the place
    /// of a good one.
    /// </summary>
    /// <param name="catalog">The model catalog of an <see cref="MLContext"/>.</param>
    /// <param name="model">The model, whoever made it.</param>
    /// <param name="inputSchema">The schema of its input; null to save none.</param>
    /// <param name="filePath">
    /// The file; one that is there is replaced, and stays as it is where saving fails. What a process that was killed while saving to it left beside it goes too.
    /// </param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="NotSupportedException">A step of the model cannot be saved.</exception>
    /// <example>
    /// <code>
    /// ml.Model.SaveAtomically(model, users.Schema, "recommend.zip");
    /// ITransformer served = ml.Model.Load("recommend.zip", out DataViewSchema input);
    /// </code>
    /// </example>
    public static void SaveAtomically(this ModelOperationsCatalog catalog, ITransformer model, DataViewSchema? inputSchema, string filePath)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        ArgumentNullException.ThrowIfNull(model);
        ArgumentException.ThrowIfNullOrWhiteSpace(filePath);
        WholeFile.Write(filePath, "The model", file => catalog.Save(model, inputSchema, file));
    }
}
