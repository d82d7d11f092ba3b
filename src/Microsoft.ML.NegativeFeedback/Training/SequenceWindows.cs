using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>A row in a slice.</summary>
/// <param name="Row">The row.</param>
/// <param name="Places">How many of its items are read, from the oldest in its window; the one behind them is to be foreseen at the last of them.</param>
internal readonly record struct SliceRow(int Row, int Places);

/// <summary>At which places of a slice a network is asked, in training.</summary>
internal enum SliceQuestions
{
    /// <summary>At every one that holds an item.</summary>
    AtEveryItem,

    /// <summary>At those that a liked item comes behind.</summary>
    BeforeLiked,

    /// <summary>At the last of each sequence.</summary>
    AtNewest,
}

/// <summary>
/// The most recent items of each row that one kind of sequence is made of, end to end, and what stands beside them. The skip before an item is the item before it in the
/// user's real order, where that one's feedback is negative (SINE, eq. 4).
/// </summary>
internal sealed class SequenceWindows
{
    private readonly SequenceData _data;
    private readonly SequenceKind _kind;
    private readonly NetworkInput[] _inputs;
    private readonly int[] _offsets;
    private readonly int[] _items;
    private readonly sbyte[] _feedback;
    private readonly int[]? _skips, _sources;

    /// <summary>Cuts the windows.</summary>
    /// <param name="data">Histories.</param>
    /// <param name="kind">Which items count.</param>
    /// <param name="length">
    /// How many of the most recent of them are kept: l + 1 for training, where the newest is a target only, l for scoring.
    /// </param>
    /// <param name="inputs">What is kept beside them.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    public SequenceWindows(
        SequenceData data, SequenceKind kind, int length, IEnumerable<NetworkInput>? inputs = null, CancellationToken cancellationToken = default)
    {
        (_data, _kind, _inputs) = (data, kind, [.. (inputs ?? []).Distinct()]);
        _offsets = new int[data.RowCount + 1];
        for (int row = 0; row < data.RowCount; row++)
            _offsets[row + 1] = _offsets[row] + Math.Min(length, CountOf(data.Feedback(row), kind));
        (_items, _feedback) = (new int[_offsets[^1]], new sbyte[_offsets[^1]]);
        _skips = _inputs.Contains(NetworkInput.Skips) ? new int[_offsets[^1]] : null;
        _sources = _inputs.Any(input => input.Scope != InputScope.History) ? new int[_offsets[^1]] : null;
        for (int row = 0; row < data.RowCount; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Fill(row);
        }
    }

    public int RowCount => _offsets.Length - 1;

    public int Length(int row) => _offsets[row + 1] - _offsets[row];

    public ReadOnlyMemory<int> Items(int row) => _items.AsMemory(_offsets[row].._offsets[row + 1]);

    public ReadOnlyMemory<sbyte> Feedback(int row) => _feedback.AsMemory(_offsets[row].._offsets[row + 1]);

    /// <summary>Beside each item what was skipped just before it; 0 for nothing.</summary>
    public ReadOnlyMemory<int> Skips(int row) => _skips.AsMemory(_offsets[row].._offsets[row + 1]);

    /// <summary>Rows of which everything but the newest item is read, and everything but the oldest foreseen; those with nothing to foresee are left out.</summary>
    public IEnumerable<SliceRow> All(IEnumerable<int> rows)
        => rows.Where(row => Length(row) > 1).Select(row => new SliceRow(row, Length(row) - 1));

    /// <summary>
    /// Divides rows by length, the longest first, so that a group has no more than a number of places, unless a single row has. The sort is stable, so that the result
    /// depends on nothing but the rows' order.
    /// </summary>
    public static IEnumerable<SliceRow[]> Groups(IEnumerable<SliceRow> rows, long places)
    {
        SliceRow[] byLength = [.. rows.OrderByDescending(row => row.Places)];
        for (int start = 0; start < byLength.Length;)
        {
            int count = (int)Math.Clamp(places / byLength[start].Places, 1, byLength.Length - start);
            yield return byLength[start..(start + count)];
            start += count;
        }
    }

    /// <summary>The windows of some rows, the longest first, with the item that came next at the places that are asked at.</summary>
    public SequenceSlice ToSlice(SliceRow[] rows, SliceQuestions questions = SliceQuestions.AtEveryItem)
    {
        int length = rows[0].Places;
        var elements = Elements(rows, length);
        long[] places = questions == SliceQuestions.AtNewest ? NewestPlaces(rows, length) : PlacesAsked(elements, questions);
        int[] next = Array.ConvertAll(places, place => elements[place] + 1);
        var targets = new Dictionary<string, long[]> { [SequenceSlice.Next] = Integers(next, _items) };
        if (_skips is not null)
            targets[SequenceSlice.Skipped] = Integers(next, _skips);
        return new SequenceSlice(_kind, rows.Length, length, places, Channels(elements), targets)
        {
            Asked = OfQuestions(input => input.Scope.HasFlag(InputScope.Row)
                ? _data.RowColumns[input.Name].Select(Array.ConvertAll(places, place => rows[place / length].Row))
                : _data.ItemColumns[input.Name].Select(Array.ConvertAll(next, element => _sources![element]))),
            AsksAtNewest = questions == SliceQuestions.AtNewest,
        };
    }

    /// <summary>Histories up to their newest item, the longest of which comes last, with what their rows know of the question.</summary>
    public SequenceSlice ToHistories(int[] rows)
    {
        int length = Length(rows[^1]);
        SliceRow[] whole = Array.ConvertAll(rows, row => new SliceRow(row, Length(row)));
        return new SequenceSlice(_kind, rows.Length, length, NewestPlaces(whole, length), Channels(Elements(whole, length)), new Dictionary<string, long[]>())
        {
            Asked = OfQuestions(input => _data.RowColumns[input.QuestionName].Select(rows)),
            AsksAtNewest = true,
        };
    }

    public static bool Belongs(sbyte feedback, SequenceKind kind) => kind switch
    {
        SequenceKind.Positives => feedback > 0,
        SequenceKind.Negatives => feedback < 0,
        _ => true,
    };

    private static long[] NewestPlaces(SliceRow[] rows, int length) => [.. rows.Select((row, sequence) => ((long)sequence * length) + row.Places - 1)];

    private long[] PlacesAsked(int[] elements, SliceQuestions questions)
    {
        var places = new List<long>(elements.Length);
        for (int place = 0; place < elements.Length; place++)
        {
            if (elements[place] >= 0 && (questions == SliceQuestions.AtEveryItem || _feedback[elements[place] + 1] > 0))
                places.Add(place);
        }

        return [.. places];
    }

    private Dictionary<NetworkInput, ColumnValues> OfQuestions(Func<NetworkInput, ColumnValues> values)
        => _inputs.Where(input => (input.Scope & (InputScope.Question | InputScope.Row)) != 0).ToDictionary(input => input, values);

    private void Fill(int row)
    {
        var items = _data.Items(row);
        var feedback = _data.Feedback(row);
        for (int source = items.Length - 1, target = _offsets[row + 1] - 1; target >= _offsets[row]; source--)
        {
            if (!Belongs(feedback[source], _kind))
                continue;
            if (_skips is not null && source > 0 && feedback[source - 1] < 0)
                _skips[target] = items[source - 1];
            if (_sources is not null)
                _sources[target] = _data.Offset(row) + source;
            (_items[target], _feedback[target--]) = (items[source], feedback[source]);
        }
    }

    // [rows · length] where in the windows each place's values are, −1 where a sequence has ended
    private int[] Elements(SliceRow[] rows, int length)
    {
        var elements = new int[rows.Length * length];
        Array.Fill(elements, -1);
        for (int sequence = 0; sequence < rows.Length; sequence++)
        {
            for (int i = 0; i < rows[sequence].Places; i++)
                elements[(sequence * length) + i] = _offsets[rows[sequence].Row] + i;
        }

        return elements;
    }

    private Dictionary<NetworkInput, ColumnValues> Channels(int[] elements)
    {
        var channels = new Dictionary<NetworkInput, ColumnValues> { [NetworkInput.Items] = new ColumnValues<long>(1, Integers(elements, _items)) };
        foreach (var input in _inputs)
        {
            if (input == NetworkInput.Skips)
                channels[input] = new ColumnValues<long>(1, Integers(elements, _skips!));
            else if (input == NetworkInput.Feedback)
                channels[input] = new ColumnValues<float>(1, Array.ConvertAll(elements, element => element < 0 ? 0f : _feedback[element]));
            else if (input.Scope.HasFlag(InputScope.Items))
                channels[input] = _data.ItemColumns[input.Name].Select(Array.ConvertAll(elements, element => element < 0 ? -1 : _sources![element]));
        }

        return channels;
    }

    private static long[] Integers(int[] elements, int[] values) => Array.ConvertAll(elements, element => element < 0 ? 0L : values[element]);

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
