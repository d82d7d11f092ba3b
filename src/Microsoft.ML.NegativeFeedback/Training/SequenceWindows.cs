using Microsoft.ML.NegativeFeedback.Networks;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>The most recent items of each row that one kind of sequence is made of, end to end.</summary>
internal sealed class SequenceWindows
{
    private readonly int[] _offsets;
    private readonly int[] _items;
    private readonly sbyte[] _feedback;

    /// <summary>Cuts the windows.</summary>
    /// <param name="data">Histories.</param>
    /// <param name="kind">Which items count.</param>
    /// <param name="length">
    /// How many of the most recent of them are kept: l + 1 for training, where the newest is a label only, l for scoring.
    /// </param>
    /// <param name="cancellationToken">Looked at row by row.</param>
    public SequenceWindows(SequenceData data, SequenceKind kind, int length, CancellationToken cancellationToken = default)
    {
        _offsets = new int[data.RowCount + 1];
        for (int row = 0; row < data.RowCount; row++)
            _offsets[row + 1] = _offsets[row] + Math.Min(length, CountOf(data.Feedback(row), kind));
        _items = new int[_offsets[^1]];
        _feedback = new sbyte[_offsets[^1]];
        for (int row = 0; row < data.RowCount; row++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var items = data.Items(row);
            var feedback = data.Feedback(row);
            for (int source = items.Length - 1, target = _offsets[row + 1] - 1; target >= _offsets[row]; source--)
            {
                if (Belongs(feedback[source], kind))
                    (_items[target], _feedback[target--]) = (items[source], feedback[source]);
            }
        }
    }

    public int RowCount => _offsets.Length - 1;

    public int Length(int row) => _offsets[row + 1] - _offsets[row];

    public ReadOnlyMemory<int> Items(int row) => _items.AsMemory(_offsets[row].._offsets[row + 1]);

    public ReadOnlyMemory<sbyte> Feedback(int row) => _feedback.AsMemory(_offsets[row].._offsets[row + 1]);

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
