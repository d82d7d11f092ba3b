using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>
/// The leave-last-out split of SINE (section 5.1 and the published code): a user's last positive is the target of the test, the one before it
/// that of the validation, and the negatives between their neighbouring positives are what the target has to be ranked above. Or, for rankers that foretell
/// every kind of feedback, the last n views are the candidates of the test, the n before them those of the validation. All three sets are rows of one store.
/// </summary>
internal sealed class LeaveLastOut
{
    private readonly LeaveLastOutOptions _options;
    private readonly UserLog _users;
    private readonly SequenceStore _store;
    private readonly List<SequencePart> _train = [];
    private readonly List<SequencePart> _validation = [];
    private readonly List<SequencePart> _test = [];

    private LeaveLastOut(UserLog users, LeaveLastOutOptions options)
    {
        _options = options;
        _users = users;
        _store = new SequenceStore(users, users.Count, options.OutputTimesColumnName is not null);
    }

    /// <summary>Splits a labelled log; it is read once, here.</summary>
    /// <exception cref="ArgumentException">An option is wrong, or a column is missing or of a type that cannot be read.</exception>
    /// <exception cref="InvalidDataException">The log is empty, or holds what cannot be read, or no user has enough positives or views.</exception>
    public static LeaveLastOutData Split(IHostEnvironment environment, IDataView interactions, LeaveLastOutOptions options)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentNullException.ThrowIfNull(options);
        options.Check();
        var columns = options.LogColumns.Require(interactions.Schema);
        using var channel = environment.Register(nameof(LeaveLastOut)).Start("Splitting");
        var log = InteractionLog.Read(interactions, columns, options.CancellationToken);
        log.RequireItems(columns.Item);
        var data = new LeaveLastOut(log.GroupByUser(), options).Build(columns);
        if (data.Counts.UsersLeftOut > 0)
        {
            channel.Info(MessageSensitivity.None, "{0}",
                $"{data.Counts.UsersLeftOut} of {data.Counts.Users} users are left out: they have fewer than {options.MinimumPositiveCount} positives.");
        }

        if (data.Counts.EvaluationRows < data.Counts.Rows)
        {
            channel.Info(MessageSensitivity.None, "{0}", $"{data.Counts.Rows - data.Counts.EvaluationRows} of {data.Counts.Users} users are trained on alone: they "
                + $"have fewer than {LeastInteractions(options.NumberOfLastViews)} interactions.");
        }

