namespace Microsoft.ML.NegativeFeedback.Training;

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
