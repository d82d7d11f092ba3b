using System.Runtime.InteropServices;
using Microsoft.ML.Data;
using Microsoft.ML.NegativeFeedback.DataView;

namespace Microsoft.ML.NegativeFeedback.Scoring;

/// <summary>The rows of a batch: values of all rows behind each other, and where each row ends.</summary>
internal sealed class RaggedRows<T>
    where T : unmanaged
{
    private readonly List<T> _values = [];
    private readonly List<int> _ends = [];

    public int Count => _ends.Count;

    public ReadOnlySpan<T> this[int row]
    {
        get
        {
            int start = row == 0 ? 0 : _ends[row - 1];
            return CollectionsMarshal.AsSpan(_values)[start.._ends[row]];
        }
    }

    /// <summary>Adds a row of that length, to be filled.</summary>
    public Span<T> Add(int length)
    {
        int start = _values.Count;
        CollectionsMarshal.SetCount(_values, start + length);
        _ends.Add(_values.Count);
        return CollectionsMarshal.AsSpan(_values)[start..];
    }

    public void Add(ReadOnlySpan<T> row) => row.CopyTo(Add(row.Length));

    public void Clear()
    {
        _values.Clear();
        _ends.Clear();
    }
}

/// <summary>The raw histories of a batch, and with candidates the candidates of each.</summary>
internal sealed class HistoryRows
{
    public int Count => Items.Count;

    /// <summary>Keys, 0 unknown, oldest first.</summary>
    public RaggedRows<uint> Items { get; } = new();

    /// <summary>As long as the items, row by row.</summary>
    public RaggedRows<float> Feedback { get; } = new();

    /// <summary>Keys, 0 unknown; not read without candidates.</summary>
    public RaggedRows<uint> Candidates { get; } = new();

    public void Clear()
    {
        Items.Clear();
        Feedback.Clear();
        Candidates.Clear();
    }
}

/// <summary>Reads what a model scores out of the row that a cursor stands on. One reader belongs to one cursor.</summary>
internal sealed class HistoryReader(NextItemMapping mapping, DataViewRow row)
{
    private readonly HistoryRowReader _history = new(row, mapping.ItemsColumn, mapping.FeedbackColumn, mapping.ItemCount);
    private readonly VectorReader<uint>? _candidates = mapping.CandidatesColumn is { } column ? new VectorReader<uint>(row, column) : null;

    /// <summary>Adds the current row to a batch.</summary>
    /// <inheritdoc cref="HistoryRowReader.Read" path="/exception"/>
    public void Read(HistoryRows rows)
    {
        _history.Read();
        rows.Items.Add(_history.Keys);
        rows.Feedback.Add(_history.Feedback);
        if (_candidates is null)
            return;
        var candidates = _candidates.Read();
        HistoryRowReader.CheckKeys(candidates, mapping.ItemCount, mapping.CandidatesColumn!.Value.Name, row.Position);
        rows.Candidates.Add(candidates);
    }
}

/// <summary>What scoring gives, row for row.</summary>
internal sealed class ScoredRows
{
    /// <summary>Keys of the recommended items; empty rows with candidates.</summary>
    public uint[][] Keys { get; private set; } = [];

    /// <summary>Their scores, or those of the candidates.</summary>
    public float[][] Scores { get; private set; } = [];

    /// <summary>The weights of the sub-interests in those scores, K a score; empty where they were not asked for.</summary>
    public float[][] SubInterestWeights { get; private set; } = [];

    public void Resize(int count)
    {
        Keys = new uint[count][];
        Scores = new float[count][];
        SubInterestWeights = new float[count][];
    }
}
