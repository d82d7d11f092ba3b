using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// The environment behind a catalog: the <see cref="MLContext"/> itself. ML.NET keeps it internal, so that an extension
/// method outside ML.NET reaches it through <see cref="UnsafeAccessorAttribute"/>.
/// </summary>
internal static class CatalogEnvironment
{
    public static IHostEnvironment Of(TrainCatalogBase.CatalogInstantiatorBase trainers) => Of(GetOwner(trainers));

    public static IHostEnvironment Of(TrainCatalogBase catalog) => GetEnvironment(catalog);

    public static IHostEnvironment Of(DataOperationsCatalog catalog) => EnvironmentOf(catalog);

    public static IHostEnvironment Of(TransformsCatalog catalog) => EnvironmentOf(catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Owner")]
    private static extern TrainCatalogBase GetOwner(TrainCatalogBase.CatalogInstantiatorBase trainers);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Environment")]
    private static extern IHostEnvironment GetEnvironment(TrainCatalogBase catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment EnvironmentOf(DataOperationsCatalog catalog);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_env")]
    private static extern ref IHostEnvironment EnvironmentOf(TransformsCatalog catalog);
}
