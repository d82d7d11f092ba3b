using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>What is known of a video.</summary>
internal readonly record struct Video(int Author, float DurationSeconds);

/// <summary>Videos by their number, from a view with the columns Item, Author and DurationSeconds; the first line of a video counts.</summary>
internal sealed class VideoTable
{
    private static readonly Video Unknown = new(Author: -1, DurationSeconds: 0);

    private readonly Dictionary<int, Video> _videos = [];

    public VideoTable(IDataView videos)
    {
        using var cursor = videos.GetRowCursor(videos.Schema);
        var itemGetter = cursor.GetGetter<int>(videos.Schema["Item"]);
        var authorGetter = cursor.GetGetter<int>(videos.Schema["Author"]);
        var durationGetter = cursor.GetGetter<float>(videos.Schema["DurationSeconds"]);
        int item = 0, author = 0;
        float durationSeconds = 0;
        while (cursor.MoveNext())
        {
            itemGetter(ref item);
            authorGetter(ref author);
            durationGetter(ref durationSeconds);
            _videos.TryAdd(item, new Video(author, durationSeconds));
        }
    }

    public Video this[int item] => _videos.GetValueOrDefault(item, Unknown);
}

/// <summary>Adds DurationSeconds and Author to a log by its column Item; of a video that the table lacks, 0 and −1.</summary>
internal sealed class VideoColumns(DataViewSchema log, MadeOnce<VideoTable> videos) : RowMapping(
    log, new AddedColumn("DurationSeconds", NumberDataViewType.Single), new AddedColumn("Author", NumberDataViewType.Int32))
{
    public override IEnumerable<DataViewSchema.Column> Inputs => [InputSchema["Item"]];

    public override Delegate[] CreateGetters(DataViewRow input)
    {
        var table = videos.Value;
        var itemGetter = input.GetGetter<int>(InputSchema["Item"]);
        int item = 0;
        return
        [
            (ValueGetter<float>)((ref float durationSeconds) => durationSeconds = Find().DurationSeconds),
            (ValueGetter<int>)((ref int author) => author = Find().Author),
        ];

        Video Find()
        {
            itemGetter(ref item);
            return table[item];
        }
    }
}
