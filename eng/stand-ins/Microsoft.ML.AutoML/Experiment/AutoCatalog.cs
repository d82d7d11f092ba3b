using Microsoft.ML.SearchSpace;

namespace Microsoft.ML.AutoML;

/// <summary>Where sweeps start.</summary>
public static class MLContextExtension
{
    public static AutoCatalog Auto(this MLContext mlContext) => new(mlContext);
}

/// <summary>Makes what sweeps are made of.</summary>
public sealed class AutoCatalog
{
    private readonly MLContext _context;

    internal AutoCatalog(MLContext context)
    {
        _context = context;
    }

    /// <summary>As in the package, a search space has to be given.</summary>
    public SweepableEstimator CreateSweepableEstimator<T>(Func<MLContext, T, IEstimator<ITransformer>> factory, SearchSpace<T> ss = null)
        where T : class, new()
        => new((context, parameter) => factory(context, parameter.AsType<T>()), ss);

    public AutoMLExperiment CreateExperiment(AutoMLExperiment.AutoMLExperimentSettings settings = null)
        => new(_context, settings ?? new AutoMLExperiment.AutoMLExperimentSettings());
}
