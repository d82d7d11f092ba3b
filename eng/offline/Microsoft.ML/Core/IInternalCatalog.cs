using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>How extension methods of this assembly and its friends reach a catalog's environment.</summary>
internal interface IInternalCatalog
{
    IHostEnvironment Environment { get; }
}

internal static class CatalogUtils
{
    public static IHostEnvironment GetEnvironment(this IInternalCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return catalog.Environment;
    }
}
