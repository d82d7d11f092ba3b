using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// The most recent items of each row that one kind of sequence is made of, end to end; where asked with what was skipped just before each: the item before it in the
/// user's real order, where that one's feedback is negative (SINE, eq. 4).
/// </summary>
internal sealed class SequenceWindows
{
    private readonly SequenceKind _kind;
    private readonly int[] _offsets;
    private readonly int[] _items;
    private readonly sbyte[] _feedback;
    private readonly int[]? _skips;

    /// <summary>Cuts the windows.</summary>
    /// <param name="data">Histories.</param>
    /// <param name="kind">Which items count.</param>
    /// <param name="length">
    /// How many of the most recent of them are kept: l + 1 for training, where the newest is a target only, l for scoring.
    /// </param>
    /// <param name="withSkips">Whether the skips are kept.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    public SequenceWindows(SequenceData data, SequenceKind kind, int length, bool withSkips = false, CancellationToken cancellationToken = default)
    {
        _kind = kind;
        _offsets = new int[data.RowCount + 1];
        for (int row = 0; row < data.RowCount; row++)
            _offsets[row + 1] = _offsets[row] + Math.Min(length, CountOf(data.Feedback(row), kind));
        (_items, _feedback, _skips) = (new int[_offsets[^1]], new sbyte[_offsets[^1]], withSkips ? new int[_offsets[^1]] : null);
        for (int row = 0; row < data.RowCount; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var items = data.Items(row);
            var feedback = data.Feedback(row);
            for (int source = items.Length - 1, target = _offsets[row + 1] - 1; target >= _offsets[row]; source--)
            {
                if (!Belongs(feedback[source], kind))
                    continue;
                if (_skips is not null && source > 0 && feedback[source - 1] < 0)
                    _skips[target] = items[source - 1];
                (_items[target], _feedback[target--]) = (items[source], feedback[source]);
            }
        }
    }

    public int RowCount => _offsets.Length - 1;

    public int Length(int row) => _offsets[row + 1] - _offsets[row];

    public ReadOnlyMemory<int> Items(int row) => _items.AsMemory(_offsets[row].._offsets[row + 1]);

    public ReadOnlyMemory<sbyte> Feedback(int row) => _feedback.AsMemory(_offsets[row].._offsets[row + 1]);

    /// <summary>Beside each item what was skipped just before it; 0 for nothing.</summary>
    public ReadOnlyMemory<int> Skips(int row) => _skips.AsMemory(_offsets[row].._offsets[row + 1]);

    /// <summary>Whether something was skipped just before an item that is to be foreseen: any but the first of a window.</summary>
    public bool HaveSkipsToLearnFrom()
        => Enumerable.Range(0, RowCount).Any(row => Length(row) > 1 && Skips(row).Span[1..].ContainsAnyExcept(0));

    /// <summary>
    /// Divides rows by length, the longest first, so that the windows of a group have no more than a number of places, unless a single one has; windows with nothing
    /// to foresee are dropped. The sort is stable, so that the result depends on nothing but the rows' order.
    /// </summary>
    public IEnumerable<int[]> Groups(IEnumerable<int> rows, long places)
    {
        int[] byLength = [.. rows.Where(row => Length(row) > 1).OrderByDescending(Length)];
        for (int start = 0; start < byLength.Length;)
        {
            int count = (int)Math.Clamp(places / (Length(byLength[start]) - 1), 1, byLength.Length - start);
            yield return byLength[start..(start + count)];
            start += count;
        }
    }

    /// <summary>The windows of some rows, the longest first, with the item that came next at every place.</summary>
    public SequenceSlice ToSlice(int[] rows)
    {
        int length = Length(rows[0]) - 1, count = rows.Sum(row => Length(row) - 1);
        var (places, channels, targets) = (new long[count], new Dictionary<string, long[]>(), new Dictionary<string, long[]>());
        for (int sequence = 0, target = 0; sequence < rows.Length; sequence++)
        {
            for (int i = 0; i + 1 < Length(rows[sequence]); i++)
                places[target++] = (sequence * length) + i;
        }

        Add(HistoryChannels.Items, SequenceSlice.Next, _items);
        if (_skips is not null)
            Add(HistoryChannels.Skips, SequenceSlice.Skipped, _skips);
        return new SequenceSlice(_kind, rows.Length, length, places, channels, targets);

        // all values of a window but the last at its places, all but the first as what is to be learned there
        void Add(string channel, string target, int[] values)
        {
            var (atPlaces, learned) = (channels[channel] = new long[rows.Length * length], targets[target] = new long[count]);
            int place = 0;
            foreach (int row in rows)
            {
                for (int i = _offsets[row]; i + 1 < _offsets[row + 1]; i++, place++)
                    (atPlaces[places[place]], learned[place]) = (values[i], values[i + 1]);
            }
        }
    }

    public static bool Belongs(sbyte feedback, SequenceKind kind) => kind switch
    {
        SequenceKind.Positives => feedback > 0,
        SequenceKind.Negatives => feedback < 0,
        _ => true,
    };

    private static int CountOf(ReadOnlySpan<sbyte> feedback, SequenceKind kind)
    {
        int count = 0;
        foreach (sbyte value in feedback)
        {
            if (Belongs(value, kind))
                count++;
        }

        return count;
    }
}
