using Microsoft.ML.NegativeFeedback.Evaluation;

namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>Histories with candidates and the kinds of feedback that each got, of which the mean of the tasks' AUC or GAUC is watched.</summary>
/// <param name="Rows">Rows with candidates; their labels are the flags, K a candidate.</param>
/// <param name="TaskNames">The K tasks.</param>
/// <param name="Metric">AUC over all candidates, or the mean over rows of their own.</param>
internal sealed record MultiFeedbackValidationRows(CandidateRows Rows, IReadOnlyList<string> TaskNames, EarlyStoppingMetric Metric) : ValidationRows
{
    public override string Measure => $"{Metric} of {string.Join(", ", TaskNames)}";

    public override string Fingerprint => Rows.Fingerprint();

    public override IValidation Watch(SequenceModel model, CancellationToken cancellationToken) => new MultiFeedbackValidation(this, model, cancellationToken);
}

/// <inheritdoc cref="MultiFeedbackValidationRows"/>
internal sealed class MultiFeedbackValidation : IValidation
{
    private readonly MultiFeedbackValidationRows _watched;
    private readonly HistoryScorer _scorer;
    private readonly int[] _rows;

    /// <exception cref="InvalidOperationException">The candidates of some task are all of one class.</exception>
    public MultiFeedbackValidation(MultiFeedbackValidationRows watched, SequenceModel model, CancellationToken cancellationToken = default)
    {
        (_watched, _scorer) = (watched, new HistoryScorer(model, watched.Rows.Histories, cancellationToken));
        _rows = [.. Enumerable.Range(0, watched.Rows.Histories.RowCount)
            .Where(row => _scorer.Length(row) > 0 && watched.Rows.Candidates(row).Length > 0).OrderBy(_scorer.Length)];
        for (int task = 0; task < watched.TaskNames.Count; task++)
            RequireBothClasses(task);
    }

    public ValidationResult Evaluate(TorchWorkers workers, CancellationToken cancellationToken = default)
    {
        int[][] batches = _scorer.BatchesOf(_rows, row => _watched.Rows.Candidates(row).Length);
        float[][] logits = workers.Map(batches, rows => _scorer.TaskLogitsOf(rows, _watched.Rows.Padded(rows)), cancellationToken);
        var metrics = new Dictionary<string, double>();
        for (int task = 0; task < _watched.TaskNames.Count; task++)
        {
            var totals = new CandidateTotals(1);
            for (int batch = 0; batch < batches.Length; batch++)
                Add(totals, batches[batch], logits[batch], task);
            var ofTask = totals.ToMetrics();
            (metrics[$"AUC {_watched.TaskNames[task]}"], metrics[$"GAUC {_watched.TaskNames[task]}"]) = (ofTask.Auc, ofTask.Gauc);
        }

        string watched = _watched.Metric == EarlyStoppingMetric.Gauc ? "GAUC" : "AUC";
        return new ValidationResult(_watched.TaskNames.Average(name => metrics[$"{watched} {name}"]), metrics);
    }

    private void Add(CandidateTotals totals, int[] rows, float[] logits, int task)
    {
        int tasks = _watched.TaskNames.Count, most = logits.Length / rows.Length / tasks;
        for (int i = 0; i < rows.Length; i++)
        {
            var candidates = _watched.Rows.Candidates(rows[i]);
            var (scores, labels) = (new float[candidates.Length], new float[candidates.Length]);
            for (int candidate = 0; candidate < candidates.Length; candidate++)
            {
                scores[candidate] = candidates[candidate] == 0 ? float.NegativeInfinity : logits[(((i * most) + candidate) * tasks) + task];
                labels[candidate] = _watched.Rows.Labels(rows[i])[(candidate * tasks) + task];
            }

            totals.Add(scores, labels);
        }
    }

    private void RequireBothClasses(int task)
    {
        int count = _watched.TaskNames.Count;
        bool Has(int row, float label)
        {
            var labels = _watched.Rows.Labels(row);
            for (int i = task; i < labels.Length; i += count)
            {
                if (labels[i] == label)
                    return true;
            }

            return false;
        }

        if (!_rows.Any(row => Has(row, 1)) || !_rows.Any(row => Has(row, 0)))
        {
            throw new InvalidOperationException($"The candidates of the validation rows all have or all lack the feedback '{_watched.TaskNames[task]}', so that how well it is "
                + "foretold cannot be told. Give other validation rows, hold out a larger ValidationFraction or none, or leave the task out of TaskNames and of the flags.");
        }

        // AUC alone compares candidates of different rows
        if (_watched.Metric != EarlyStoppingMetric.Auc && !_rows.Any(row => Has(row, 1) && Has(row, 0)))
        {
            throw new InvalidOperationException($"No validation row has candidates with and without the feedback '{_watched.TaskNames[task]}', which {_watched.Metric} needs within a row. "
                + $"Give validation rows of several candidates, or watch {EarlyStoppingMetric.Auc}.");
        }
    }
}
