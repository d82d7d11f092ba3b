using System.Globalization;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>
/// The temporal split of PNFRec (section 4.3): a global boundary in time for training, then each held-out user's last interaction
/// against the history before it.
/// </summary>
internal sealed class TemporalSplit
{
    private readonly TemporalSplitOptions _options;
    private readonly InteractionLog _log;
    private readonly UserLog _users;
    private readonly TemporalParts _parts;

    private TemporalSplit(InteractionLog log, UserLog users, TemporalSplitOptions options, int seed, Func<int, string> nameOfUser)
    {
        _log = log;
        _users = users;
        _options = options;
        _parts = new TemporalParts(log, users, options, seed, nameOfUser);
    }

    /// <summary>Splits a labelled log; it is read once here, and again whenever the training rows are.</summary>
    /// <exception cref="ArgumentException">An option is wrong, or a column is missing or of a type that cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The log is empty, or holds what cannot be read, or misses an item, or a part of the split would be empty.
    /// </exception>
    public static TemporalSplitData Split(IHostEnvironment environment, IDataView interactions, TemporalSplitOptions options)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        var columns = options.LogColumns.Require(interactions.Schema);
        var host = environment.Register(nameof(TemporalSplit));
        using var channel = host.Start("Splitting");
        var log = InteractionLog.Read(interactions, columns, options.CancellationToken);
        log.RequireItems(columns.Item);
        object?[]? keyValues = BoxedValues.KeyValues(columns.User);
        var split = new TemporalSplit(
            log, log.GroupByUser(), options, options.Seed ?? host.Rand.Next(), user => NameOf(log, user, keyValues));
        var data = split.Build(interactions, columns);
        split.ReportUsersLeftOut(channel, data.Counts);
        return data;
    }

    private static string NameOf(InteractionLog log, int user, object?[]? keyValues)
    {
        string text = log.Users.TextOf(user);
        return keyValues is null ? text : FormattableString.Invariant($"{keyValues[int.Parse(text, CultureInfo.InvariantCulture) - 1]}");
    }

    private TemporalSplitData Build(IDataView interactions, InteractionColumns columns)
    {
        var counts = _parts.Counts;
        bool[] isTrainUser = UsersWithEnoughPositives(TemporalPart.Train);
        bool[] isTrainRow = new bool[_log.Count];
        int trainCount = 0;
        for (int row = 0; row < _log.Count; row++)
        {
            isTrainRow[row] = _parts[row] == TemporalPart.Train && isTrainUser[_log[row].User];
            trainCount += isTrainRow[row] ? 1 : 0;
        }

        if (trainCount == 0)
        {
            throw new InvalidDataException($"No user has {_options.MinimumPositiveCount} positives before the boundary, {counts.Boundary}: "
                + $"nothing is left to train on. Lower {nameof(TemporalSplitOptions.MinimumPositiveCount)}, or check the labels.");
        }

        var validation = EvaluationRows(TemporalPart.Validation, isTrainUser);
        if (validation.Rows.Count == 0 && _options.AsksForValidation)
            throw NothingIn("validation", $"{nameof(TemporalSplitOptions.TestShare)} = 1, or no {nameof(TemporalSplitOptions.ValidationUsers)} at all, []");
        var test = EvaluationRows(TemporalPart.Test, isTrainUser);
        if (test.Rows.Count == 0 && _options.AsksForTest)
            throw NothingIn("test", $"{nameof(TemporalSplitOptions.TestShare)} = 0");
        counts = counts with
        {
            TrainSetInteractions = trainCount,
            TrainSetUsers = isTrainUser.Count(isKept => isKept),
            ValidationRows = validation.Rows.Count,
            TestRowsWithPositiveTarget = test.Rows.Count(row => test.Feedback[row.Target] > 0),
            TestRowsWithNegativeTarget = test.Rows.Count(row => test.Feedback[row.Target] < 0),
        };
        return new TemporalSplitData(
            new RowSubsetView(interactions, isTrainRow, trainCount), View(columns, validation), View(columns, test), SequenceDataView.OfItems(_users, columns), counts);
    }

    private InvalidDataException NothingIn(string part, string remedy) => new(
        $"The {part} set would be empty: of the {_parts.Counts.HeldOutUsers} users with interactions from the boundary on, "
        + $"{_parts.Counts.Boundary}, no {part} user has {_options.MinimumPositiveCount} positives on each side of it and an interaction to foresee. Lower "
        + $"{nameof(TemporalSplitOptions.MinimumPositiveCount)} or {nameof(TemporalSplitOptions.BoundaryQuantile)}, take a larger log, or ask for "
        + $"no {part} set: {remedy}.");

    private void ReportUsersLeftOut(IChannel channel, TemporalSplitCounts counts)
    {
        int untrained = _log.Users.Count - counts.TrainSetUsers;
        int evaluated = counts.ValidationRows + counts.TestRowsWithPositiveTarget + counts.TestRowsWithNegativeTarget;
        if (untrained > 0)
        {
            channel.Info(MessageSensitivity.None, "{0}", $"{untrained} of {_log.Users.Count} users are left out of training: "
                + $"{_log.Users.Count - counts.Users} have too few items that are not rare (MinimumUserCount {_options.MinimumUserCount}, MinimumItemCount "
                + $"{_options.MinimumItemCount}), the others no interaction or fewer than {_options.MinimumPositiveCount} positives before the boundary.");
        }

        if (evaluated < counts.HeldOutUsers)
        {
            channel.Info(MessageSensitivity.None, "{0}", $"{counts.HeldOutUsers - evaluated} of {counts.HeldOutUsers} users with interactions from the boundary "
                + $"on are not evaluated: they have fewer than {_options.MinimumPositiveCount} positives on one side of it, nothing to foresee, or are given as "
                + "neither validation nor test users.");
        }
    }

    private SequenceDataView View(InteractionColumns columns, SequenceStore store) => new(
        [
            .. SequenceColumns.Of(columns, _options.ItemsColumnName, _options.FeedbackSequenceColumnName, _options.TimesColumnName),
            .. SequenceColumns.OfTarget(
                columns, _options.TargetItemColumnName, _options.TargetFeedbackColumnName, _options.OutputTargetTimeColumnName),
        ],
        store);

    private bool[] UsersWithEnoughPositives(TemporalPart part)
    {
        int[] positives = new int[_log.Users.Count];
        bool[] isIn = new bool[_log.Users.Count];
        for (int row = 0; row < _log.Count; row++)
        {
            if (_parts[row] != part)
                continue;
            isIn[_log[row].User] = true;
            if (_log[row].Feedback > 0)
                positives[_log[row].User]++;
        }

        return [.. positives.Zip(isIn, (count, isIn) => isIn && count >= _options.MinimumPositiveCount)];
    }

    private SequenceStore EvaluationRows(TemporalPart part, bool[] isTrainUser)
    {
        bool[] isHeldOutUser = UsersWithEnoughPositives(part);
        var users = Enumerable.Range(0, _log.Users.Count).Where(user => isTrainUser[user] && isHeldOutUser[user]).ToArray();
        var store = new SequenceStore(_users, users.Sum(user => _users.Of(user).Length), _options.TimesColumnName is not null);
        foreach (int user in users)
        {
            int start = store.Count;
            int target = -1;
            foreach (ref readonly var interaction in _users.Of(user))
            {
                var its = _parts[interaction.Row];
                if (its == TemporalPart.Dropped)
                    continue;
                if (its == part && (interaction.Feedback > 0 || (interaction.Feedback < 0 && part == TemporalPart.Test)))
                    target = store.Count;
                store.Add(interaction);
            }

            if (target >= 0)
                store.AddRow(new SequencePart(user, start, target - start, target));
        }

        return store.Complete();
    }
}
