namespace Microsoft.ML.NegativeFeedback.Training;

/// <summary>The rows that early stopping watches, of either kind, for any model.</summary>
internal abstract record ValidationRows
{
    /// <summary>What is watched of them, as a checkpoint notes it.</summary>
    public abstract string Measure { get; }

    /// <summary>A hash of the rows.</summary>
    public abstract string Fingerprint { get; }

    /// <summary>The rows as a model sees them.</summary>
    /// <exception cref="InvalidOperationException">None of the rows can be evaluated.</exception>
    public abstract IValidation Watch(SequenceModel model, CancellationToken cancellationToken);
}

/// <summary>Histories with what came next, of which NDCG_p@k over the catalogue is watched.</summary>
/// <param name="Rows">Rows with targets.</param>
/// <param name="Cutoff">k.</param>
internal sealed record TargetValidationRows(SequenceData Rows, int Cutoff) : ValidationRows
{
    public override string Measure => $"cutoff {Cutoff}";

    public override string Fingerprint => Rows.Fingerprint();

    public override IValidation Watch(SequenceModel model, CancellationToken cancellationToken)
        => TrainingDataChecks.RequireRows(new NextItemValidation(Rows, model, Cutoff, cancellationToken));
}

/// <summary>Histories with candidates, of whose ranking a metric is watched.</summary>
/// <param name="Rows">Rows with candidates.</param>
/// <param name="Metric">The metric.</param>
internal sealed record CandidateValidationRows(CandidateRows Rows, EarlyStoppingMetric Metric) : ValidationRows
{
    public override string Measure => $"{Metric}";

    public override string Fingerprint => Rows.Fingerprint();

    public override IValidation Watch(SequenceModel model, CancellationToken cancellationToken) => new CandidateValidation(Rows, model, Metric, cancellationToken);
}

/// <summary>Rows that early stopping watches.</summary>
internal interface IValidation
{
    /// <summary>How the model does on them; workers share the rows, and look at the token between batches of them.</summary>
    ValidationResult Evaluate(TorchWorkers workers, CancellationToken cancellationToken = default);
}

/// <summary>How a model does on validation rows.</summary>
/// <param name="Score">What early stopping maximises.</param>
/// <param name="Metrics">Everything that was measured, by name, the score among it.</param>
internal sealed record ValidationResult(double Score, IReadOnlyDictionary<string, double> Metrics);
