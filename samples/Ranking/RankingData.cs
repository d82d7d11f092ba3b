using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback;

namespace Ranking;

/// <summary>Views with the kinds of feedback that they got, split into histories and each user's last views, and what is known of users, videos and moments.</summary>
internal sealed class RankingData
{
    /// <summary>n: the last views of a user are ranked, the n before them watched by early stopping.</summary>
    public const int LastViews = 10;

    private RankingData(string name, MLContext ml, IDataView log, LiftOptions groups, string[] userColumns, string[] contextColumns)
    {
        (Name, Groups, UserColumns, ContextColumns) = (name, groups, userColumns, contextColumns);
        var labels = ml.Transforms.LabelWatchFeedback().Append(ml.Transforms.LabelFeedback(FeedbackRule.WatchTime()));
        string[] perUser = groups.GroupColumnName is { } group ? [.. userColumns.Append(group).Distinct()] : userColumns;
        var split = ml.Data.LeaveLastOut(labels.Fit(log).Transform(log), new LeaveLastOutOptions
        {
            NumberOfLastViews = LastViews,
            PassThroughColumnNames = perUser,
            SequenceColumnNames = ["Flags", "WatchSeconds", .. contextColumns],
        });
        // one dictionary for histories and candidates, which knows the videos that are candidates only
        var keys = ml.Transforms.Conversion
            .MapValueToKey([new InputOutputColumnPair("Items"), new InputOutputColumnPair("Candidates")], keyData: split.Catalogue).Fit(split.TrainSet);
        (Train, Validation, Test) = (keys.Transform(split.TrainSet), keys.Transform(split.ValidationSet), keys.Transform(split.TestSet));
        Counts = split.Counts;
    }

    public string Name { get; }

    public IDataView Train { get; }

    public IDataView Validation { get; }

    public IDataView Test { get; }

    public LeaveLastOutCounts Counts { get; }

    /// <summary>What is known of a user, columns of every row.</summary>
    public string[] UserColumns { get; }

    /// <summary>What surrounds a view.</summary>
    public string[] ContextColumns { get; }

    /// <summary>A row a video: Item and what is known of it.</summary>
    public required IDataView Videos { get; init; }

    /// <summary>A row a video: Item and Category; null where there are no categories.</summary>
    public IDataView? Categories { get; private init; }

    /// <summary>How <c>CompareModels</c> tells the users' groups.</summary>
    public LiftOptions Groups { get; }

    /// <summary>The simulated feed with the four groups of users, which it names itself.</summary>
    public static RankingData OfFeed(int users)
    {
        var ml = new MLContext(seed: 1);
        var options = new ShortVideoFeedOptions { UserCount = users, VideoCount = 1000, ActivityGroups = true };
        string[] keys = ["ActivityGroup", "AgeGroup", "DeclaredCategory", "Region"], context = ["Hour", "Tab"];
        var log = Join(ml, ml.Data.SimulateShortVideoFeed(options), ml.Data.SimulateShortVideoUsers(options), [.. keys, "TenureDays"]);
        log = Keys(ml, [.. keys, .. context]).Append(ml.Transforms.Conversion.ConvertType("TenureDays", outputKind: DataKind.Single)).Fit(log).Transform(log);
        var videos = ml.Data.SimulateShortVideos(options);
        string[] ofVideos = ["Category", "Aspect1", "Aspect2", "Author"];
        return new RankingData($"feed of {users} users", ml, log, new LiftOptions { GroupColumnName = "ActivityGroup" }, [.. keys, "TenureDays"], context)
        {
            Videos = Keys(ml, ofVideos).Append(ml.Transforms.SelectColumns(["Item", .. ofVideos, "DurationSeconds"])).Fit(videos).Transform(videos),
            Categories = videos,
        };
    }

    /// <summary>
    /// The subset of KuaiRand, less the views of videos whose duration is unknown, 10-core; user_features.csv tells of the users, the log of their groups. It has no
    /// categories.
    /// </summary>
    public static RankingData OfKuaiRand(string folder)
    {
        var ml = new MLContext(seed: 1);
        var users = LoadKuaiRandUsers(ml, Path.Combine(folder, "user_features.csv"));
        var log = ml.Data.FilterRowsByColumn(ml.Data.LoadKuaiRand(folder), "DurationSeconds", lowerBound: float.Epsilon);
        log = ml.Data.FilterCore(log, 10, 10);
        string[] keys = ["ActiveDegree", "FollowRange", "FansRange", "FriendRange"];
        log = Join(ml, log, users, [.. keys, "TenureDays"]);
        log = Keys(ml, keys).Append(ml.Transforms.CustomMapping<Moment, HourOfDay>(HourOfDay.InChina, contractName: null)).Fit(log).Transform(log);
        // the log has 15 days, half of the window that groups are told by otherwise
        var groups = new LiftOptions { Log = log, LogTimeUnit = TimeSpan.FromMilliseconds(1), TenureDaysColumnName = "TenureDays", WindowDays = 14 };
        var durations = ml.Data.CreateEnumerable<Video>(log, reuseRowObject: false).DistinctBy(video => video.Item);
        return new RankingData("KuaiRand", ml, log, groups, [.. keys, "TenureDays"], ["Hour"]) { Videos = ml.Data.LoadFromEnumerable(durations.ToArray()) };
    }

    private static IDataView LoadKuaiRandUsers(MLContext ml, string path)
    {
        var columns = new (string Name, string Field, DataKind Kind)[]
        {
            ("User", "user_id", DataKind.Int32), ("ActiveDegree", "user_active_degree", DataKind.String), ("FollowRange", "follow_user_num_range", DataKind.String),
            ("FansRange", "fans_user_num_range", DataKind.String), ("FriendRange", "friend_user_num_range", DataKind.String),
            ("TenureDays", "register_days", DataKind.Single),
        };
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no '{path}': KuaiRand's file of user features (user_features_pure.csv or the like) belongs there by that name.", path);
        string[] fields = [.. File.ReadLines(path).Take(1).SelectMany(line => line.Split(','))];
        if (columns.FirstOrDefault(column => !fields.Contains(column.Field)) is { Field: { } missing })
            throw new InvalidDataException($"'{path}' has no field '{missing}' in its first line: it is no file of KuaiRand's user features.");
        return ml.Data.LoadFromTextFile(path, new TextLoader.Options
        {
            HasHeader = true,
            Separators = [','],
            AllowQuoting = true,
            Columns = [.. columns.Select(column => new TextLoader.Column(column.Name, column.Kind, Array.IndexOf(fields, column.Field)))],
        });
    }

    /// <summary>Puts what is known of a user beside each of the user's views.</summary>
    private static IDataView Join(MLContext ml, IDataView log, IDataView users, string[] names)
        => names.Aggregate(log, (view, name) => ml.Transforms.Conversion.MapValue(name, users, users.Schema["User"], users.Schema[name], "User").Fit(view).Transform(view));

    private static IEstimator<ITransformer> Keys(MLContext ml, string[] names)
        => ml.Transforms.Conversion.MapValueToKey([.. names.Select(name => new InputOutputColumnPair(name))]);

    private sealed class Moment
    {
        public long Time { get; set; }
    }

    private sealed class HourOfDay
    {
        private const long MillisecondsPerHour = 3_600_000;

        [KeyType(24)]
        public uint Hour { get; set; }

        // keys count from 1
        public static void InChina(Moment view, HourOfDay hour) => hour.Hour = (uint)((view.Time / MillisecondsPerHour + 8) % 24) + 1;
    }

    private sealed class Video
    {
        public int Item { get; set; }

        public float DurationSeconds { get; set; }
    }
}
