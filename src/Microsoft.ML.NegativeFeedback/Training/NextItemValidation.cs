using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>
/// NDCG_p@k and HR_p@k that early stopping watches: the rank of what came next among all items but those of the row's whole
/// history, over the rows whose target had positive feedback. A tie counts for the target: its rank is 1 + the number of items with a
/// strictly higher score. A target that the history already holds is never recommended and counts as missed, as in the published
/// code; a row whose history has nothing that the model reads is left out.
/// </summary>
internal sealed class NextItemValidation : IValidation
{
    private const int RowsPerBatch = 256;

    private readonly SequenceData _data;
    private readonly NextItemModel _model;
    private readonly SequenceWindows _windows;
    private readonly int[] _rows;
    private readonly int _cutoff;

    public NextItemValidation(SequenceData data, NextItemModel model, int cutoff)
    {
        (_data, _model, _cutoff) = (data, model, cutoff);
        _windows = new SequenceWindows(data, model.Network.ScoringSequence, model.Network.Settings.MaximumLength);
        _rows = [.. Enumerable.Range(0, data.RowCount)
            .Where(row => data.TargetFeedback(row) > 0 && _windows.Length(row) > 0)
            .OrderBy(_windows.Length)];
    }

    /// <summary>How many rows count.</summary>
    public int RowCount => _rows.Length;

    public ValidationResult Evaluate(TorchWorkers workers)
    {
        int[][] batches = [.. _rows.Chunk(RowsPerBatch)];
        var ranks = new int[batches.Length][];
        workers.Run(worker =>
        {
            using var noGradient = no_grad();
            for (int batch = worker; batch < batches.Length; batch += workers.Count)
                ranks[batch] = Ranks(batches[batch]);
        });

        int[] hits = [.. ranks.SelectMany(rank => rank).Where(rank => rank <= _cutoff)];
        double ndcg = hits.Sum(rank => 1 / Math.Log2(rank + 1)) / _rows.Length;
        return new ValidationResult(ndcg, new Dictionary<string, double>
        {
            [$"NDCG_p@{_cutoff}"] = ndcg,
            [$"HR_p@{_cutoff}"] = (double)hits.Length / _rows.Length,
        });
    }

    private int[] Ranks(int[] rows)
    {
        using var scope = NewDisposeScope();
        int length = _windows.Length(rows[^1]);
        var inputs = new long[rows.Length * length];
        var last = new long[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            var items = _windows.Items(rows[i]).Span;
            for (int j = 0; j < items.Length; j++)
                inputs[(i * length) + j] = items[j];
            last[i] = items.Length - 1;
        }

        var scores = _model.NewestStates(inputs, last).mm(_model.Of(_model.Network.Items).t()).cpu();
        var values = MemoryMarshal.Cast<byte, float>(scores.bytes);
        int width = _data.ItemCount + 1;
        var ranks = new int[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            ranks[i] = Rank(values.Slice(i * width, width), _data.Items(rows[i]), _data.TargetItem(rows[i]));
        return ranks;
    }

    /// <summary>The rank of an item by its score among all but the seen ones; seen items' scores are overwritten.</summary>
    internal static int Rank(Span<float> scores, ReadOnlySpan<int> seen, int target)
    {
        float targetScore = scores[target];
        scores[0] = float.NegativeInfinity;
        foreach (int item in seen)
        {
            if (item == target)
                return int.MaxValue;
            scores[item] = float.NegativeInfinity;
        }

        int rank = 1;
        foreach (float score in scores)
        {
            if (score > targetScore)
                rank++;
        }

        return float.IsNaN(targetScore) ? int.MaxValue : rank;
    }
}
