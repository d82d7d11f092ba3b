using System.Runtime.InteropServices;
using Microsoft.ML.NegativeFeedback.Evaluation;
using Microsoft.ML.NegativeFeedback.Models;
using static TorchSharp.torch;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>AUC, GAUC and NDCG of candidates, of which early stopping watches one. Rows without a liked item in their history are left out.</summary>
internal sealed class CandidateValidation : IValidation
{
    private const int RowsPerBatch = 128;

    private readonly CandidateRows _data;
    private readonly PairwiseModel _model;
    private readonly LikedWindows _windows;
    private readonly int[] _rows;
    private readonly EarlyStoppingMetric _metric;
    private readonly Device _device;

    public CandidateValidation(CandidateRows data, PairwiseModel model, EarlyStoppingMetric metric, Device device, CancellationToken cancellationToken = default)
    {
        (_data, _model, _metric, _device) = (data, model, metric, device);
        _windows = new LikedWindows(data.Histories, model.Settings.MaximumLength, cancellationToken);
        _rows = [.. Enumerable.Range(0, data.Histories.RowCount)
            .Where(row => _windows.Length(row) > 0 && data.Candidates(row).Length > 0)
            .OrderBy(_windows.Length)];
        const string Remedy = "beside a history with a liked item, so early stopping has nothing to watch. Data.LeaveLastOut makes such rows.";
        if (!_rows.Any(HasLiked) || !_rows.Any(HasSkipped))
            throw new InvalidOperationException($"The validation rows have no candidates of both kinds, liked (label 1) and skipped (label 0), {Remedy}");
        // AUC alone compares candidates of different rows
        if (_metric != EarlyStoppingMetric.Auc && !_rows.Any(row => HasLiked(row) && HasSkipped(row)))
        {
            throw new InvalidOperationException($"No validation row has candidates of both kinds, liked (label 1) and skipped (label 0), which {_metric} needs within "
                + $"a row, {Remedy}");
        }

        bool HasLiked(int row) => data.Labels(row).ContainsAnyExceptInRange(float.MinValue, 0);

        bool HasSkipped(int row) => data.Labels(row).ContainsAnyInRange(float.MinValue, 0);
    }

    public ValidationResult Evaluate(TorchWorkers workers, CancellationToken cancellationToken = default)
    {
        int[][] batches = [.. _rows.Chunk(RowsPerBatch)];
        var scores = new float[batches.Length][];
        workers.Run(worker =>
        {
            using var noGradient = no_grad();
            for (int batch = worker; batch < batches.Length; batch += workers.Count)
            {
                cancellationToken.ThrowIfCancellationRequested();
                scores[batch] = Scores(batches[batch]);
            }
        });

        var totals = new CandidateTotals(2);
        for (int batch = 0; batch < batches.Length; batch++)
        {
            int[] rows = batches[batch];
            for (int i = 0; i < rows.Length; i++)
            {
                var row = new float[_data.Candidates(rows[i]).Length];
                for (int candidate = 0; candidate < row.Length; candidate++)
                    row[candidate] = _data.Candidates(rows[i])[candidate] == 0 ? float.NegativeInfinity : scores[batch][(candidate * rows.Length) + i];
                totals.Add(row, _data.Labels(rows[i]));
            }
        }

        var metrics = totals.ToMetrics();
        double score = _metric switch
        {
            EarlyStoppingMetric.Gauc => metrics.Gauc,
            EarlyStoppingMetric.Ndcg => metrics.Ndcg,
            _ => metrics.Auc,
        };
        return new ValidationResult(score, new Dictionary<string, double>
        {
            ["AUC"] = metrics.Auc,
            ["GAUC"] = metrics.Gauc,
            ["NDCG@2"] = metrics.Ndcg,
        });
    }

    /// <summary>[most candidates, rows], row-major.</summary>
    private float[] Scores(int[] rows)
    {
        using var scope = NewDisposeScope();
        int length = _windows.Length(rows[^1]), most = rows.Max(row => _data.Candidates(row).Length);
        var (inputs, skips) = (new long[rows.Length * length], new long[rows.Length * length]);
        var (last, candidates) = (new long[rows.Length], new long[most * rows.Length]);
        for (int i = 0; i < rows.Length; i++)
        {
            var items = _windows.Items(rows[i]);
            for (int j = 0; j < items.Length; j++)
                (inputs[(i * length) + j], skips[(i * length) + j]) = (items[j], _windows.Skips(rows[i])[j]);
            last[i] = (i * length) + items.Length - 1;
            for (int j = 0; j < _data.Candidates(rows[i]).Length; j++)
                candidates[(j * rows.Length) + i] = _data.Candidates(rows[i])[j];
        }

        var sequences = new LikedSequences(rows.Length, length, Tensors.Of(inputs, _device), Tensors.Of(skips, _device));
        var scores = _model.Score(sequences, Tensors.Of(last, _device), Tensors.Of(candidates, _device, most, rows.Length)).cpu();
        return MemoryMarshal.Cast<byte, float>(scores.contiguous().bytes).ToArray();
    }
}
