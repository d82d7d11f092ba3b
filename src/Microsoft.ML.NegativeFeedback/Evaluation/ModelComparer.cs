using System.Collections;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Sampling;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Evaluation;

/// <summary>Reads the scored rows of two models, one after the other, to a row of metrics a user, and compares them group by group.</summary>
internal sealed class ModelComparer
{
    private const string AllUsers = "all users";

    /// <summary>As <see cref="EngagementStage"/> has them.</summary>
    private static readonly string[] StageNames = ["low activity", "growth", "maturity", "recession"];

    private readonly LiftOptions _options;
    private readonly UserMetrics _metrics;
    private readonly Dictionary<object, int> _users = []; // in the order of the baseline's rows
    private readonly List<int> _groupOfUser = [];
    private readonly List<string> _groups;
    private readonly Dictionary<object, EngagementStage>? _stages;

    private ModelComparer(LiftOptions options)
    {
        _options = options;
        _metrics = new UserMetrics(options);
        _groups = options.Log is null ? [AllUsers] : [AllUsers, .. StageNames];
        _stages = options.Log is null ? null : EngagementStages.Read(options.Log, options);
    }

    public static LiftTable Compare(IHostEnvironment environment, IDataView baseline, IDataView treatment, LiftOptions options)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        ArgumentNullException.ThrowIfNull(treatment);
        options.Check();
        foreach (var view in new[] { baseline, treatment })
            RequireColumns(view, options);
        if (options.GroupColumnName is { } group)
            RequireGroup(baseline, group);
        return new ModelComparer(options).Compare(baseline, treatment, options.Seed ?? environment.Register("CompareModels").Rand.Next());
    }

    private LiftTable Compare(IDataView baseline, IDataView treatment, int seed)
    {
        var before = ReadBaseline(baseline);
        var after = ReadTreatment(treatment);
        var users = _groupOfUser.Select((group, user) => (group, user)).Where(pair => pair.group > 0).ToLookup(pair => pair.group, pair => pair.user);
        var rows = new List<LiftRow>();
        foreach (int group in GroupsInOrder())
            rows.AddRange(RowsOf(group, group == 0 ? [.. Enumerable.Range(0, _users.Count)] : [.. users[group]], before, after, seed));
        return new LiftTable(rows, _options.ConfidenceLevel);
    }

    /// <summary>All users, then stages in their order and other groups by name, as far as there are users in them.</summary>
    private IEnumerable<int> GroupsInOrder()
    {
        var others = Enumerable.Range(1, _groups.Count - 1).Where(_groupOfUser.Contains);
        return [0, .. _stages is null ? others.OrderBy(group => _groups[group], StringComparer.Ordinal) : others];
    }

    private List<LiftRow> RowsOf(int group, int[] users, UserStatistics before, UserStatistics after, int seed)
    {
        var bootstrap = new LiftBootstrap(users, before.Values, after.Values, _metrics.Names.Count);
        // drawn by the group's name, so that a group's interval does not depend on which other groups there are
        long groupSeed = CounterRandom.Of([seed, .. _groups[group].Select(character => (long)character)]).Bits64();
        var intervals = bootstrap.Intervals(_options.BootstrapCount, _options.ConfidenceLevel, groupSeed, _options.CancellationToken);
        var rows = _options.TaskNames.Select((task, i) => Row(
            "AUC " + task, false, users.Length, before.Aucs[group][i], after.Aucs[group][i], (double.NaN, double.NaN)));
        return [.. rows, .. _metrics.Names.Select((metric, i) =>
        {
            var (baseline, treatment, count) = bootstrap.MeanOf(i);
            return Row(metric.Name, metric.IsLowerBetter, count, baseline, treatment, intervals[i]);
        })];

        LiftRow Row(string metric, bool isLowerBetter, int count, double baseline, double treatment, (double Lower, double Upper) interval) => new()
        {
            Group = _groups[group],
            Metric = metric,
            IsLowerBetter = isLowerBetter,
            UserCount = count,
            Baseline = baseline,
            Treatment = treatment,
            LiftPercent = LiftBootstrap.LiftPercent(baseline, treatment),
            LowerPercent = interval.Lower,
            UpperPercent = interval.Upper,
        };
    }

    private UserStatistics ReadBaseline(IDataView view) => _metrics.Read(view, _options.GroupColumnName, cursor =>
    {
        var readUser = TaskColumns.UserReader(cursor, view.Schema[_options.UserColumnName]);
        var groupOf = GroupReader(cursor);
        return () =>
        {
            object user = readUser();
            if (!_users.TryAdd(user, _users.Count))
                throw Twice(user, "baseline", cursor.Position);
            _groupOfUser.Add(groupOf(user));
            return (_users.Count - 1, _groupOfUser[^1]);
        };
    });

    private UserStatistics ReadTreatment(IDataView view)
    {
        var isRead = new BitArray(_users.Count);
        var statistics = _metrics.Read(view, groupColumnName: null, cursor =>
        {
            var readUser = TaskColumns.UserReader(cursor, view.Schema[_options.UserColumnName]);
            return () =>
            {
                object user = readUser();
                if (!_users.TryGetValue(user, out int number))
                    throw Alone(user, "treatment", "baseline");
                if (isRead[number])
                    throw Twice(user, "treatment", cursor.Position);
                isRead[number] = true;
                return (number, _groupOfUser[number]);
            };
        });
        return isRead.HasAllSet() ? statistics : throw Alone(_users.First(user => !isRead[user.Value]).Key, "baseline", "treatment");
    }

    /// <summary>A reader of the group of the current row's user, 0 where all users are one.</summary>
    private Func<object, int> GroupReader(DataViewRow row)
    {
        if (_stages is not null)
            return user => 1 + (int)StageOf(user, _stages);
        if (_options.GroupColumnName is not { } name)
            return _ => 0;
        var read = BoxedValues.ScalarBehind(row, row.Schema[name]);
        var numbers = new Dictionary<string, int>();
        return user =>
        {
            string group = BoxedValues.TextOf(read() ?? "");
            if (group.Length == 0)
                throw new ArgumentException($"Row {row.Position + 1}: user '{BoxedValues.TextOf(user)}' has no group in column '{name}': give every user one.");
            if (!numbers.TryGetValue(group, out int number))
            {
                numbers.Add(group, number = _groups.Count);
                _groups.Add(group);
            }

            return number;
        };
    }

    /// <summary>The user's stage; whoever is not in the log has no views.</summary>
    /// <exception cref="ArgumentException">The log's users are of another type, so that nobody is in it.</exception>
    private EngagementStage StageOf(object user, Dictionary<object, EngagementStage> stages)
    {
        if (stages.TryGetValue(user, out var stage))
            return stage;
        var type = stages.First().Key.GetType();
        return type == user.GetType() ? EngagementStage.LowActivity : throw new ArgumentException($"Column '{_options.LogUserColumnName}' of the log holds {type.Name}, but "
            + $"column '{_options.UserColumnName}' of the scored rows {user.GetType().Name}: convert one of them (Conversion.ConvertType), or give a key its values.");
    }

    private static void RequireColumns(IDataView view, LiftOptions options)
    {
        TaskColumns.RequireUser(view.Schema, options.UserColumnName);
        UserMetrics.ColumnsOf(view.Schema, options);
    }

    private static void RequireGroup(IDataView view, string name)
        => Columns.Require(view.Schema, name, type => type is TextDataViewType or KeyDataViewType, "a scalar of text or key type with the user's group");

    private ArgumentException Twice(object user, string view, long position)
        => new($"User '{BoxedValues.TextOf(user)}' of column '{_options.UserColumnName}' has a second row, {position + 1}, in the {view}'s data: one row a user is compared.");

    private ArgumentException Alone(object user, string view, string other)
        => new($"User '{BoxedValues.TextOf(user)}' of column '{_options.UserColumnName}' is in the {view}'s data and not in the {other}'s: both models must score the same users.");
}
