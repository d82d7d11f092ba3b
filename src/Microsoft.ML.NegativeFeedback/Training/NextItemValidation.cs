using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Models;
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

    // 256 MiB of scores a worker, if a single row has no more
    private const long LargestScores = 1L << 26;

    private readonly SequenceData _data;
    private readonly NextItemModel _model;
    private readonly SequenceWindows _windows;
    private readonly int[] _rows;
    private readonly int _cutoff;
    private readonly Device _device;
    private readonly int _rowsPerChunk;

    /// <param name="data">Histories with what came next.</param>
    /// <param name="model">What is watched.</param>
    /// <param name="cutoff">k.</param>
    /// <param name="device">Where it lies.</param>
    /// <param name="cancellationToken">Looked at while windows are cut.</param>
    /// <param name="largestScores">Scores that a worker keeps at once, unless a single row has more.</param>
    public NextItemValidation(
        SequenceData data, NextItemModel model, int cutoff, Device device, CancellationToken cancellationToken = default, long largestScores = LargestScores)
    {
        (_data, _model, _cutoff, _device) = (data, model, cutoff, device);
        _rowsPerChunk = RowsPerChunk(data.ItemCount, largestScores);
        _windows = new SequenceWindows(data, model.ScoringSequence, model.Settings.MaximumLength, cancellationToken);
        _rows = [.. Enumerable.Range(0, data.RowCount)
            .Where(row => data.TargetFeedback(row) > 0 && _windows.Length(row) > 0)
            .OrderBy(_windows.Length)];
    }

    /// <summary>How many rows count.</summary>
    public int RowCount => _rows.Length;

    public ValidationResult Evaluate(TorchWorkers workers, CancellationToken cancellationToken = default)
    {
        int[][] batches = [.. _rows.Chunk(RowsPerBatch)];
        var ranks = new int[batches.Length][];
        workers.Run(worker =>
        {
            using var noGradient = no_grad();
            for (int batch = worker; batch < batches.Length; batch += workers.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ranks[batch] = Ranks(batches[batch]);
            }
        });

        int[] hits = [.. ranks.SelectMany(rank => rank).Where(rank => rank <= _cutoff)];
        double ndcg = hits.Sum(rank => 1 / Math.Log2(rank + 1)) / _rows.Length;
        return new ValidationResult(ndcg, new Dictionary<string, double>
        {
            [$"NDCG_p@{_cutoff}"] = ndcg,
            [$"HR_p@{_cutoff}"] = (double)hits.Length / _rows.Length,
        });
    }

    /// <summary>Rows that are scored at once, as many as memory is set aside for.</summary>
    internal static int RowsPerChunk(int itemCount, long largestScores = LargestScores)
        => (int)Math.Clamp(largestScores / (itemCount + 1L), 1, RowsPerBatch);

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

        var states = _model.LastStates(Tensors.Of(inputs, _device, rows.Length, length), Tensors.Of(last, _device));
        var ranks = new int[rows.Length];
        for (int start = 0; start < rows.Length; start += _rowsPerChunk)
        {
            int size = Math.Min(_rowsPerChunk, rows.Length - start);
            Rank(states.narrow(0, start, size), rows.AsSpan(start, size), ranks.AsSpan(start, size));
        }

        return ranks;
    }

    private void Rank(Tensor states, ReadOnlySpan<int> rows, Span<int> ranks)
    {
        using var scope = NewDisposeScope();
        var values = MemoryMarshal.Cast<byte, float>(_model.Score(states).cpu().bytes);
        int width = _data.ItemCount + 1;
        for (int i = 0; i < rows.Length; i++)
            ranks[i] = Rank(values.Slice(i * width, width), _data.Items(rows[i]), _data.TargetItem(rows[i]));
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
