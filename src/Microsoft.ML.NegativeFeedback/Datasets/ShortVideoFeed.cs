using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>
/// A simulated feed as a data view of views: user after user, each in the order of time, one user in memory at a time. Beside
/// User, Item, Time, WatchSeconds and DurationSeconds it shows what a real log hides: the session, the taste that was active in
/// it, the video's category, and in how many aspects the video missed the taste; then the context, Hour and Tab, and of what a
/// skip came: whether the video has what the session's mood does not want, and how many tastes of the user want it.
/// </summary>
internal sealed class ShortVideoFeed : StreamedDataView
{
    private readonly ShortVideoFeedOptions _options;
    private readonly Lazy<ShortVideoCatalogue> _catalogue;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public ShortVideoFeed(ShortVideoFeedOptions options)
        : base(CreateSchema())
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Checked();
        _catalogue = new Lazy<ShortVideoCatalogue>(() => new ShortVideoCatalogue(_options));
    }

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(this, columnsNeeded);

    private static DataViewSchema CreateSchema()
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("User", NumberDataViewType.Int32);
        builder.AddColumn("Item", NumberDataViewType.Int32);
        builder.AddColumn("Time", NumberDataViewType.Int64);
        builder.AddColumn("WatchSeconds", NumberDataViewType.Single);
        builder.AddColumn("DurationSeconds", NumberDataViewType.Single);
        builder.AddColumn("Session", NumberDataViewType.Int32);
        builder.AddColumn("Taste", NumberDataViewType.Int32);
        builder.AddColumn("Category", NumberDataViewType.Int32);
        builder.AddColumn("Mismatches", NumberDataViewType.Int32);
        builder.AddColumn("Hour", NumberDataViewType.Int32);
        builder.AddColumn("Tab", NumberDataViewType.Int32);
        builder.AddColumn("MoodMismatches", NumberDataViewType.Int32);
        builder.AddColumn("MatchingTastes", NumberDataViewType.Int32);
        return builder.ToSchema();
    }

    private sealed class Cursor(ShortVideoFeed feed, IEnumerable<DataViewSchema.Column> columnsNeeded)
        : SourceCursor(feed.Schema, columnsNeeded)
    {
        private readonly ShortVideoUsers _users = new(feed._options, feed._catalogue.Value);
        private List<ShortVideoView> _views = [];
        private int _nextUser = feed._options.FirstUserIndex;
        private int _nextView;
        private ShortVideoView _view;

        protected override bool Advance()
        {
            if (_nextView == _views.Count)
            {
                if (_nextUser == feed._options.FirstUserIndex + feed._options.UserCount)
                    return false;
                _views = _users.Play(_nextUser++);
                _nextView = 0;
            }

            _view = _views[_nextView++];
            return true;
        }

        protected override Delegate CreateGetter(int columnIndex) => columnIndex switch
        {
            0 => (ValueGetter<int>)((ref int value) => value = _view.User),
            1 => (ValueGetter<int>)((ref int value) => value = _view.Item),
            2 => (ValueGetter<long>)((ref long value) => value = _view.Time),
            3 => (ValueGetter<float>)((ref float value) => value = _view.WatchSeconds),
            4 => (ValueGetter<float>)((ref float value) => value = _view.DurationSeconds),
            5 => (ValueGetter<int>)((ref int value) => value = _view.Session),
            6 => (ValueGetter<int>)((ref int value) => value = _view.Taste),
            7 => (ValueGetter<int>)((ref int value) => value = _view.Category),
            8 => (ValueGetter<int>)((ref int value) => value = _view.Mismatches),
            9 => (ValueGetter<int>)((ref int value) => value = (int)(_view.Time / 3600 % 24)),
            10 => (ValueGetter<int>)((ref int value) => value = _view.Tab),
            11 => (ValueGetter<int>)((ref int value) => value = _view.MoodMismatches),
            _ => (ValueGetter<int>)((ref int value) => value = _view.MatchingTastes),
        };
    }
}
