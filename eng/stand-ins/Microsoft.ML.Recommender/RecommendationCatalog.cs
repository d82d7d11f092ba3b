using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>What recommendation is made of.</summary>
public sealed class RecommendationCatalog : TrainCatalogBase
{
    internal RecommendationCatalog(IHostEnvironment env)
        : base(env, nameof(RecommendationCatalog))
    {
        Trainers = new RecommendationTrainers(this);
    }

    public RecommendationTrainers Trainers { get; }

    /// <summary>What the extension methods for trainers extend.</summary>
    public sealed class RecommendationTrainers : CatalogInstantiatorBase
    {
        internal RecommendationTrainers(RecommendationCatalog catalog)
            : base(catalog)
        {
        }
    }
}