        return data;
    }

    /// <summary>2n of a user to rank, and two to have a history before them. Counted as long, as n may be any number.</summary>
    private static long LeastInteractions(int lastViews) => 2L * lastViews + 2;

    private LeaveLastOutData Build(InteractionColumns columns)
    {
        if (_options.NumberOfLastViews > 0)
            AddLastViews();
        else
            AddLastPositives(columns.Feedback.Name);
        _store.Complete();
        SequenceColumn[] history =
        [
            .. SequenceColumns.Of(columns, _options.ItemsColumnName, _options.FeedbackSequenceColumnName, _options.OutputTimesColumnName),
            .. SequenceColumns.OfCandidates(columns, _options.CandidatesColumnName, _options.CandidateLabelsColumnName),
        ];
        SequenceColumn[] evaluated =
        [
            .. history,
            .. SequenceColumns.OfTarget(
                columns, _options.TargetItemColumnName, _options.TargetFeedbackColumnName, _options.OutputTargetTimeColumnName),
        ];
        return new LeaveLastOutData(
            new SequenceDataView(history, _store.WithRows(_train)),
            new SequenceDataView(evaluated, _store.WithRows(_validation)),
            new SequenceDataView(evaluated, _store.WithRows(_test)),
            SequenceDataView.OfItems(_users, columns),
            CountRows());
    }

    private void AddLastPositives(string feedbackName)
    {
        int mostPositives = 0;
        for (int user = 0; user < _users.Users.Count; user++)
        {
            var interactions = _users.Of(user);
            int positives = CountPositives(interactions);
            mostPositives = Math.Max(mostPositives, positives);
            if (positives >= _options.MinimumPositiveCount)
                AddRows(user, interactions, positives);
        }

        if (_train.Count == 0)
        {
            throw new InvalidDataException($"No user has {_options.MinimumPositiveCount} positives, one to train on, one to validate and one to test; "
                + $"the most that a user has are {mostPositives}. Check column '{feedbackName}' (Transforms.LabelFeedback makes it), or take a "
                + "log with longer histories.");
        }
    }

    private void AddLastViews()
    {
        int views = _options.NumberOfLastViews, most = 0;
        for (int user = 0; user < _users.Users.Count; user++)
        {
            var interactions = _users.Of(user);
            most = Math.Max(most, interactions.Length);
            int start = _store.Count;
            foreach (ref readonly var interaction in interactions)
                _store.Add(interaction);
            bool isEvaluated = interactions.Length >= LeastInteractions(views);
            _train.Add(new SequencePart(user, start, interactions.Length - (isEvaluated ? 2 * views : 0)));
            if (!isEvaluated)
                continue;
            _validation.Add(Before(start + interactions.Length - 2 * views));
            _test.Add(Before(start + interactions.Length - views));

            SequencePart Before(int place) => new(user, start, place - start, place, Following: views, RanksAllFollowing: true);
        }

        if (_test.Count == 0)
        {
            throw new InvalidDataException($"No user has {LeastInteractions(views)} interactions, the last {views} to test, {views} to validate and 2 to train on; "
                + $"the most that a user has are {most}. Set {nameof(_options.NumberOfLastViews)} lower, or take a log with longer histories.");
        }
    }

    private void AddRows(int user, ReadOnlySpan<UserInteraction> interactions, int positives)
    {
        interactions = interactions[FirstKept(interactions, positives)..];
        int last = LastPositive(interactions);
        int secondLast = LastPositive(interactions[..last]);
        int thirdLast = LastPositive(interactions[..secondLast]);
        int start = _store.Count;
        foreach (ref readonly var interaction in interactions)
            _store.Add(interaction);
        _train.Add(new SequencePart(user, start, thirdLast + 1));
        _validation.Add(new SequencePart(user, start, thirdLast + 1, start + secondLast, Following: last - thirdLast - 1));
        _test.Add(new SequencePart(user, start, secondLast + 1, start + last, Following: interactions.Length - secondLast - 1));
    }

    /// <summary>The first of the last positives that are kept; where nothing is cut off, the user's first interaction of any kind.</summary>
    private int FirstKept(ReadOnlySpan<UserInteraction> interactions, int positives)
    {
        if (_options.MaximumPositiveCount == 0 || positives < _options.MaximumPositiveCount)
            return 0;
        int place = LastPositive(interactions);
        for (int kept = 1; kept < _options.MaximumPositiveCount; kept++)
            place = LastPositive(interactions[..place]);
        return place;
    }

    private LeaveLastOutCounts CountRows()
    {
        var train = new FeedbackCounts();
        foreach (var row in _train)
        {
            foreach (sbyte feedback in _store.Feedback.AsSpan(row.Start, row.Length))
                train.Add(feedback);
        }

        int[] validation = [.. _validation.Select(row => _store.CountNegatives(row))];
        int[] test = [.. _test.Select(row => _store.CountNegatives(row))];
        return new LeaveLastOutCounts
        {
            Items = _users.Items.Count,
            Users = _users.Users.Count,
            UsersLeftOut = _users.Users.Count - _train.Count,
            TrainInteractions = train.Total,
            TrainPositives = train.Positives,
            TrainNegatives = train.Negatives,
            Rows = _train.Count,
            EvaluationRows = _test.Count,
            ValidationNegatives = validation.Sum(),
            ValidationRowsWithNegatives = validation.Count(count => count > 0),
            TestNegatives = test.Sum(),
            TestRowsWithNegatives = test.Count(count => count > 0),
        };
    }

    private static int LastPositive(ReadOnlySpan<UserInteraction> interactions)
    {
        int place = interactions.Length - 1;
        while (interactions[place].Feedback <= 0)
            place--;
        return place;
    }

    private static int CountPositives(ReadOnlySpan<UserInteraction> interactions)
    {
        int count = 0;
        foreach (ref readonly var interaction in interactions)
            count += interaction.Feedback > 0 ? 1 : 0;
        return count;
    }
}
