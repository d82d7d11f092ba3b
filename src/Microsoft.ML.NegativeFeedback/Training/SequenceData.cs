using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Histories in columns: the items of all rows end to end, with an offset a row. Unknown items (key 0) are left out. Evaluation rows have
/// a target beside the history.
/// </summary>
internal sealed class SequenceData
{
    private readonly int[] _offsets;
    private readonly int[] _items;
    private readonly sbyte[] _feedback;
    private readonly int[]? _targetItems;
    private readonly sbyte[]? _targetFeedback;

    /// <summary>Wraps arrays, which are not copied.</summary>
    /// <param name="itemCount">N; items are 1 … N.</param>
    /// <param name="offsets">[rows + 1] where each row starts in <paramref name="items"/>, and their end.</param>
    /// <param name="items">Items, oldest first within a row.</param>
    /// <param name="feedback">+1, −1 or 0 beside each item.</param>
    /// <param name="targetItems">[rows] what came next, 0 where training does not know it; or null for training rows.</param>
    /// <param name="targetFeedback">[rows] +1, −1 or 0 beside each target.</param>
    public SequenceData(
        int itemCount, int[] offsets, int[] items, sbyte[] feedback, int[]? targetItems = null, sbyte[]? targetFeedback = null)
    {
        if (offsets.Length == 0 || offsets[^1] != items.Length || items.Length != feedback.Length)
            throw new ArgumentException("The offsets, items and feedback of sequences do not fit together.", nameof(offsets));
        if ((targetItems is null) != (targetFeedback is null))
            throw new ArgumentException("Targets need both an item and its feedback.", nameof(targetItems));
        (ItemCount, _offsets, _items, _feedback) = (itemCount, offsets, items, feedback);
        (_targetItems, _targetFeedback) = (targetItems, targetFeedback);
    }

    /// <summary>N, without padding.</summary>
    public int ItemCount { get; }

    public int RowCount => _offsets.Length - 1;

    public bool HasTargets => _targetItems is not null;

    public ReadOnlySpan<int> Items(int row) => _items.AsSpan(_offsets[row].._offsets[row + 1]);

    public ReadOnlySpan<sbyte> Feedback(int row) => _feedback.AsSpan(_offsets[row].._offsets[row + 1]);

    public int TargetItem(int row) => _targetItems![row];

    public sbyte TargetFeedback(int row) => _targetFeedback![row];

    /// <summary>Reads training rows.</summary>
    /// <param name="data">Rows with a history.</param>
    /// <param name="itemCount">N; a key above it belongs to another dictionary.</param>
    /// <param name="itemsColumnName">A vector of keys.</param>
    /// <param name="feedbackColumnName">A vector of Single beside it; its sign counts.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">A row's vectors differ in length, or a value is NaN or no known key.</exception>
    public static SequenceData Read(
        IDataView data, int itemCount, string itemsColumnName, string feedbackColumnName, CancellationToken cancellationToken = default)
        => new SequenceReader(data, itemCount, itemsColumnName, feedbackColumnName).Read(cancellationToken);

    /// <summary>Reads evaluation rows: a history and what came next.</summary>
    /// <param name="data">Rows with a history and a target.</param>
    /// <param name="itemCount">N; a key above it belongs to another dictionary.</param>
    /// <param name="itemsColumnName">A vector of keys.</param>
    /// <param name="feedbackColumnName">A vector of Single beside it; its sign counts.</param>
    /// <param name="targetItemColumnName">A key of the same dictionary.</param>
    /// <param name="targetFeedbackColumnName">A Single; its sign counts.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">
    /// A row's vectors differ in length, or a value is NaN or no known key.
    /// </exception>
    public static SequenceData ReadEvaluationRows(
        IDataView data, int itemCount, string itemsColumnName, string feedbackColumnName,
        string targetItemColumnName, string targetFeedbackColumnName, CancellationToken cancellationToken = default)
        => new SequenceReader(
            data, itemCount, itemsColumnName, feedbackColumnName, targetItemColumnName, targetFeedbackColumnName).Read(cancellationToken);

    /// <summary>The rows of the given numbers, in that order.</summary>
    public SequenceData Select(IReadOnlyList<int> rows)
    {
        var builder = new SequenceDataBuilder(ItemCount, HasTargets);
        foreach (int row in rows)
        {
            builder.AddRow(Items(row), Feedback(row));
            if (HasTargets)
                builder.AddTarget(TargetItem(row), TargetFeedback(row));
        }

        return builder.Build();
    }

    /// <summary>A hash of everything in here, by which a checkpoint knows its data again.</summary>
    public string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(BitConverter.GetBytes(ItemCount));
        hash.AppendData(MemoryMarshal.AsBytes(_offsets.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(_items.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(_feedback.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(_targetItems.AsSpan()));
        hash.AppendData(MemoryMarshal.AsBytes(_targetFeedback.AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>Gathers <see cref="SequenceData"/> row by row.</summary>
internal sealed class SequenceDataBuilder(int itemCount, bool hasTargets)
{
    private readonly List<int> _offsets = [0];
    private readonly List<int> _items = [];
    private readonly List<sbyte> _feedback = [];
    private readonly List<int> _targetItems = [];
    private readonly List<sbyte> _targetFeedback = [];

    /// <summary>Adds a history.</summary>
    public void AddRow(ReadOnlySpan<int> items, ReadOnlySpan<sbyte> feedback)
    {
        _items.AddRange(items);
        _feedback.AddRange(feedback);
        _offsets.Add(_items.Count);
    }

    /// <summary>Adds a history as it was read, without what the dictionary does not know, and of the feedback its sign.</summary>
    public void AddKeys(ReadOnlySpan<uint> keys, ReadOnlySpan<float> feedback)
    {
        for (int i = 0; i < keys.Length; i++)
        {
            if (keys[i] == 0)
                continue;
            _items.Add((int)keys[i]);
            _feedback.Add((sbyte)MathF.Sign(feedback[i]));
        }

        _offsets.Add(_items.Count);
    }

    /// <summary>Adds what came after the history added last.</summary>
    public void AddTarget(int item, sbyte feedback)
    {
        _targetItems.Add(item);
        _targetFeedback.Add(feedback);
    }

    public SequenceData Build() => new(itemCount, [.. _offsets], [.. _items], [.. _feedback],
        hasTargets ? [.. _targetItems] : null, hasTargets ? [.. _targetFeedback] : null);
}
