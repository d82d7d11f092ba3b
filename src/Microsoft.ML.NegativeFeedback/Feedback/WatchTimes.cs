using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Feedback;

/// <summary>What a view must be longer than, in seconds, to be EVV and FVV.</summary>
internal readonly record struct ViewThresholds(float EngagedViewSeconds, float FocusedViewSeconds);

/// <summary>
/// The learned watch times: of every video with enough views its thresholds, and those of the duration buckets for the others. A threshold is the least
/// watch time t such that the share q of the views are not longer than t. So a view is longer than t where, and only where, at least the share q of
/// the views are shorter than it.
/// </summary>
internal abstract class WatchTimes
{
    /// <summary>The type of the items that were learned.</summary>
    public required DataViewType ItemType { get; init; }

    /// <summary>The values behind the items' keys; null where they are no keys, or have none.</summary>
    public required object?[]? KeyValues { get; init; }

    public abstract int VideoCount { get; }

    /// <summary>The longest duration of each bucket but the last, in seconds.</summary>
    public required float[] BoundsSeconds { get; init; }

    /// <summary>Of unknown durations, and then of each bucket.</summary>
    protected ViewThresholds[] Buckets { get; init; } = [];

    /// <summary>Reads all views, once; memory is linear in them, and what takes time beside reading is to sort them.</summary>
    /// <exception cref="InvalidDataException">There are none, or a time is NaN, infinite or negative.</exception>
    public static WatchTimes Learn(IDataView data, WatchColumns columns, WatchFeedbackOptions options)
    {
        var type = typeof(WatchTimes<>).MakeGenericType(ColumnTypes.ItemOf(columns.Item.Type).RawType);
        return (WatchTimes)type.GetMethod(nameof(WatchTimes<int>.LearnOf))!.Invoke(
            null, System.Reflection.BindingFlags.DoNotWrapExceptions, null, [data, columns, options], null)!;
    }

    /// <summary>A getter of the flags [views, 3] of the row's views.</summary>
    public abstract ValueGetter<VBuffer<float>> CreateGetter(DataViewRow row, WatchColumns columns, float skipSeconds);

    protected ViewThresholds OfDuration(float durationSeconds) => Buckets[BucketOf(durationSeconds, BoundsSeconds)];

    /// <summary>0 of an unknown duration, else 1 and the number of bounds below it.</summary>
    protected static int BucketOf(float durationSeconds, float[] boundsSeconds)
    {
        if (durationSeconds == 0)
            return 0;
        int place = Array.BinarySearch(boundsSeconds, durationSeconds);
        return 1 + (place >= 0 ? place : ~place);
    }

    /// <summary>Bounds between buckets of equally many views; where bounds fall together, there are fewer buckets.</summary>
    protected static float[] BoundsOf(ReadOnlySpan<float> durationSeconds, int bucketCount)
    {
        float[] known = new float[durationSeconds.Length - durationSeconds.Count(0f)];
        int count = 0;
        foreach (float duration in durationSeconds)
        {
            if (duration > 0)
                known[count++] = duration;
        }

        Array.Sort(known);
        if (count == 0)
            return [];
        bucketCount = Math.Min(bucketCount, count); // with more of them a bucket would have no view of its own
        var bounds = Enumerable.Range(1, bucketCount - 1).Select(bucket => known[(int)Math.Max(0, ((long)bucket * count + bucketCount - 1) / bucketCount - 1)]);
        return [.. bounds.Distinct().Where(bound => bound < known[^1])];
    }

    /// <summary>The thresholds of each group of views that has enough of them; views of group −1 are in none.</summary>
    protected static ViewThresholds?[] OfGroups(
        ReadOnlySpan<int> groups, int groupCount, ReadOnlySpan<float> watchSeconds, int minimumCount, WatchFeedbackOptions options)
    {
        int[] offsets = new int[groupCount + 1];
        foreach (int group in groups)
        {
            if (group >= 0)
                offsets[group + 1]++;
        }

        for (int group = 0; group < groupCount; group++)
            offsets[group + 1] += offsets[group];
        int[] next = offsets.AsSpan(..^1).ToArray();
        float[] grouped = new float[offsets[^1]];
        for (int i = 0; i < groups.Length; i++)
        {
            if (groups[i] >= 0)
                grouped[next[groups[i]]++] = watchSeconds[i];
        }

        var thresholds = new ViewThresholds?[groupCount];
        for (int group = 0; group < groupCount; group++)
        {
            var views = grouped.AsSpan(offsets[group]..offsets[group + 1]);
            if (views.Length >= minimumCount)
                thresholds[group] = Of(views, options);
        }

        return thresholds;
    }

    private static ViewThresholds Of(Span<float> watchSeconds, WatchFeedbackOptions options)
    {
        watchSeconds.Sort();
        return new ViewThresholds(
            Quantile(watchSeconds, options.EngagedViewQuantile), Quantile(watchSeconds, options.FocusedViewQuantile));
    }

