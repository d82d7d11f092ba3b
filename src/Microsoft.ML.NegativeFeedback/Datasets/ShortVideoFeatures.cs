using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Datasets;

/// <summary>The users of a simulated feed with what a platform knows of them, a row a user.</summary>
internal sealed class ShortVideoUserView : StreamedDataView
{
    private readonly ShortVideoFeedOptions _options;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public ShortVideoUserView(ShortVideoFeedOptions options)
        : base(CreateSchema())
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options.Checked();
    }

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(this, columnsNeeded);

    private static DataViewSchema CreateSchema()
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("User", NumberDataViewType.Int32);
        builder.AddColumn("ActivityGroup", TextDataViewType.Instance);
        builder.AddColumn("TenureDays", NumberDataViewType.Int32);
        builder.AddColumn("AgeGroup", NumberDataViewType.Int32);
        builder.AddColumn("DeclaredCategory", NumberDataViewType.Int32);
        builder.AddColumn("Region", NumberDataViewType.Int32);
        return builder.ToSchema();
    }

    private sealed class Cursor(ShortVideoUserView view, IEnumerable<DataViewSchema.Column> columnsNeeded)
        : SourceCursor(view.Schema, columnsNeeded)
    {
        private int _user = view._options.FirstUserIndex - 1;
        private ShortVideoTraits _traits;

        protected override bool Advance()
        {
            if (++_user == view._options.FirstUserIndex + view._options.UserCount)
                return false;
            _traits = ShortVideoTraits.Of(_user, view._options);
            return true;
        }

        protected override Delegate CreateGetter(int columnIndex) => columnIndex switch
        {
            0 => (ValueGetter<int>)((ref int value) => value = _user + 1),
            1 => (ValueGetter<ReadOnlyMemory<char>>)((ref ReadOnlyMemory<char> value) => value = _traits.GroupName.AsMemory()),
            2 => (ValueGetter<int>)((ref int value) => value = _traits.TenureDays),
            3 => (ValueGetter<int>)((ref int value) => value = _traits.AgeGroup),
            4 => (ValueGetter<int>)((ref int value) => value = _traits.DeclaredCategory),
            _ => (ValueGetter<int>)((ref int value) => value = _traits.Region),
        };
    }
}

/// <summary>The videos of a simulated feed, a row a video.</summary>
internal sealed class ShortVideoItemView : StreamedDataView
{
    private const int FirstAspect = 3, DaysBefore = 365, VideosPerAuthor = 10;

    private readonly ShortVideoFeedOptions _options;
    private readonly Lazy<ShortVideoCatalogue> _catalogue;

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public ShortVideoItemView(ShortVideoFeedOptions options)
        : base(CreateSchema(options.Checked().AspectCount))
    {
        _options = options.Checked();
        _catalogue = new Lazy<ShortVideoCatalogue>(() => new ShortVideoCatalogue(_options));
    }

    public override DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
        => new Cursor(this, columnsNeeded);

    private static DataViewSchema CreateSchema(int aspectCount)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn("Item", NumberDataViewType.Int32);
        builder.AddColumn("Category", NumberDataViewType.Int32);
        builder.AddColumn("DurationSeconds", NumberDataViewType.Single);
        for (int aspect = 1; aspect <= aspectCount; aspect++)
            builder.AddColumn($"Aspect{aspect}", NumberDataViewType.Int32);
        builder.AddColumn("Author", NumberDataViewType.Int32);
        builder.AddColumn("UploadDay", NumberDataViewType.Int32);
        return builder.ToSchema();
    }

    private sealed class Cursor(ShortVideoItemView view, IEnumerable<DataViewSchema.Column> columnsNeeded)
        : SourceCursor(view.Schema, columnsNeeded)
    {
        private readonly ShortVideoFeedOptions _options = view._options;
        private readonly ShortVideoCatalogue _catalogue = view._catalogue.Value;
        private StableRandom _random = new(view._options.Seed, stream: -2);
        private int _video = -1;
        private int _author;
        private int _uploadDay;

        protected override bool Advance()
        {
            if (++_video == _options.VideoCount)
                return false;
            _author = DrawAuthor(_catalogue.CategoryOf(_video));
            _uploadDay = _random.Next(DaysBefore) - DaysBefore;
            return true;
        }

        protected override Delegate CreateGetter(int columnIndex)
        {
            int aspect = columnIndex - FirstAspect;
            if (aspect >= 0 && aspect < _options.AspectCount)
                return (ValueGetter<int>)((ref int value) => value = _catalogue.AspectOf(_video, aspect));
            return (aspect < 0 ? columnIndex : columnIndex - _options.AspectCount) switch
            {
                0 => (ValueGetter<int>)((ref int value) => value = _video + 1),
                1 => (ValueGetter<int>)((ref int value) => value = _catalogue.CategoryOf(_video)),
                2 => (ValueGetter<float>)((ref float value) => value = _catalogue.DurationSecondsOf(_video)),
                FirstAspect => (ValueGetter<int>)((ref int value) => value = _author + 1),
                _ => (ValueGetter<int>)((ref int value) => value = _uploadDay),
            };
        }

        /// <summary>Author a keeps to category a modulo the number of categories: one of those, or anyone.</summary>
        private int DrawAuthor(int category)
        {
            int count = (_options.VideoCount + VideosPerAuthor - 1) / VideosPerAuthor;
            bool isOfCategory = _random.NextDouble() < 0.8;
            double u = _random.NextDouble();
            int ofCategory = category < count ? (count - 1 - category) / _options.CategoryCount + 1 : 0;
            return isOfCategory && ofCategory > 0
                ? category + (int)(u * ofCategory) * _options.CategoryCount
                : (int)(u * count);
        }
    }
}
