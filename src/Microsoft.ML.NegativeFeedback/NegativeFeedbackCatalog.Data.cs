using Microsoft.ML.NegativeFeedback;
using Microsoft.ML.NegativeFeedback.Datasets;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML;

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
    /// <exception cref="InvalidDataException">A header lacks a field, or names it twice.</exception>
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
    /// <example>
    /// <code>
    /// var options = new ShortVideoFeedOptions { UserCount = 1000, VideoCount = 500 };
    /// IDataView feed = ml.Data.SimulateShortVideoFeed(options), viewers = ml.Data.SimulateShortVideoUsers(options);
    /// IDataView joined = ml.Transforms.Conversion.MapValue("AgeGroup", viewers, viewers.Schema["User"], viewers.Schema["AgeGroup"], "User").Fit(feed).Transform(feed);
    /// </code>
    /// </example>
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
    /// <example>
    /// <code>
    /// var options = new ShortVideoFeedOptions { UserCount = 1000, VideoCount = 500 };
    /// IDataView feed = ml.Data.SimulateShortVideoFeed(options), videos = ml.Data.SimulateShortVideos(options);
    /// IDataView joined = ml.Transforms.Conversion.MapValue("Author", videos, videos.Schema["Item"], videos.Schema["Author"], "Item").Fit(feed).Transform(feed);
    /// </code>
    /// </example>
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
    /// <exception cref="InvalidDataException">The log is empty, holds what cannot be read (a feedback that is NaN, a missing user or item), or a part of the split that the
    /// options ask for would be empty.</exception>
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
    /// <exception cref="InvalidDataException">A header lacks a field, or names it twice.</exception>
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
    /// <exception cref="InvalidDataException">A header lacks a field, or names it twice.</exception>
    /// <example>
    /// <code>
    /// IDataView actions = ml.Data.FilterRowsByColumn(ml.Data.LoadWeChatChannels("wechat_algo_data1"), "DurationSeconds", lowerBound: float.Epsilon);
    /// IDataView withFeedback = ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()).Fit(actions).Transform(actions);
    /// </code>
    /// </example>
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
    /// <param name="cancellationToken">Cancels reading and filtering.</param>
    /// <returns>
    /// The rows that stay, with every column of the log and in its order. The log is read once by this call, at some 20 bytes a row of memory until it
    /// returns, and anew each time the rows are read; it is relied on to give the same rows in the same order.
    /// </returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, a minimum is negative.</exception>
    /// <exception cref="InvalidDataException">The log is empty, a user or an item is missing, or no interaction would be left.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
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
        string itemColumnName = "Item",
        CancellationToken cancellationToken = default)
        => NegativeFeedback.Sequences.CoreFilter.Filter(
            CatalogEnvironment.Of(catalog), interactions, minimumInteractionsPerUser, minimumInteractionsPerItem, userColumnName, itemColumnName, cancellationToken);

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
}
