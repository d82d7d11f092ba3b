using System.Globalization;
using Microsoft.ML.Data;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>An item's number and its feedback in four bytes.</summary>
internal readonly record struct LabelledItem
{
    private readonly int _packed;

    public LabelledItem(int item, sbyte feedback) => _packed = (item << 2) | (feedback + 1);

    public int Item => _packed >> 2;

    public sbyte Feedback => (sbyte)((_packed & 3) - 1);
}

/// <summary>One row of a log.</summary>
internal readonly record struct Interaction(int User, LabelledItem What, long Time)
{
    public int Item => What.Item;

    public sbyte Feedback => What.Feedback;
}

/// <summary>
/// A labelled log in the order of its rows, at sixteen bytes a row: user and item are numbers into tables of distinct values, the time
/// is as the column has it or, of a DateTime, ticks since 1970, which tell apart what lies within a millisecond; it is 0 everywhere where
/// the log has no time.
/// </summary>
internal sealed class InteractionLog
{
    private readonly ChunkedList<Interaction> _rows = new();

    private InteractionLog(InteractionColumns columns, DataViewRow row)
    {
        Users = ValueTable.Create(columns.User.Type);
        Items = ValueTable.Create(columns.Item.Type);
        TimeUnit = columns.Timestamp?.Type is DateTimeDataViewType ? TimeSpan.TicksPerMillisecond : 1;
        PassThrough = [.. columns.PassThrough.Select(column => UserValues.Create(row, column))];
        Sequence = [.. columns.Sequence.Select(column => LogValues.Create(row, column))];
    }

    public int Count => _rows.Count;

    public ValueTable Users { get; }

    public ValueTable Items { get; }

    public UserValues[] PassThrough { get; }

    /// <summary>The further columns, in the order of the rows.</summary>
    public LogValues[] Sequence { get; }

    /// <summary>What times are divided by where they are shown: of a DateTime, in milliseconds; of numbers, as they are.</summary>
    public long TimeUnit { get; }

    public Interaction this[int row] => _rows[row];

    /// <summary>A time in the unit that is shown, rounded down.</summary>
    public static long Show(long time, long timeUnit) => time / timeUnit - (time % timeUnit < 0 ? 1 : 0);

    /// <summary>Reads a whole log.</summary>
    /// <exception cref="InvalidDataException">
    /// The log is empty, a user is missing, or a feedback is none of +1, −1 and 0 (NaN included), or a Single of a further
    /// column is not finite.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static InteractionLog Read(IDataView data, InteractionColumns columns, CancellationToken cancellationToken)
    {
        using var cursor = data.GetRowCursor(columns.All);
        var log = new InteractionLog(columns, cursor);
        var readUser = log.Users.CreateReader(cursor, columns.User);
        var readItem = log.Items.CreateReader(cursor, columns.Item);
        var readTime = TimeReader(cursor, columns.Timestamp);
        var feedbackGetter = cursor.GetGetter<float>(columns.Feedback);
        float feedback = 0;
        int userCount = 0;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            int user = readUser();
            if (user == userCount)
            {
                userCount++;
                if (log.Users.IsMissing(user))
                {
                    throw new InvalidDataException(
                        $"Column '{columns.User.Name}' is missing in row {cursor.Position + 1}: filter such rows out first.");
                }

                foreach (var column in log.PassThrough)
                    column.AddFromRow();
            }

            feedbackGetter(ref feedback);
            if (feedback is not (1 or -1 or 0))
            {
                throw new InvalidDataException($"Column '{columns.Feedback.Name}' is {feedback.ToString(CultureInfo.InvariantCulture)} in row {cursor.Position + 1}, of user "
                    + $"{log.Users.TextOf(user)}: expected +1, -1 or 0, as Transforms.LabelFeedback gives.");
            }

            foreach (var column in log.Sequence)
                column.AddFromRow();
            log._rows.Add(new Interaction(user, new LabelledItem(readItem(), (sbyte)feedback), readTime()));
        }