    /// <summary>The least value that the share is not above; in decimals, for 0.55 · 20 is above 11 in binary fractions.</summary>
    private static float Quantile(ReadOnlySpan<float> sorted, double share)
        => sorted[Math.Clamp((int)Math.Ceiling((decimal)share * sorted.Length), 1, sorted.Length) - 1];
}

/// <inheritdoc/>
internal sealed class WatchTimes<T> : WatchTimes
    where T : notnull
{
    private readonly Dictionary<T, ViewThresholds> _videos = CreateDictionary<ViewThresholds>();

    public override int VideoCount => _videos.Count;

    public static WatchTimes LearnOf(IDataView data, WatchColumns columns, WatchFeedbackOptions options)
    {
        var numbers = CreateDictionary<int>();
        var videos = new List<int>();
        var watchSeconds = new List<float>();
        var durationSeconds = new List<float>();
        var itemType = ColumnTypes.ItemOf(columns.Item.Type);
        using (var cursor = data.GetRowCursor(columns.All))
        {
            var reader = new ViewReader<T>(cursor, columns);
            while (cursor.MoveNext())
            {
                options.CancellationToken.ThrowIfCancellationRequested();
                var views = reader.Read();
                foreach (T item in views.Items)
                    videos.Add(NumberOf(item, numbers, itemType));
                watchSeconds.AddRange(views.WatchSeconds);
                durationSeconds.AddRange(views.DurationSeconds);
            }
        }

        if (videos.Count == 0)
            throw new InvalidDataException("The log is empty: there is no view whose watch time could be learned.");
        return Create(numbers, Span(videos), Span(watchSeconds), Span(durationSeconds), columns.Item, options);

        static Span<TValue> Span<TValue>(List<TValue> list) => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list);
    }

    public override ValueGetter<VBuffer<float>> CreateGetter(DataViewRow row, WatchColumns columns, float skipSeconds)
    {
        var reader = new ViewReader<T>(row, columns);
        return (ref VBuffer<float> flags) =>
        {
            var views = reader.Read();
            var editor = VBufferEditor.Create(ref flags, 3 * views.Items.Length);
            for (int i = 0; i < views.Items.Length; i++)
            {
                float watched = views.WatchSeconds[i];
                if (!_videos.TryGetValue(views.Items[i], out var thresholds))
                    thresholds = OfDuration(views.DurationSeconds[i]);
                editor.Values[3 * i] = watched > thresholds.EngagedViewSeconds ? 1 : 0;
                editor.Values[3 * i + 1] = watched > thresholds.FocusedViewSeconds ? 1 : 0;
                editor.Values[3 * i + 2] = watched < skipSeconds ? 1 : 0;
            }

            flags = editor.Commit();
        };
    }

    private static WatchTimes<T> Create(
        Dictionary<T, int> numbers, ReadOnlySpan<int> videos, ReadOnlySpan<float> watchSeconds, ReadOnlySpan<float> durationSeconds,
        DataViewSchema.Column item, WatchFeedbackOptions options)
    {
        float[] bounds = options.DurationBoundsSeconds is { } given
            ? [.. given.Select(bound => (float)bound)]
            : BoundsOf(durationSeconds, options.DurationBucketCount);
        int[] buckets = new int[videos.Length];
        for (int i = 0; i < buckets.Length; i++)
            buckets[i] = BucketOf(durationSeconds[i], bounds);
        var ofBuckets = OfGroups(buckets, bounds.Length + 2, watchSeconds, minimumCount: 1, options);
        var ofAll = OfGroups(new int[videos.Length], 1, watchSeconds, minimumCount: 1, options)[0]!.Value;

        var learned = new WatchTimes<T>
        {
            ItemType = ColumnTypes.ItemOf(item.Type),
            KeyValues = BoxedValues.KeyValues(item),
            BoundsSeconds = bounds,
            Buckets = [.. ofBuckets.Select(own => own ?? ofAll)],
        };
        var ofVideos = OfGroups(videos, numbers.Count, watchSeconds, options.MinimumViewCount, options);
        foreach (var (video, number) in numbers)
        {
            if (ofVideos[number] is { } own)
                learned._videos.Add(video, own);
        }

        return learned;
    }

    /// <summary>The video's number, a new one of a new video; −1 where none is named.</summary>
    private static int NumberOf(T item, Dictionary<T, int> numbers, DataViewType itemType)
    {
        if (numbers.TryGetValue(item, out int number))
            return number;
        if (item is ReadOnlyMemory<char> text)
        {
            if (text.IsEmpty)
                return -1;
            item = (T)(object)text.ToString().AsMemory(); // the source may reuse the memory behind a text
        }
        else if (itemType is KeyDataViewType && EqualityComparer<T>.Default.Equals(item, default))
        {
            return -1;
        }

        numbers.Add(item, numbers.Count);
        return numbers.Count - 1;
    }

    private static Dictionary<T, TValue> CreateDictionary<TValue>() => typeof(T) == typeof(ReadOnlyMemory<char>)
        ? new Dictionary<T, TValue>((IEqualityComparer<T>)(object)new TextComparer())
        : [];
}
