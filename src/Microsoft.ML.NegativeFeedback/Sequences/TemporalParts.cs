using Microsoft.ML.NegativeFeedback.Datasets;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>Where the temporal split puts a row of the log.</summary>
internal enum TemporalPart : byte
{
    /// <summary>A rare item or user, or held out with an unknown item or of a user that is neither validation nor test user.</summary>
    Dropped,
    Train,
    Validation,
    Test,
}

/// <summary>
/// The first half of the split, as the published preprocessing has it: items that too few users have go, then users with too few items,
/// each once; the boundary is a quantile of what is left; rows from it on are kept where user and item are known before it, and their
/// users divided into validation and test users.
/// </summary>
internal sealed class TemporalParts
{
    private readonly InteractionLog _log;
    private readonly UserLog _users;
    private readonly TemporalSplitOptions _options;
    private readonly TemporalPart[] _parts;
    private readonly bool[] _isTrainUser;
    private readonly bool[] _isTrainItem;
    private readonly long _boundary; // in the log's own unit

    /// <param name="log">The log.</param>
    /// <param name="users">The log by user.</param>
    /// <param name="options">The settings.</param>
    /// <param name="seed">What draws the users where none are given.</param>
    /// <param name="nameOfUser">The text by which users are given.</param>
    public TemporalParts(InteractionLog log, UserLog users, TemporalSplitOptions options, int seed, Func<int, string> nameOfUser)
    {
        _log = log;
        _users = users;
        _options = options;
        _parts = new TemporalPart[log.Count];
        _isTrainUser = new bool[log.Users.Count];
        _isTrainItem = new bool[log.Items.Count];
        FilterItemsAndUsers();
        _boundary = FindBoundary();
        Counts = Counts with { Boundary = InteractionLog.Show(_boundary, log.TimeUnit) };
        MarkTrain();
        MarkHeldOut(PartsOfUsers(seed, nameOfUser));
    }

    /// <summary>What has been counted so far.</summary>
    public TemporalSplitCounts Counts { get; private set; } = new();

    public TemporalPart this[int row] => _parts[row];

    private void FilterItemsAndUsers()
    {
        int[] usersOfItem = new int[_log.Items.Count];
        VisitDistinctItems(_ => true, (_, item) => usersOfItem[item]++);
        bool IsCommon(int item) => usersOfItem[item] >= _options.MinimumItemCount;

        int[] itemsOfUser = new int[_log.Users.Count];
        VisitDistinctItems(IsCommon, (user, _) => itemsOfUser[user]++);

        int kept = 0;
        for (int row = 0; row < _parts.Length; row++)
        {
            int user = _log[row].User;
            if (IsCommon(_log[row].Item) && itemsOfUser[user] >= _options.MinimumUserCount)
            {
                _parts[row] = TemporalPart.Train;
                kept++;
            }
        }

        if (kept == 0)
        {
            throw new InvalidDataException($"No interaction is left: no user has {_options.MinimumUserCount} items that "
                + $"{_options.MinimumItemCount} users have each. Lower the minimum counts, or take a larger log.");
        }

        Counts = Counts with
        {
            Items = usersOfItem.Count(count => count > 0 && count >= _options.MinimumItemCount),
            Users = itemsOfUser.Count(count => count > 0 && count >= _options.MinimumUserCount),
            Interactions = kept,
        };
    }

    /// <summary>Every pair of user and item once, of the items that are wanted.</summary>
    private void VisitDistinctItems(Func<int, bool> isWanted, Action<int, int> visit)
    {
        int[] lastUserOfItem = new int[_log.Items.Count];
        Array.Fill(lastUserOfItem, -1);
        for (int user = 0; user < _log.Users.Count; user++)
        {
            foreach (ref readonly var interaction in _users.Of(user))
            {
                int item = interaction.Item;
                if (lastUserOfItem[item] == user || !isWanted(item))
                    continue;
                lastUserOfItem[item] = user;
                visit(user, item);
            }
        }
    }

    private long FindBoundary()
    {
        long[] times = new long[Counts.Interactions];
        int count = 0;
        for (int row = 0; row < _parts.Length; row++)
        {
            if (_parts[row] == TemporalPart.Train)
                times[count++] = _log[row].Time;
        }

        Array.Sort(times);
        return times[(int)Math.Round(_options.BoundaryQuantile * (count - 1), MidpointRounding.ToEven)];
    }

