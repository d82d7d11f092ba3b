using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>
/// N-core filtering (SINE, section 5.1.1): the largest part of a log in which every user and every item has enough interactions. Users and
/// items are the nodes of a graph whose edges are the rows; a node with too few edges takes them along when it goes, so that each row is
/// looked at twice, however long the chain.
/// </summary>
internal sealed class CoreFilter
{
    private readonly ChunkedList<(int User, int Item)> _rows;
    private readonly int _userCount;
    private readonly int[] _degrees; // of users, then of items
    private readonly int _minimumPerUser;
    private readonly int _minimumPerItem;

    private CoreFilter(ChunkedList<(int User, int Item)> rows, int userCount, int itemCount, int minimumPerUser, int minimumPerItem)
    {
        _rows = rows;
        _userCount = userCount;
        _minimumPerUser = minimumPerUser;
        _minimumPerItem = minimumPerItem;
        _degrees = new int[userCount + itemCount];
        for (int row = 0; row < rows.Count; row++)
        {
            _degrees[rows[row].User]++;
            _degrees[userCount + rows[row].Item]++;
        }
    }

    /// <summary>The rows of the core, with all their columns, in their order; the log is read here, and again whenever they are.</summary>
    /// <exception cref="ArgumentException">A column is missing or of a type that cannot be read, a minimum is negative.</exception>
    /// <exception cref="InvalidDataException">The log is empty, a user or an item is missing, or nothing remains.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static IDataView Filter(
        IHostEnvironment environment, IDataView interactions, int minimumPerUser, int minimumPerItem, string userColumnName, string itemColumnName,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(interactions);
        RequireNotNegative(minimumPerUser, "minimumInteractionsPerUser");
        RequireNotNegative(minimumPerItem, "minimumInteractionsPerItem");
        Columns.CheckName(userColumnName, nameof(userColumnName));
        Columns.CheckName(itemColumnName, nameof(itemColumnName));
        var user = InteractionColumnNames.RequireIdentifier(interactions.Schema, userColumnName);
        var item = InteractionColumnNames.RequireIdentifier(interactions.Schema, itemColumnName);

        using var channel = environment.Register("FilterCore").Start("Filtering");
        var users = ValueTable.Create(user.Type);
        var items = ValueTable.Create(item.Type);
        var rows = Read(interactions, user, users, item, items, cancellationToken);
        var filter = new CoreFilter(rows, users.Count, items.Count, minimumPerUser, minimumPerItem);
        bool[] isKept = filter.Peel(cancellationToken);
        int count = isKept.Count(kept => kept);
        if (count == 0)
        {
            throw new InvalidDataException(
                $"No interaction is left: there are no users with {minimumPerUser} interactions each on items with {minimumPerItem} each. "
                + "Lower the minimum counts, or take a larger log.");
        }

        if (count < rows.Count)
        {
            channel.Info(MessageSensitivity.None, "{0}", $"{filter.CountLost(isKept, 0, users.Count)} of {users.Count} users, "
                + $"{filter.CountLost(isKept, users.Count, items.Count)} of {items.Count} items and {rows.Count - count} of {rows.Count} interactions are left out.");
        }

        return new RowSubsetView(interactions, isKept, count);
    }

    /// <summary>How many of so many nodes from the first on have lost all their rows.</summary>
    private int CountLost(bool[] isKept, int first, int count)
    {
        bool[] isThere = new bool[_degrees.Length];
        for (int row = 0; row < isKept.Length; row++)
        {
            isThere[_rows[row].User] |= isKept[row];
            isThere[_userCount + _rows[row].Item] |= isKept[row];
        }

        return isThere.AsSpan(first, count).Count(false);
    }

    private static void RequireNotNegative(int value, string parameter)
    {
        if (value < 0)
            throw new ArgumentOutOfRangeException(parameter, value, $"{parameter} must be at least 0.");
    }

    private static ChunkedList<(int User, int Item)> Read(
        IDataView interactions, DataViewSchema.Column user, ValueTable users, DataViewSchema.Column item, ValueTable items, CancellationToken cancellationToken)
    {
        using var cursor = interactions.GetRowCursor([user, item]);
        var readUser = Reader(cursor, user, users);
        var readItem = Reader(cursor, item, items);
        var rows = new ChunkedList<(int User, int Item)>();
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.Add((readUser(), readItem()));
        }

        return rows.Count > 0 ? rows : throw new InvalidDataException("The log is empty: there is no interaction in it.");
    }

    private static Func<int> Reader(DataViewRowCursor cursor, DataViewSchema.Column column, ValueTable table)
    {
        var read = table.CreateReader(cursor, column);
        int count = 0;
        return () =>
        {
            int number = read();
            if (number == count)
            {
                count++;
                if (table.IsMissing(number))
                    throw new InvalidDataException($"Column '{column.Name}' is missing in row {cursor.Position + 1}: filter such rows out first.");
            }

            return number;
        };
    }

    private bool[] Peel(CancellationToken cancellationToken)
    {
        var (offsets, edges) = RowsOfNodes();
        bool[] isKept = new bool[_rows.Count];
        Array.Fill(isKept, true);
        var leaving = new Stack<int>(Enumerable.Range(0, _degrees.Length).Where(node => _degrees[node] < Minimum(node)));
        while (leaving.TryPop(out int node))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (int row in edges.AsSpan(offsets[node]..offsets[node + 1]))
            {
                if (!isKept[row])
                    continue;
                isKept[row] = false;
                int other = node < _userCount ? _userCount + _rows[row].Item : _rows[row].User;
                if (_degrees[other]-- == Minimum(other))
                    leaving.Push(other);
            }
        }

        return isKept;
    }

    private int Minimum(int node) => node < _userCount ? _minimumPerUser : _minimumPerItem;

    /// <summary>The rows of every node together.</summary>
    private (int[] Offsets, int[] Edges) RowsOfNodes()
    {
        int[] offsets = new int[_degrees.Length + 1];
        for (int node = 0; node < _degrees.Length; node++)
            offsets[node + 1] = offsets[node] + _degrees[node];
        int[] next = offsets.AsSpan(..^1).ToArray();
        int[] edges = new int[2 * _rows.Count];
        for (int row = 0; row < _rows.Count; row++)
        {
            edges[next[_rows[row].User]++] = row;
            edges[next[_userCount + _rows[row].Item]++] = row;
        }

        return (offsets, edges);
    }
}
