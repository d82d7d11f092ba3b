using Microsoft.ML.NegativeFeedback.DataView;

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

    private TemporalSplit(InteractionLog log, UserLog users, TemporalSplitOptions options, Func<int, string> nameOfUser)
    {
        _log = log;
        _users = users;
        _options = options;
        _parts = new TemporalParts(log, users, options, nameOfUser);
    }

    /// <summary>Splits a labelled log; it is read once here, and again whenever the training rows are.</summary>
    /// <exception cref="ArgumentException">An option is wrong, or a column is missing or of a type that cannot be read.</exception>
    /// <exception cref="InvalidDataException">
    /// The log is empty, or holds what cannot be read, or a part of the split would be empty.
    /// </exception>
    public static TemporalSplitData Split(IDataView interactions, TemporalSplitOptions options)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        var columns = options.LogColumns.Require(interactions.Schema);
        var log = InteractionLog.Read(interactions, columns);
        object?[]? keyValues = BoxedValues.KeyValues(columns.User);
        return new TemporalSplit(log, log.GroupByUser(), options, user => NameOf(log, user, keyValues)).Build(interactions, columns);
    }

    private static string NameOf(InteractionLog log, int user, object?[]? keyValues)
    {
        string text = log.Users.TextOf(user);
        return keyValues is null ? text : FormattableString.Invariant($"{keyValues[int.Parse(text) - 1]}");
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
        var test = EvaluationRows(TemporalPart.Test, isTrainUser);
        counts = counts with
        {
            TrainSetInteractions = trainCount,
            TrainSetUsers = isTrainUser.Count(isKept => isKept),
            ValidationRows = validation.Rows.Count,
            TestRowsWithPositiveTarget = test.Rows.Count(row => test.Feedback[row.Target] > 0),
            TestRowsWithNegativeTarget = test.Rows.Count(row => test.Feedback[row.Target] < 0),
        };
        return new TemporalSplitData(
            new RowSubsetView(interactions, isTrainRow, trainCount), View(columns, validation), View(columns, test), counts);
    }

    private SequenceDataView View(InteractionColumns columns, SequenceStore store) => new(
        [
            .. SequenceColumns.Of(columns, _options.ItemsColumnName, _options.FeedbackSequenceColumnName, timesName: null),
            .. SequenceColumns.OfTarget(columns, _options.TargetItemColumnName, _options.TargetFeedbackColumnName),
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
        var store = new SequenceStore(_users, users.Sum(user => _users.Of(user).Length), keepsTimes: false);
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
                store.AddRow(new SequenceRow(user, start, target - start, target));
        }

        return store.Complete();
    }
}
