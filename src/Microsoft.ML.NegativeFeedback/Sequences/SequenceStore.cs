namespace Microsoft.ML.NegativeFeedback.Sequences;

/// <summary>
/// A sequence: the part of the flat columns that belongs to it, the place of its target there, or −1, and how many interactions after the part are
/// candidates: beside the target those that are negative, or all of them in their order.
/// </summary>
internal readonly record struct SequencePart(int User, int Start, int Length, int Target = -1, int Following = 0, bool RanksAllFollowing = false)
{
    public int End => Start + Length;
}

/// <summary>Where a cursor stands.</summary>
internal sealed class SequencePointer
{
    public SequencePart Row { get; set; }
}

/// <summary>
/// Sequences as flat columns and the parts of them that are rows; parts may overlap. An interaction costs five bytes, thirteen with
/// its time, and what its further columns hold; a part 24.
/// </summary>
internal sealed class SequenceStore(UserLog log, int capacity, bool keepsTimes, bool keepsFurtherColumns = true)
{
    private readonly long _timeUnit = log.TimeUnit;
    private List<SequencePart> _rows = [];
    private int[] _items = GC.AllocateUninitializedArray<int>(capacity);
    private sbyte[] _feedback = GC.AllocateUninitializedArray<sbyte>(capacity);
    private long[] _times = GC.AllocateUninitializedArray<long>(keepsTimes ? capacity : 0);

    public ValueTable UserTable { get; } = log.Users;

    public ValueTable ItemTable { get; } = log.Items;

    public UserValues[] PassThrough { get; } = log.PassThrough;

    /// <summary>The further columns of the log, beside the interactions.</summary>
    public SequenceValues[] Further { get; } = keepsFurtherColumns ? [.. log.Sequence.Select(values => values.CreateSequence(capacity))] : [];

    /// <summary>Numbers of items in <see cref="ItemTable"/>.</summary>
    public int[] Items => _items;

    public sbyte[] Feedback => _feedback;

    /// <summary>Empty unless times are kept.</summary>
    public long[] Times => _times;

    public IReadOnlyList<SequencePart> Rows => _rows;

    /// <summary>The number of interactions that are in.</summary>
    public int Count { get; private set; }

    public void Add(in UserInteraction interaction)
    {
        _items[Count] = interaction.Item;
        _feedback[Count] = interaction.Feedback;
        if (keepsTimes)
            _times[Count] = InteractionLog.Show(interaction.Time, _timeUnit);
        foreach (var values in Further)
            values.Add(interaction.Row);
        Count++;
    }

    /// <summary>Declares a part of what has been added to be a sequence.</summary>
    public void AddRow(SequencePart row) => _rows.Add(row);

    /// <summary>The same interactions, cut into other rows.</summary>
    public SequenceStore WithRows(IEnumerable<SequencePart> rows)
    {
        var other = (SequenceStore)MemberwiseClone();
        other._rows = [.. rows];
        return other;
    }

    /// <summary>The number of a row's candidates that are negative.</summary>
    public int CountNegatives(in SequencePart row) => _feedback.AsSpan(row.End, row.Following).Count((sbyte)-1);

    /// <summary>Gives back what was reserved and not used.</summary>
    public SequenceStore Complete()
    {
        if (Count < _items.Length)
        {
            Array.Resize(ref _items, Count);
            Array.Resize(ref _feedback, Count);
            Array.Resize(ref _times, keepsTimes ? Count : 0);
        }

        foreach (var values in Further)
            values.Complete();
        _rows.TrimExcess();
        return this;
    }
}