        return log.Count > 0 ? log : throw new InvalidDataException("The log is empty: there is no interaction in it.");
    }

    /// <summary>Checks that every row has an item.</summary>
    /// <param name="column">The column that they were read from.</param>
    /// <exception cref="InvalidDataException">One has none.</exception>
    public void RequireItems(DataViewSchema.Column column)
    {
        int missing = Enumerable.Range(0, Items.Count).FirstOrDefault(Items.IsMissing, -1);
        if (missing < 0)
            return;
        int row = Enumerable.Range(0, Count).First(row => _rows[row].Item == missing);
        throw new InvalidDataException($"Column '{column.Name}' is missing in row {row + 1}: filter such rows out first.");
    }

    /// <summary>
    /// The interactions of every user together, in the order of time; those of one time stay in the log's order. Users are counted,
    /// then their rows placed, one write a row; only a user whose rows are out of order is sorted, so that a log in the order of time
    /// costs linear work.
    /// </summary>
    public UserLog GroupByUser()
    {
        int[] offsets = new int[Users.Count + 1];
        for (int row = 0; row < Count; row++)
            offsets[_rows[row].User + 1]++;
        for (int user = 0; user < Users.Count; user++)
            offsets[user + 1] += offsets[user];

        int[] next = offsets.AsSpan(..^1).ToArray();
        var grouped = GC.AllocateUninitializedArray<UserInteraction>(Count);
        for (int row = 0; row < Count; row++)
        {
            var interaction = _rows[row];
            grouped[next[interaction.User]++] = new UserInteraction(interaction.Time, row, interaction.What);
        }

        for (int user = 0; user < Users.Count; user++)
            SortByTime(grouped.AsSpan(offsets[user]..offsets[user + 1]));
        return new UserLog(this, grouped, offsets);
    }

    private static Func<long> TimeReader(DataViewRow row, DataViewSchema.Column? column)
    {
        if (column is null)
            return () => 0;
        if (column.Value.Type is not DateTimeDataViewType)
            return Reader<long>(row, column.Value);
        var date = Reader<DateTime>(row, column.Value);
        return () => date().Ticks - DateTime.UnixEpoch.Ticks;
    }

    private static Func<T> Reader<T>(DataViewRow row, DataViewSchema.Column column)
    {
        var getter = row.GetGetter<T>(column);
        T value = default!;
        return () =>
        {
            getter(ref value);
            return value;
        };
    }

    private static void SortByTime(Span<UserInteraction> interactions)
    {
        for (int i = 1; i < interactions.Length; i++)
        {
            if (interactions[i].Time < interactions[i - 1].Time)
            {
                interactions.Sort();
                return;
            }
        }
    }
}

/// <summary>An interaction of a user who is known from its place, with the row of the log that it came from.</summary>
internal readonly record struct UserInteraction(long Time, int Row, LabelledItem What) : IComparable<UserInteraction>
{
    public int Item => What.Item;

    public sbyte Feedback => What.Feedback;

    /// <summary>By time, at one time by row.</summary>
    public int CompareTo(UserInteraction other)
        => Time != other.Time ? Time.CompareTo(other.Time) : Row.CompareTo(other.Row);
}

/// <summary>A log by user, each user's interactions oldest first.</summary>
internal sealed class UserLog(InteractionLog log, UserInteraction[] interactions, int[] offsets)
{
    public ValueTable Users { get; } = log.Users;

    public ValueTable Items { get; } = log.Items;

    public UserValues[] PassThrough { get; } = log.PassThrough;

    /// <inheritdoc cref="InteractionLog.Sequence"/>
    public LogValues[] Sequence { get; } = log.Sequence;

    /// <inheritdoc cref="InteractionLog.TimeUnit"/>
    public long TimeUnit { get; } = log.TimeUnit;

    /// <summary>The number of interactions of all users.</summary>
    public int Count => interactions.Length;

    public ReadOnlySpan<UserInteraction> Of(int user) => interactions.AsSpan(offsets[user]..offsets[user + 1]);
}

/// <summary>
/// A list that grows without ever being copied: what is read from a stream of unknown length costs its own size and no more.
/// </summary>
internal sealed class ChunkedList<T>
    where T : unmanaged
{
    private const int ChunkBits = 16;
    private const int ChunkMask = (1 << ChunkBits) - 1;

    private readonly List<T[]> _chunks = [];
    private T[] _last = [];

    public int Count { get; private set; }

    public T this[int index] => _chunks[index >> ChunkBits][index & ChunkMask];

    public void Add(T value)
    {
        int slot = Count & ChunkMask;
        if (slot == 0)
        {
            _last = GC.AllocateUninitializedArray<T>(1 << ChunkBits);
            _chunks.Add(_last);
        }

        _last[slot] = value;
        Count++;
    }
}
