namespace Microsoft.ML;

/// <summary>Options of a <see cref="PredictionEngine{TSrc, TDst}"/>.</summary>
public sealed class PredictionEngineOptions
{
    /// <summary>Whether disposing of the engine disposes of the model.</summary>
    public bool OwnsTransformer = true;
}
