using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// The log of WeChat Channels that the WeChat Big Data Challenge 2021 published: user_action.csv, whose play and stay are milliseconds
/// and whose only time is the day, 1 to 15, and feed_info.csv, a line a video, whose texts may be quoted.
/// </summary>
internal static class WeChatChannelsLog
{
    private static readonly DelimitedFormat UserAction = new(
        ",", HasHeader: true,
        DelimitedColumn.Int32("User", "userid"),
        DelimitedColumn.Int32("Item", "feedid"),
        DelimitedColumn.Int64("Time", "date_"),
        DelimitedColumn.SecondsOfMilliseconds("WatchSeconds", "play"),
        DelimitedColumn.Flag("Like", "like"),
        DelimitedColumn.Flag("Follow", "follow"),
        DelimitedColumn.Flag("Comment", "comment"),
        DelimitedColumn.Flag("Forward", "forward"),
        DelimitedColumn.Flag("Favorite", "favorite"));

    private static readonly DelimitedFormat FeedInfo = new(
        ",", HasHeader: true,
        DelimitedColumn.Int32("Item", "feedid"),
        DelimitedColumn.Int32("Author", "authorid"),
        DelimitedColumn.Single("DurationSeconds", "videoplayseconds"))
    {
        HasQuotedFields = true,
    };

    /// <summary>Opens the two files of a folder; the videos are read when the first row is, and kept.</summary>
    /// <exception cref="FileNotFoundException">One of the files is missing.</exception>
    /// <exception cref="InvalidDataException">
    /// A header lacks a field. Malformed lines throw it while a cursor runs, with their number.
    /// </exception>
    public static IDataView Open(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        var actions = new DelimitedFile(Path.Combine(folder, "user_action.csv"), UserAction);
        var videos = new DelimitedFile(Path.Combine(folder, "feed_info.csv"), FeedInfo);
        return new MappedDataView(actions, new VideoColumns(actions.Schema, new MadeOnce<VideoTable>(() => new VideoTable(videos))));
    }
}
