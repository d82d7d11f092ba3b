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
