using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;
using Microsoft.ML.OnnxRuntime;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>The rows of a batch: values of all rows behind each other, and where each row ends.</summary>
internal abstract class RaggedRows
{
    public abstract int Count { get; }

    /// <summary>Rows for what a reader reads.</summary>
    public static RaggedRows For(InputColumn input)
        => input.ValueType == typeof(uint) ? new RaggedRows<uint>() : input.ValueType == typeof(long) ? new RaggedRows<long>() : new RaggedRows<float>();

    /// <summary>The number of a row's values.</summary>
    public abstract int Length(int row);

    /// <summary>Adds what a reader has read last.</summary>
    public abstract void Add(InputReader reader);

    public abstract void Clear();

    /// <summary>The chosen rows as a tensor, padded with 0 behind: [chosen, longest], or [chosen, longest, width] of rows with several values an item.</summary>
    public abstract OrtValue ToTensor(int[] chosen, int? width);
}

/// <inheritdoc cref="RaggedRows"/>
internal sealed class RaggedRows<T> : RaggedRows
    where T : unmanaged
{
    private readonly List<T> _values = [];
    private readonly List<int> _ends = [];

    public override int Count => _ends.Count;

    public ReadOnlySpan<T> this[int row] => CollectionsMarshal.AsSpan(_values)[Start(row).._ends[row]];

    public override int Length(int row) => _ends[row] - Start(row);

    /// <summary>Adds a row of that length, to be filled.</summary>
    public Span<T> Add(int length)
    {
        int start = _values.Count;
        CollectionsMarshal.SetCount(_values, start + length);
        _ends.Add(_values.Count);
        return CollectionsMarshal.AsSpan(_values)[start..];
    }

    public void Add(ReadOnlySpan<T> row) => row.CopyTo(Add(row.Length));

    public override void Add(InputReader reader) => Add(((InputReader<T>)reader).Values);

    public override void Clear()
    {
        _values.Clear();
        _ends.Clear();
    }

    public override OrtValue ToTensor(int[] chosen, int? width)
    {
        int length = chosen.Max(Length);
        var padded = new T[chosen.Length * length];
        for (int i = 0; i < chosen.Length; i++)
            this[chosen[i]].CopyTo(padded.AsSpan(i * length));
        return OrtValue.CreateTensorValueFromMemory(padded, width is { } count ? [chosen.Length, length / count, count] : [chosen.Length, length]);
    }

    private int Start(int row) => row == 0 ? 0 : _ends[row - 1];
}

/// <summary>The raw histories of a batch and what stands beside them, with candidates the candidates of each: what a graph takes, by its name.</summary>
internal sealed class HistoryRows
{
    private readonly Dictionary<string, RaggedRows> _columns = [];

    public HistoryRows()
    {
        (_columns[NextItemGraph.ItemsInput], _columns[NextItemGraph.FeedbackInput]) = (Items, Feedback);
        _columns[NextItemGraph.CandidatesInput] = Candidates;
    }

    public int Count => Items.Count;

    /// <summary>Keys, 0 unknown, oldest first.</summary>
    public RaggedRows<uint> Items { get; } = new();

    /// <summary>As long as the items, row by row.</summary>
    public RaggedRows<float> Feedback { get; } = new();

    /// <summary>Keys, 0 unknown; not read without candidates.</summary>
    public RaggedRows<uint> Candidates { get; } = new();

    /// <summary>The values of an input.</summary>
    public RaggedRows this[string input] => _columns[input];

    /// <summary>The values of a further input, to be filled.</summary>
    public RaggedRows Of(InputColumn input)
        => _columns.TryGetValue(input.InputName, out var column) ? column : _columns[input.InputName] = RaggedRows.For(input);

    /// <summary>The keys of a further input, to be filled.</summary>
    public RaggedRows<uint> KeysOf(string input)
        => _columns.TryGetValue(input, out var column) ? (RaggedRows<uint>)column : (RaggedRows<uint>)(_columns[input] = new RaggedRows<uint>());

    public void Clear()
    {
        foreach (var column in _columns.Values)
            column.Clear();
    }
}

/// <summary>Reads what a model scores out of the row that a cursor stands on. One reader belongs to one cursor.</summary>
internal sealed class HistoryReader(NextItemMapping mapping, DataViewRow row)
{
    private readonly HistoryRowReader _history = new(row, mapping.ItemsColumn, mapping.FeedbackColumn, mapping.ItemCount, mapping.Columns.Inputs);
    private readonly VectorReader<uint>? _candidates = mapping.CandidatesColumn is { } column ? new VectorReader<uint>(row, column) : null;
    private readonly VectorReader<uint>[] _chosenItems = [.. mapping.ChosenItems.Select(chosen => new VectorReader<uint>(row, chosen.Column))];

    /// <summary>Adds the current row to a batch.</summary>
    /// <inheritdoc cref="HistoryRowReader.Read" path="/exception"/>
    public void Read(HistoryRows rows)
    {
        _history.Read();
        rows.Items.Add(_history.Keys);
        rows.Feedback.Add(_history.Feedback);
        foreach (var input in _history.Inputs)
            rows.Of(input.Input).Add(input);
        if (_candidates is not null)
            Add(_candidates, mapping.CandidatesColumn!.Value, rows.Candidates);
        for (int i = 0; i < _chosenItems.Length; i++)
            Add(_chosenItems[i], mapping.ChosenItems[i].Column, rows.KeysOf(mapping.ChosenItems[i].InputName));
    }

    private void Add(VectorReader<uint> reader, DataViewSchema.Column column, RaggedRows<uint> rows)
    {
        var keys = reader.Read();
        HistoryRowReader.CheckKeys(keys, mapping.ItemCount, column.Name, row.Position);
        rows.Add(keys);
    }
}

/// <summary>What scoring gives, row for row: what a graph gives, by its name.</summary>
internal sealed class ScoredRows
{
    private readonly Dictionary<string, float[][]> _numbers = [];
    private int _count;

    /// <summary>Keys of the recommended items; empty rows with candidates.</summary>
    public uint[][] Keys { get; private set; } = [];

    /// <summary>The numbers of an output: so many a recommended item or candidate.</summary>
    public float[][] this[string output]
        => _numbers.TryGetValue(output, out float[][]? rows) ? rows : _numbers[output] = new float[_count][];

    public void Resize(int count)
    {
        _count = count;
        Keys = new uint[count][];
        _numbers.Clear();
    }
}
