namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// The most recent liked items of each row with what was skipped just before each: the item before it in the user's real order, where that one's
/// feedback is negative (SINE, eq. 4).
/// </summary>
internal sealed class LikedWindows
{
    private readonly int[] _offsets;
    private readonly int[] _items;
    private readonly int[] _skips;

    /// <summary>Cuts the windows.</summary>
    /// <param name="data">Histories.</param>
    /// <param name="length">How many of the most recent liked items are kept: l + 1 for training, where the newest is foreseen only, l for scoring.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    public LikedWindows(SequenceData data, int length, CancellationToken cancellationToken = default)
    {
        _offsets = new int[data.RowCount + 1];
        for (int row = 0; row < data.RowCount; row++)
            _offsets[row + 1] = _offsets[row] + Math.Min(length, CountLiked(data.Feedback(row)));
        _items = new int[_offsets[^1]];
        _skips = new int[_offsets[^1]];
        for (int row = 0; row < data.RowCount; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var items = data.Items(row);
            var feedback = data.Feedback(row);
            for (int source = items.Length - 1, target = _offsets[row + 1] - 1; target >= _offsets[row]; source--)
            {
                if (feedback[source] <= 0)
                    continue;
                _items[target] = items[source];
                _skips[target--] = source > 0 && feedback[source - 1] < 0 ? items[source - 1] : 0;
            }
        }
    }

    public int RowCount => _offsets.Length - 1;

    public int Length(int row) => _offsets[row + 1] - _offsets[row];

    public ReadOnlySpan<int> Items(int row) => _items.AsSpan(_offsets[row].._offsets[row + 1]);

    /// <summary>Beside each item what was skipped just before it; 0 for nothing.</summary>
    public ReadOnlySpan<int> Skips(int row) => _skips.AsSpan(_offsets[row].._offsets[row + 1]);

    /// <summary>Whether something was skipped just before an item that is to be foreseen: any but the first of a window.</summary>
    public bool HaveSkipsToLearnFrom()
    {
        for (int row = 0; row < RowCount; row++)
        {
            if (Length(row) > 1 && Skips(row)[1..].ContainsAnyExcept(0))
                return true;
        }

        return false;
    }

    private static int CountLiked(ReadOnlySpan<sbyte> feedback)
    {
        int count = 0;
        foreach (sbyte value in feedback)
        {
            if (value > 0)
                count++;
        }

        return count;
    }
}
