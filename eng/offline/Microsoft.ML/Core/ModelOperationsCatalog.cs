using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>Saving, loading and using models. The operations are in Model/ and Prediction/.</summary>
public sealed partial class ModelOperationsCatalog : IInternalCatalog
{
    private readonly IHostEnvironment _env;

    internal ModelOperationsCatalog(IHostEnvironment env)
    {
        _env = env;
    }

    IHostEnvironment IInternalCatalog.Environment => _env;
}
