namespace Microsoft.ML;

/// <summary>Where recommendation starts.</summary>
public static class RecommenderCatalog
{
    public static RecommendationCatalog Recommendation(this MLContext ctx) => new(ctx);
}
