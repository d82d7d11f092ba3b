using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>The <see cref="EngagementStage"/> of every user of a log.</summary>
internal sealed class EngagementStages
{
    private readonly Dictionary<object, int> _numbers = [];
    private readonly List<Activity> _activities = [];

    /// <param name="FirstDay">The user's first view, in days.</param>
    /// <param name="TenureDays">Of the column of tenures, or NaN.</param>
    /// <param name="Earlier">Views in the earlier half of the window.</param>
    /// <param name="Later">Views in the later half.</param>
    private record struct Activity(double FirstDay, double TenureDays, int Earlier, int Later);

    /// <summary>Reads the log twice: for its end and the users' beginnings first, for the views of the window then.</summary>
    /// <exception cref="ArgumentException">A column is missing or of another type, a user is missing or a tenure negative.</exception>
    /// <exception cref="InvalidOperationException">The log is empty, or gives other rows when it is read again.</exception>
    public static Dictionary<object, EngagementStage> Read(IDataView log, LiftOptions options)
    {
        var users = new EngagementStages();
        double lastDay = double.NegativeInfinity;
        long rows = users.Walk(log, options, (ref Activity activity, double day, double tenureDays) =>
        {
            lastDay = Math.Max(lastDay, day);
            activity.FirstDay = Math.Min(activity.FirstDay, day);
            activity.TenureDays = tenureDays;
        });
        if (users._activities.Count == 0)
            throw new InvalidOperationException($"The log ({nameof(options.Log)}) has no rows.");
        int userCount = users._activities.Count;
        long rowsAgain = users.Walk(log, options, (ref Activity activity, double day, double _) =>
        {
            if (day > lastDay - (options.WindowDays / 2))
                activity.Later++;
            else if (day > lastDay - options.WindowDays)
                activity.Earlier++;
        });
        if (rowsAgain != rows || users._activities.Count != userCount)
            throw new InvalidOperationException($"The log ({nameof(options.Log)}) gives other rows when it is read again: cache it first (Data.Cache).");
        return users._numbers.ToDictionary(user => user.Key, user => StageOf(users._activities[user.Value], lastDay, options));
    }

    private static EngagementStage StageOf(Activity user, double lastDay, LiftOptions options)
    {
        double tenureDays = options.TenureDaysColumnName is null ? lastDay - user.FirstDay : user.TenureDays;
        return user.Earlier + user.Later < options.LowActivityViews ? EngagementStage.LowActivity
            : tenureDays < options.GrowthTenureDays ? EngagementStage.Growth
            : user.Later < options.RecessionTrend * user.Earlier ? EngagementStage.Recession
            : EngagementStage.Maturity;
    }

    /// <returns>The number of rows.</returns>
    private long Walk(IDataView log, LiftOptions options, Note note)
    {
        var userColumn = TaskColumns.RequireUser(log.Schema, options.LogUserColumnName);
        var timeColumn = Columns.Require(log.Schema, options.LogTimestampColumnName, type => type == NumberDataViewType.Int64 || type is DateTimeDataViewType,
            "a scalar of Int64 (Conversion.ConvertType makes one) or DateTime");
        var tenureColumn = options.TenureDaysColumnName is { } name ? (DataViewSchema.Column?)Columns.Require(log.Schema, name,
            type => type == NumberDataViewType.Single, "a scalar of Single with the days since the user's registration") : null;

        using var cursor = log.GetRowCursor(tenureColumn is { } needed ? [userColumn, timeColumn, needed] : [userColumn, timeColumn]);
        var readUser = TaskColumns.UserReader(cursor, userColumn);
        var readDay = DayReader(cursor, timeColumn, options.LogTimeUnit);
        var readTenure = tenureColumn is { } column ? TenureReader(cursor, column) : () => double.NaN;
        long rows = 0;
        for (; cursor.MoveNext(); rows++)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            object user = readUser();
            if (!_numbers.TryGetValue(user, out int number))
            {
                _numbers.Add(user, number = _activities.Count);
                _activities.Add(new Activity(double.PositiveInfinity, double.NaN, 0, 0));
            }

            note(ref CollectionsMarshal.AsSpan(_activities)[number], readDay(), readTenure());
        }

        return rows;
    }

    private static Func<double> DayReader(DataViewRow row, DataViewSchema.Column column, TimeSpan unit)
    {
        if (column.Type is DateTimeDataViewType)
        {
            var readDate = row.GetGetter<DateTime>(column);
            DateTime date = default;
            return () =>
            {
                readDate(ref date);
                return (double)date.Ticks / TimeSpan.TicksPerDay;
            };
        }

        var read = row.GetGetter<long>(column);
        long time = 0;
        return () =>
        {
            read(ref time);
            return (double)time * unit.Ticks / TimeSpan.TicksPerDay;
        };
    }

    private static Func<double> TenureReader(DataViewRow row, DataViewSchema.Column column)
    {
        var read = row.GetGetter<float>(column);
        float days = 0;
        return () =>
        {
            read(ref days);
            return days >= 0 ? days : throw new ArgumentException(
                $"Row {row.Position + 1}, column '{column.Name}': a tenure is {days.ToString(CultureInfo.InvariantCulture)}; expected days, at least 0.");
        };
    }

    private delegate void Note(ref Activity activity, double day, double tenureDays);
}
