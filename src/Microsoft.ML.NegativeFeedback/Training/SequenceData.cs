using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// Histories in columns: the items of all rows end to end, with an offset a row, and further columns beside the items or beside the rows, by name. Unknown items
/// (key 0) are left out. Evaluation rows have a target beside the history.
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

    /// <summary>What stands beside every item, by the name of the input.</summary>
    public IReadOnlyDictionary<string, ColumnValues> ItemColumns { get; init; } = new Dictionary<string, ColumnValues>();

    /// <summary>What stands beside every row, by the name of the input.</summary>
    public IReadOnlyDictionary<string, ColumnValues> RowColumns { get; init; } = new Dictionary<string, ColumnValues>();

    public int RowCount => _offsets.Length - 1;

    public bool HasTargets => _targetItems is not null;

    /// <summary>Where a row's items start among those of all rows, and in <see cref="ItemColumns"/>.</summary>
    public int Offset(int row) => _offsets[row];

    public ReadOnlySpan<int> Items(int row) => _items.AsSpan(_offsets[row].._offsets[row + 1]);

    public ReadOnlySpan<sbyte> Feedback(int row) => _feedback.AsSpan(_offsets[row].._offsets[row + 1]);

    /// <summary>[N + 1]: how often the rows have each item.</summary>
    public long[] ItemCounts()
    {
        var counts = new long[ItemCount + 1];
        foreach (int item in _items)
            counts[item]++;
        return counts;
    }

    public int TargetItem(int row) => _targetItems![row];

    public sbyte TargetFeedback(int row) => _targetFeedback![row];

    /// <summary>Reads training rows.</summary>
    /// <param name="data">Rows with a history.</param>
    /// <param name="itemCount">N; a key above it belongs to another dictionary.</param>
    /// <param name="itemsColumnName">A vector of keys.</param>
    /// <param name="feedbackColumnName">A vector of Single beside it; its sign counts.</param>
    /// <param name="inputs">What else is read.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">A row's vectors differ in length, or a value is NaN or no known key.</exception>
    public static SequenceData Read(
        IDataView data, int itemCount, string itemsColumnName, string feedbackColumnName, IReadOnlyList<InputColumn>? inputs = null,
        CancellationToken cancellationToken = default)
        => new SequenceReader(data, itemCount, itemsColumnName, feedbackColumnName, inputs).Read(cancellationToken);

    /// <summary>Reads evaluation rows: a history and what came next.</summary>
    /// <param name="data">Rows with a history and a target.</param>
    /// <param name="itemCount">N; a key above it belongs to another dictionary.</param>
    /// <param name="itemsColumnName">A vector of keys.</param>
    /// <param name="feedbackColumnName">A vector of Single beside it; its sign counts.</param>
    /// <param name="targetItemColumnName">A key of the same dictionary.</param>
    /// <param name="targetFeedbackColumnName">A Single; its sign counts.</param>
    /// <param name="inputs">What else is read.</param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    /// <exception cref="InvalidDataException">
    /// A row's vectors differ in length, or a value is NaN or no known key.
    /// </exception>
    public static SequenceData ReadEvaluationRows(
        IDataView data, int itemCount, string itemsColumnName, string feedbackColumnName, string targetItemColumnName, string targetFeedbackColumnName,
        IReadOnlyList<InputColumn>? inputs = null, CancellationToken cancellationToken = default)
        => new SequenceReader(data, itemCount, itemsColumnName, feedbackColumnName, inputs, targetItemColumnName, targetFeedbackColumnName).Read(cancellationToken);

    /// <summary>The rows of the given numbers, in that order.</summary>
    public SequenceData Select(IReadOnlyList<int> rows)
    {
        var builder = new SequenceDataBuilder(this, HasTargets, asks: false);
        foreach (int row in rows)
        {
            builder.AddRow(this, row, Items(row).Length);
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
        foreach (var (name, column) in ItemColumns.Concat(RowColumns).OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            column.AppendTo(hash);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

/// <summary>Gathers <see cref="SequenceData"/> row by row.</summary>
internal sealed class SequenceDataBuilder
{
    private readonly int _itemCount;
    private readonly bool _hasTargets;
    private readonly List<int> _offsets = [0];
    private readonly List<int> _items = [];
    private readonly List<sbyte> _feedback = [];
    private readonly List<int> _targetItems = [];
    private readonly List<sbyte> _targetFeedback = [];
    private readonly Dictionary<string, ColumnValues> _itemColumns, _rowColumns;

    /// <param name="itemCount">N.</param>
    /// <param name="hasTargets">Whether rows have a target.</param>
    public SequenceDataBuilder(int itemCount, bool hasTargets) => (_itemCount, _hasTargets, _itemColumns, _rowColumns) = (itemCount, hasTargets, [], []);

    /// <param name="like">Data whose rows, or beginnings of them, are to be added.</param>
    /// <param name="hasTargets">Whether rows have a target.</param>
    /// <param name="asks">Whether what stands beside an item that is asked for becomes what is known of the question.</param>
    public SequenceDataBuilder(SequenceData like, bool hasTargets, bool asks)
        : this(like.ItemCount, hasTargets)
    {
        foreach (var (name, column) in like.RowColumns)
            _rowColumns[name] = column.Empty();
        foreach (var (name, column) in like.ItemColumns)
        {
            _itemColumns[name] = column.Empty();
            if (asks)
                _rowColumns[NetworkInput.QuestionNameOf(name)] = column.Empty();
        }
    }

    /// <summary>Adds a history.</summary>
    public void AddRow(ReadOnlySpan<int> items, ReadOnlySpan<sbyte> feedback)
    {
        _items.AddRange(items);
        _feedback.AddRange(feedback);
        _offsets.Add(_items.Count);
    }

    /// <summary>Adds the beginning of a row of the data that these are like.</summary>
    /// <param name="data">That data.</param>
    /// <param name="row">The row.</param>
    /// <param name="length">How many of its items.</param>
    /// <param name="question">The place of the item that is asked for, where one is.</param>
    public void AddRow(SequenceData data, int row, int length, int question = -1)
    {
        AddRow(data.Items(row)[..length], data.Feedback(row)[..length]);
        foreach (var (name, column) in data.RowColumns)
            _rowColumns[name].Append(column, row, 1);
        foreach (var (name, column) in data.ItemColumns)
        {
            _itemColumns[name].Append(column, data.Offset(row), length);
            if (question >= 0)
                _rowColumns[NetworkInput.QuestionNameOf(name)].Append(column, data.Offset(row) + question, 1);
        }
    }

    /// <summary>Adds a history as it was read, without what the dictionary does not know, and of the feedback its sign.</summary>
    public void AddRow(HistoryRowReader row)
    {
        for (int i = 0; i < row.Keys.Length; i++)
        {
            if (row.Keys[i] == 0)
                continue;
            _items.Add((int)row.Keys[i]);
            _feedback.Add((sbyte)MathF.Sign(row.Feedback[i]));
        }

        _offsets.Add(_items.Count);
        foreach (var reader in row.Inputs)
        {
            if (reader.Input.IsOfItems)
                ColumnOf(_itemColumns, reader.Input).Append(reader, row.Keys);
            else
                ColumnOf(_rowColumns, reader.Input).Append(reader, []);
        }

        static ColumnValues ColumnOf(Dictionary<string, ColumnValues> columns, InputColumn input)
            => columns.TryGetValue(input.InputName, out var column) ? column : columns[input.InputName] = ColumnValues.For(input);
    }

    /// <summary>Adds what came after the history added last.</summary>
    public void AddTarget(int item, sbyte feedback)
    {
        _targetItems.Add(item);
        _targetFeedback.Add(feedback);
    }

    public SequenceData Build() => new(_itemCount, [.. _offsets], [.. _items], [.. _feedback],
        _hasTargets ? [.. _targetItems] : null, _hasTargets ? [.. _targetFeedback] : null)
    {
        ItemColumns = _itemColumns,
        RowColumns = _rowColumns,
    };
}