    /// <summary>Leaves the held-out rows as <see cref="TemporalPart.Test"/>, whose users are divided later.</summary>
    private void MarkTrain()
    {
        var feedback = new FeedbackCounts();
        for (int row = 0; row < _parts.Length; row++)
        {
            if (_parts[row] != TemporalPart.Train)
                continue;
            if (_log[row].Time >= _boundary)
            {
                _parts[row] = TemporalPart.Test;
                continue;
            }

            _isTrainUser[_log[row].User] = true;
            _isTrainItem[_log[row].Item] = true;
            feedback.Add(_log[row].Feedback);
        }

        if (feedback.Total == 0)
        {
            throw new InvalidDataException($"No interaction is earlier than {Counts.Boundary}, the boundary: nothing is left to train on. "
                + $"Raise {nameof(TemporalSplitOptions.BoundaryQuantile)}, or check the times.");
        }

        Counts = Counts with
        {
            TrainInteractions = feedback.Total,
            TrainPositives = feedback.Positives,
            TrainNegatives = feedback.Negatives,
            TrainUsers = _isTrainUser.Count(known => known),
            TrainItems = _isTrainItem.Count(known => known),
        };
    }

    private bool IsHeldOut(int row)
        => _parts[row] == TemporalPart.Test && _isTrainUser[_log[row].User] && _isTrainItem[_log[row].Item];

    private TemporalPart[] PartsOfUsers(int seed, Func<int, string> nameOfUser)
    {
        bool[] isHeldOut = new bool[_log.Users.Count];
        int rows = 0;
        for (int row = 0; row < _parts.Length; row++)
        {
            if (!IsHeldOut(row))
                continue;
            isHeldOut[_log[row].User] = true;
            rows++;
        }

        int[] users = [.. Enumerable.Range(0, isHeldOut.Length).Where(user => isHeldOut[user])];
        Counts = Counts with { HeldOutInteractions = rows, HeldOutUsers = users.Length };
        if (users.Length == 0)
        {
            throw new InvalidDataException($"No user has interactions on both sides of the boundary, {Counts.Boundary}: there is nobody to "
                + "evaluate. A log of many short-lived users needs another split.");
        }

        var parts = new TemporalPart[_log.Users.Count];
        if (_options.TestUsers is null)
            DrawParts(users, seed, parts);
        else
            LookUpParts(users, parts, nameOfUser);
        return parts;
    }

    private void DrawParts(int[] users, int seed, TemporalPart[] parts)
    {
        new StableRandom(seed).Shuffle<int>(users);
        int testCount = (int)Math.Ceiling(_options.TestShare * users.Length);
        for (int i = 0; i < users.Length; i++)
            parts[users[i]] = i < testCount ? TemporalPart.Test : TemporalPart.Validation;
    }

    private void LookUpParts(int[] users, TemporalPart[] parts, Func<int, string> nameOfUser)
    {
        var test = _options.TestUsers!.ToHashSet();
        var validation = _options.ValidationUsers?.ToHashSet();
        foreach (int user in users)
        {
            string name = nameOfUser(user);
            parts[user] = test.Contains(name) ? TemporalPart.Test
                : validation is null || validation.Contains(name) ? TemporalPart.Validation
                : TemporalPart.Dropped;
        }

        RequireAnyOf(TemporalPart.Test, test, "test");
        if (validation is { Count: > 0 })
            RequireAnyOf(TemporalPart.Validation, validation, "validation");

        void RequireAnyOf(TemporalPart part, HashSet<string> given, string kind)
        {
            if (parts.Contains(part))
                return;
            throw new InvalidDataException($"None of the {given.Count} given {kind} users has held-out interactions{(part == TemporalPart.Test ? "" : ", those aside that are test users as well")}; the first is "
                + $"'{given.FirstOrDefault()}', the log's users are '{nameOfUser(users[0])}' and the like.");
        }
    }

    private void MarkHeldOut(TemporalPart[] partOfUser)
    {
        int[] rows = new int[1 + (int)TemporalPart.Test];
        for (int row = 0; row < _parts.Length; row++)
        {
            if (_parts[row] != TemporalPart.Test)
                continue;
            _parts[row] = IsHeldOut(row) ? partOfUser[_log[row].User] : TemporalPart.Dropped;
            rows[(int)_parts[row]]++;
        }

        Counts = Counts with
        {
            ValidationInteractions = rows[(int)TemporalPart.Validation],
            TestInteractions = rows[(int)TemporalPart.Test],
        };
    }
}
