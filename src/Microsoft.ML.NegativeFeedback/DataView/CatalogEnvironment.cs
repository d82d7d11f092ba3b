using System.Runtime.CompilerServices;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.NegativeFeedback.DataView;

/// <summary>
/// The environment behind a catalog of trainers: the <see cref="MLContext"/> itself. ML.NET keeps it internal, so that an extension
/// method outside ML.NET reaches it through <see cref="UnsafeAccessorAttribute"/>.
/// </summary>
internal static class CatalogEnvironment
{
    public static IHostEnvironment Of(TrainCatalogBase.CatalogInstantiatorBase trainers) => GetEnvironment(GetOwner(trainers));

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Owner")]
    private static extern TrainCatalogBase GetOwner(TrainCatalogBase.CatalogInstantiatorBase trainers);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Environment")]
    private static extern IHostEnvironment GetEnvironment(TrainCatalogBase catalog);
}
